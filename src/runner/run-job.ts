import { pathToFileURL } from "node:url";
import type { FromChild, Job, JobInput } from "../protocol/child.js";
import type { StageContext } from "../runtime/context.js";
import { isStage } from "../runtime/stage.js";
import { StoreError } from "../store/store.js";
import { CorruptObjectError, decodeValue, encodeValue, UnstorableValueError } from "../store/codec.js";
import { isStream } from "../store/stream-source.js";
import { Observer } from "./observer.js";
import { makeStageContext } from "./stage-context.js";
import { describeThrown } from "./thrown-error.js";

/** How a job ends. A process ends with exactly one of these, or without any. */
export type JobEnd = Extract<FromChild, { readonly type: "result" | "failed" | "corrupt-input" }>;

export interface JobSurroundings {
  readonly signal: AbortSignal;
  readonly send: (message: FromChild) => void;
  /** Called with the module's exports as soon as they are there. */
  readonly loaded: (exports: object) => void;
}

/** One job, from loading its code to the encoded result. Never rejects. */
export class JobRun {
  readonly #job: Job;
  readonly #surroundings: JobSurroundings;
  #phase: "module" | "run" | "encode" = "module";

  constructor(job: Job, surroundings: JobSurroundings) {
    this.#job = job;
    this.#surroundings = surroundings;
  }

  async run(): Promise<JobEnd> {
    try {
      return await this.#run();
    } catch (error) {
      return this.#damagedInput(error) ?? this.failed(error);
    }
  }

  /** The end of a job for something thrown now, by whatever code: also from a timer or a promise nobody awaits. */
  failed(thrown: unknown): JobEnd {
    const phase =
      thrown instanceof StoreError ? "store" : thrown instanceof UnstorableValueError ? "encode" : this.#phase;
    return { type: "failed", phase, error: describeThrown(thrown) };
  }

  /** A stream is read while the stage runs, so that damage can show in its own code. */
  #damagedInput(error: unknown): JobEnd | null {
    if (!(error instanceof CorruptObjectError)) return null;
    const input = this.#job.inputs.find((one) => one.from === "stored" && one.path === error.path);
    return input === undefined ? null : { type: "corrupt-input", name: input.name, path: error.path };
  }

  async #run(): Promise<JobEnd> {
    const job = this.#job;
    enterSurroundings(job);
    const observer = new Observer(job);
    observer.install();
    const run = await loadStage(job, this.#surroundings.loaded);

    this.#phase = "run";
    const inputs: [string, unknown][] = [];
    for (const input of job.inputs) {
      const read = await readInput(input);
      if (read.ok) {
        inputs.push([input.name, read.value]);
      } else {
        return read.end;
      }
    }
    const { signal, send } = this.#surroundings;
    signal.throwIfAborted();
    const context = makeStageContext(job, signal, send);
    const startedAt = performance.now();
    const value = await run(inputs, context);
    const returnedAt = performance.now();

    // A stream runs the stage's own code while it is written.
    this.#phase = isStream(value) ? "run" : "encode";
    const { writingMs, ...encoded } = await encodeValue(value, job.output, {
      ...job.options,
      scratch: job.tmp,
      signal,
    });
    const endedAt = writingMs === undefined ? returnedAt : performance.now() - writingMs;
    return { type: "result", ...encoded, durationMs: endedAt - startedAt, observed: observer.seen() };
  }
}

function enterSurroundings(job: Job): void {
  process.chdir(job.cwd);
  for (const name of Object.keys(process.env)) {
    // Where the editor's executable serves as Node, programs that user code forks need this to be Node too.
    const kept = name === "ELECTRON_RUN_AS_NODE" && process.versions["electron"] !== undefined;
    if (!(name in job.env) && !kept) {
      Reflect.deleteProperty(process.env, name);
    }
  }
  Object.assign(process.env, job.env);
}

type LoadedRun = (inputs: readonly (readonly [name: string, value: unknown])[], context: StageContext) => unknown;

async function loadStage(job: Job, loaded: (exports: object) => void): Promise<LoadedRun> {
  const exports = (await import(pathToFileURL(job.bundle).href)) as object;
  loaded(exports);
  const stage: unknown = Reflect.get(exports, job.exportName);
  const declared = job.form === "plain" ? "no function" : "no stage";
  const isDeclared = job.form === "plain" ? typeof stage === "function" && !isStage(stage) : isStage(stage);
  if (!isDeclared) {
    const how = job.form === "plain" ? "export function name(…)" : "export const name = stage(inputs, run)";
    throw new Error(
      `The export "${job.exportName}" is ${stage === undefined ? "missing" : declared} when the module has run, although its source declares one. ` +
        `Declare it as \`${how}\`, without reassigning it.`,
    );
  }
  if (isStage(stage)) {
    // Taken out first: called as a member it would have the stage as its `this`.
    const { fn } = stage;
    return (inputs, context) => fn(Object.fromEntries(inputs), context);
  }
  const plain = stage as (...inputs: readonly unknown[]) => unknown;
  return (inputs, context) => plain(...inputs.map(([, value]) => value), context);
}

type ReadInput = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly end: JobEnd };

/** Decodes the stored value anew for each input: no stage, and no second input, sees what another did to its copy. */
async function readInput(input: JobInput): Promise<ReadInput> {
  if (input.from === "literal") {
    return { ok: true, value: input.value };
  }
  try {
    return { ok: true, value: await decodeValue(input.stored, input.path, input.view) };
  } catch (error) {
    if (error instanceof CorruptObjectError) {
      return { ok: false, end: { type: "corrupt-input", name: input.name, path: input.path } };
    }
    const problem = error instanceof Error ? error.message : String(error);
    throw new Error(`The input "${input.name}" could not be read. ${problem}`, { cause: error });
  }
}
