/**
 * A project in a temporary folder with a real engine, real children and a real store. Stages of the project report to the
 * rig through `await at("name")` and can be held there, so that tests choose what happens during a run without sleeping.
 */
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { Engine } from "../../src/engine/engine.js";
import type { EngineEvent } from "../../src/protocol/engine-api.js";
import type { RunEvent, RunRequest, RunSummary, StageOutcome } from "../../src/protocol/events.js";
import type { RunId, StageId } from "../../src/protocol/ids.js";
import type { ProjectStatus, StageState, StageStatus } from "../../src/protocol/status.js";

export const REPOSITORY = path.resolve(import.meta.dirname, "../..");
export const DIST = path.join(REPOSITORY, "dist");

/** A stage that waits in the rig. */
export interface Held {
  readonly name: string;
  /** Lets it go on. */
  release(): void;
  /** The stage's process has gone. */
  readonly gone: Promise<void>;
}

export interface RigOptions {
  readonly variables?: Record<string, string>;
  readonly now?: () => number;
  /** The version that stages are said to run with. */
  readonly node?: () => string;
}

export class Rig {
  readonly root: string;
  readonly events: RunEvent[] = [];
  readonly #server: Server;
  readonly #calls: string[] = [];
  readonly #holding = new Set<string>();
  readonly #arrived: Held[] = [];
  #waiting: { name: string; resolve: (held: Held) => void }[] = [];
  readonly #engines: Engine[] = [];
  readonly #options: RigOptions;
  engine: Engine;

  private constructor(root: string, server: Server, options: RigOptions) {
    this.root = root;
    this.#server = server;
    this.#options = options;
    this.engine = this.newEngine();
  }

  /** Files are written as given; `rig.mjs` beside package.json exports `at`. */
  static async create(files: Readonly<Record<string, string>>, options: RigOptions = {}): Promise<Rig> {
    const root = realpathSync(mkdtempSync(path.join(tmpdir(), "restage-rig-")));
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(path.join(root, "rig.sock"), resolve));
    const rig = new Rig(root, server, options);
    server.on("connection", (socket) => rig.#connect(socket));
    rig.write("package.json", JSON.stringify({ name: "rig", type: "module" }));
    rig.write("rig.mjs", HELPER.replace("SOCKET", path.join(root, "rig.sock")));
    for (const [file, text] of Object.entries(files)) rig.write(file, text);
    await rig.engine.open([root], { nested: false });
    return rig;
  }

