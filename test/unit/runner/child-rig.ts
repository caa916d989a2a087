import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as esbuild from "esbuild";
import type { FromChild, Job, JobInput, ToChild } from "../../../src/protocol/child.js";
import type { Digest, RunId, StageId } from "../../../src/protocol/ids.js";
import type { StoredValue } from "../../../src/protocol/record.js";
import type { View } from "../../../src/protocol/stage.js";
import { decodeValue, encodeValue } from "../../../src/store/codec.js";

const repository = fileURLToPath(new URL("../../../", import.meta.url));

/** How a child ended. `messages` holds all it sent, `end` what came last of `result`, `failed` and `corrupt-input`. */
export interface Ending {
  readonly messages: readonly FromChild[];
  readonly end: Extract<FromChild, { type: "result" | "failed" | "corrupt-input" }> | null;
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The real runner, bundled as the build does, and a folder for the modules it is to run. */
export class ChildRig {
  readonly folder: string;
  readonly #build: string;

  private constructor(folder: string, build: string) {
    this.folder = folder;
    this.#build = build;
  }

  static async create(): Promise<ChildRig> {
    const folder = await mkdtemp(join(tmpdir(), "restage-runner-"));
    // Below the repository, where the packages that stay outside of the bundle are found.
    const build = join(repository, "out", `runner-${randomUUID()}`);
    await esbuild.build({
      entryPoints: {
        runner: join(repository, "src/runner/main.ts"),
        runtime: join(repository, "src/runtime/index.ts"),
      },
      outdir: build,
      outExtension: { ".js": ".mjs" },
      bundle: true,
      format: "esm",
      platform: "node",
      packages: "external",
    });
    return new ChildRig(folder, build);
  }

  async dispose(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
    await rm(this.#build, { recursive: true, force: true });
  }

  get runner(): string {
    return join(this.#build, "runner.mjs");
  }

  /** A job for the stage `it` of a module with this text, which finds `stage` and its like imported. */
  async job(source: string, changes: Partial<Job> = {}): Promise<Job> {
    const id = randomUUID();
    const runtime = pathToFileURL(join(this.#build, "runtime.mjs")).href;
    const bundle = join(this.folder, `${id}.mjs`);
    await writeFile(bundle, `import { stage, file, files, param, env } from ${JSON.stringify(runtime)};\n${source}`);
    const tmp = join(this.folder, `tmp-${id}`);
    await mkdir(tmp);
    return {
      run: "run" as RunId,
      stage: "src/a.ts#it" as StageId,
      bundle,
      exportName: "it",
      form: "wrapped",
      inputs: [],
      params: {},
      seed: "00112233445566778899aabbccddeeff",
      tmp,
      output: join(this.folder, `out-${id}`),
      options: {},
      cwd: this.folder,
      env: { PATH: process.env["PATH"] ?? "" },
      observe: { root: this.folder, declared: [], variables: [], cache: join(this.folder, ".restage") },
      ...changes,
    };
  }

  start(): RunningChild {
    return new RunningChild(this.runner);
  }

  /** Runs the stage `it` of this module text to its end. */
  async run(source: string, changes: Partial<Job> = {}): Promise<Ending> {
    const child = this.start();
    child.send({ type: "job", job: await this.job(source, changes) });
    return child.ended;
  }

  /** Runs it and decodes the result. */
  async value(source: string, changes: Partial<Job> = {}): Promise<unknown> {
    const job = await this.job(source, changes);
    const child = this.start();
    child.send({ type: "job", job });
    const { end, stderr } = await child.ended;
    if (end?.type !== "result") {
      throw new Error(`The stage gave no result: ${JSON.stringify(end)} ${stderr}`);
    }
    return decodeValue(await describeFile(job.output, end), job.output, { as: "value" });
  }

  /** A stored value as an input. */
  async stored(name: string, value: unknown, view: View = { as: "value" }): Promise<JobInput> {
    const path = join(this.folder, `in-${randomUUID()}`);
    const encoded = await encodeValue(value, path, {});
    return { name, from: "stored", view, path, stored: await describeFile(path, encoded) };
  }
}

/** One child of the rig. */
export class RunningChild {
  readonly process: ChildProcess;
  readonly ended: Promise<Ending>;
  readonly #messages: FromChild[] = [];
  readonly #watchers = new Set<() => void>();
  #stdout = "";

  constructor(runner: string) {
    const child = fork(runner, [], {
      serialization: "advanced",
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      execArgv: [],
      detached: true,
    });
    this.process = child;
    let stderr = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      this.#stdout += chunk.toString();
      this.#changed();
    });
    child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.on("message", (message) => {
      this.#messages.push(message as FromChild);
      this.#changed();
    });
    this.ended = new Promise((resolve) => {
      child.on("close", (code, signal) => {
        const end = this.#messages.findLast(
          (message) => message.type === "result" || message.type === "failed" || message.type === "corrupt-input",
        );
        resolve({
          messages: this.#messages,
          end: end ?? null,
          code,
          signal,
          stdout: this.#stdout,
          stderr,
        });
      });
    });
  }

  send(message: ToChild): void {
    this.process.send(message);
  }

  /** Resolves when the child has sent such a message. */
  message<Type extends FromChild["type"]>(type: Type): Promise<Extract<FromChild, { type: Type }>> {
    return this.#when(() =>
      this.#messages.find((message): message is Extract<FromChild, { type: Type }> => message.type === type),
    );
  }

  /** Resolves when the child has printed this. */
  async printed(text: string): Promise<void> {
    await this.#when(() => (this.#stdout.includes(text) ? true : undefined));
  }

  #when<Found>(find: () => Found | undefined): Promise<Found> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = find();
        if (found !== undefined) {
          this.#watchers.delete(look);
          resolve(found);
        }
      };
      this.#watchers.add(look);
      look();
    });
  }

  #changed(): void {
    for (const look of [...this.#watchers]) {
      look();
    }
  }
}

async function describeFile(
  path: string,
  encoded: Pick<StoredValue, "kind" | "format" | "rows" | "columns">,
): Promise<StoredValue> {
  const bytes = await readFile(path);
  const digest = createHash("sha256").update(bytes).digest("hex") as Digest;
  const { kind, format, rows, columns } = encoded;
  return { kind, format, rows, columns, digest, bytes: bytes.length };
}