  /** Another engine on the same folder, as a second window would have. */
  newEngine(variables: Readonly<Record<string, string>> = {}): Engine {
    const engine = new Engine({
      environment: {
        dist: DIST,
        node: () => process.execPath,
        nodeVersion: () => this.#options.node?.() ?? process.version,
        peekNodeVersion: () => ({ version: this.#options.node?.() ?? process.version }),
        version: "0.0.0-test",
        variables: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...this.#options.variables, ...variables },
        now: this.#options.now ?? ((): number => Date.now()),
      },
      trusted: true,
      warmProcesses: 0,
    });
    engine.onEvent.on((event: EngineEvent) => {
      if (event.type === "run") this.events.push(event.event);
    });
    this.#engines.push(engine);
    return engine;
  }

  path(file: string): string {
    return path.join(this.root, file);
  }

  write(file: string, text: string | Uint8Array): void {
    mkdirSync(path.dirname(this.path(file)), { recursive: true });
    writeFileSync(this.path(file), text);
  }

  read(file: string): string {
    return readFileSync(this.path(file), "utf8");
  }

  /** Replaces one piece of a file and tells the engine, as a save does. */
  async edit(file: string, from: string, to: string): Promise<void> {
    const text = this.read(file);
    if (!text.includes(from)) throw new Error(`${file} does not contain ${JSON.stringify(from)}`);
    await this.save(file, text.replace(from, to));
  }

  async save(file: string, text: string): Promise<void> {
    this.write(file, text);
    await this.engine.filesChanged({ files: [this.path(file)] });
  }

  async remove(file: string): Promise<void> {
    rmSync(this.path(file));
    await this.engine.filesChanged({ files: [this.path(file)] });
  }

  async project(engine = this.engine): Promise<ProjectStatus> {
    const project = await engine.project(this.root);
    return project.status();
  }

  /** Resolves with the first status, from now on, for which `is` holds. */
  async until(is: (status: ProjectStatus) => boolean): Promise<ProjectStatus> {
    const project = await this.engine.project(this.root);
    return new Promise((resolve) => {
      const stop = project.onStatus.on((status) => {
        if (!is(status)) return;
        stop();
        resolve(status);
      });
    });
  }

  async stage(name: string): Promise<StageStatus> {
    const stage = (await this.project()).stages.find((s) => s.name === name || s.id === name);
    if (stage === undefined) throw new Error(`there is no stage ${name}`);
    return stage;
  }

  /** States by stage name. */
  async states(): Promise<Record<string, StageState>> {
    return Object.fromEntries((await this.project()).stages.map((s) => [s.name, s.state]));
  }

  async run(
    stages: readonly string[] | "stale" = "stale",
    options: Partial<Omit<RunRequest, "stages">> & { id?: string; engine?: Engine } = {},
  ): Promise<RunSummary> {
    const engine = options.engine ?? this.engine;
    const { stages: known } = await this.project(engine);
    const ids =
      stages === "stale"
        ? stages
        : stages.map((name) => known.find((s) => s.name === name || s.id === name)?.id ?? (name as StageId));
    const request: RunRequest = {
      stages: ids,
      downstream: options.downstream ?? false,
      force: options.force ?? false,
      light: options.light ?? false,
      check: options.check ?? false,
    };
    return engine.run({ root: this.root, request, run: (options.id ?? randomUUID()) as RunId });
  }

  /** Outcome by stage name. */
  outcomes(summary: RunSummary): Record<string, StageOutcome["outcome"]> {
    return Object.fromEntries(
      summary.outcomes.map(({ stage, outcome }) => [stage.slice(stage.lastIndexOf("#") + 1), outcome.outcome]),
    );
  }

  /** Names given to `at`, in the order the stages reached them, since the last call. */
  takeCalls(): string[] {
    return this.#calls.splice(0);
  }

  /** From now on stages wait at this name until they are released. */
  hold(name: string): void {
    this.#holding.add(name);
  }

  unhold(name: string): void {
    this.#holding.delete(name);
  }

  /** The next stage that waits at this name. */
  next(name: string): Promise<Held> {
    const index = this.#arrived.findIndex((held) => held.name === name);
    const held = index < 0 ? undefined : this.#arrived.splice(index, 1)[0];
    return held !== undefined ? Promise.resolve(held) : new Promise((resolve) => this.#waiting.push({ name, resolve }));
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#engines.map((engine) => engine.close()));
    for (const held of this.#arrived) held.release();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    rmSync(this.root, { recursive: true, force: true });
  }

  #connect(socket: Socket): void {
    socket.setEncoding("utf8");
    const gone = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    socket.on("error", () => undefined);
    socket.once("data", (name: string) => {
      this.#calls.push(name);
      const release = (): void => {
        if (socket.writable) socket.end("go");
      };
      if (!this.#holding.has(name)) {
        release();
        return;
      }
      const held: Held = { name, release, gone };
      const waiting = this.#waiting.find((w) => w.name === name);
      if (waiting === undefined) {
        this.#arrived.push(held);
        return;
      }
      this.#waiting = this.#waiting.filter((w) => w !== waiting);
      waiting.resolve(held);
    });
  }
}

const HELPER = `
import { connect } from "node:net";
/** Tells the test that this place was reached, and waits until the test lets it go on. */
export function at(name) {
  return new Promise((resolve, reject) => {
    const socket = connect("SOCKET", () => socket.write(name));
    socket.on("data", () => { socket.destroy(); resolve(); });
    socket.on("error", reject);
  });
}
`;
