/**
 * The extension's end of the worker thread that holds the engine: one message pair per call, matched by number.
 *
 * Invariant: every call ends. When the thread ends, for whatever reason, the calls it still owed are rejected with
 * `EngineStoppedError`; a crashed engine is started again by itself a few times a minute and then only on request, so
 * that an engine that cannot live does not burn the machine.
 *
 * Invariant: there is one engine at a time. A start while one is closing waits for its end, and the last wish counts;
 * what a closing engine still says is dropped, so that an old answer cannot pass for one of the new engine.
 */
import { Worker } from "node:worker_threads";
import type { EngineApi, EngineEvent, EngineMethod, FromEngine, ToEngine } from "../protocol/engine-api.js";
import { unreachable } from "../protocol/unreachable.js";
import { Signal } from "./signal.js";

/** What the engine is opened with; asked for at each start, because trust, folders and settings change. */
export type EngineOpening = Omit<Extract<ToEngine, { type: "open" }>, "type">;

export interface EngineClientOptions {
  /** Absolute path of the worker's bundle. */
  readonly workerFile: string;
  readonly opening: () => EngineOpening;
  /** Takes what the worker prints and how it ends. */
  readonly log: (level: "info" | "error", text: string) => void;
}

/** The engine ended without being asked to. */
export interface EngineCrash {
  readonly message: string;
  readonly restarted: boolean;
}

export type EngineArgs<M extends EngineMethod> = Parameters<EngineApi[M]>[0];
export type EngineAnswer<M extends EngineMethod> = Awaited<ReturnType<EngineApi[M]>>;

/** The engine went away before it answered. */
export class EngineStoppedError extends Error {
  override readonly name = "EngineStoppedError";
}

interface PendingCall {
  readonly settled: Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** One worker with the calls that it owes answers to. */
interface Engine {
  readonly worker: Worker;
  readonly pending: Map<number, PendingCall>;
}

const RESTARTS_PER_MINUTE = 3;
const CLOSE_TIMEOUT_MS = 3000;

export class EngineClient {
  readonly #options: EngineClientOptions;
  readonly #events = new Signal<EngineEvent>();
  readonly #started = new Signal<undefined>();
  readonly #crashed = new Signal<EngineCrash>();
  #engine: Engine | null = null;
  /** Settles when the engine that was asked to close is gone and, if one is wanted, the next has started. */
  #closing: Promise<void> | null = null;
  #wanted = false;
  #nextId = 1;
  #crashTimes: number[] = [];

  constructor(options: EngineClientOptions) {
    this.#options = options;
  }

  /** What the engine publishes without being asked. */
  readonly onEvent = this.#events.event;
  /** A worker was started, for the first time or again: what was known from an earlier one no longer counts. */
  readonly onDidStart = this.#started.event;
  readonly onDidCrash = this.#crashed.event;

  get running(): boolean {
    return this.#engine !== null;
  }

  /** Starts the worker, after a closing one's end; returns at once, the thread loads by itself. Does nothing when it runs. */
  start(): void {
    this.#wanted = true;
    if (this.#engine === null && this.#closing === null) this.#launch();
  }

  #launch(): void {
    const worker = new Worker(this.#options.workerFile, { stdout: true, stderr: true, name: "restage-engine" });
    const engine: Engine = { worker, pending: new Map() };
    this.#engine = engine;
    let lastError = "";
    worker.stdout.on("data", (chunk: Buffer) => this.#options.log("info", chunk.toString()));
    worker.stderr.on("data", (chunk: Buffer) => this.#options.log("error", chunk.toString()));
    worker.on("message", (message: FromEngine) => {
      if (this.#engine === engine) this.#receive(engine, message);
    });
    worker.on("error", (error) => {
      lastError = error instanceof Error ? error.message : String(error);
      this.#options.log("error", error instanceof Error ? (error.stack ?? error.message) : String(error));
    });
    worker.on("exit", (code) => {
      if (this.#engine === engine) this.#ended(engine, lastError === "" ? `exit code ${code}` : lastError);
    });
    this.#post({ type: "open", ...this.#options.opening() });
    this.#started.fire(undefined);
  }

  /** Ends the running engine in good order and starts a new one, for settings that only count at the start. */
  async restart(): Promise<void> {
    const closed = this.close();
    this.start();
    await closed;
  }

  /** Calls a method of the engine. Rejects with `EngineStoppedError` when the engine ends first. */
  call<M extends EngineMethod>(method: M, args: EngineArgs<M>): Promise<EngineAnswer<M>> {
    const engine = this.#engine;
    if (engine === null) {
      return Promise.reject(
        new EngineStoppedError("Restage's engine is not running. Run “Restage: Refresh” to start it."),
      );
    }
    const id = this.#nextId++;
    let settle: Pick<PendingCall, "resolve" | "reject"> | undefined;
    const answer = new Promise<unknown>((resolve, reject) => (settle = { resolve, reject }));
    if (settle !== undefined) engine.pending.set(id, { settled: answer.catch(() => undefined), ...settle });
    this.#post({ type: "call", id, method, args });
    // Both ends are the same build, so the answer has the method's type by construction.
    return answer as Promise<EngineAnswer<M>>;
  }

  trusted(): void {
    this.#post({ type: "trusted" });
  }

  folders(folders: readonly string[]): void {
    this.#post({ type: "folders", folders });
  }

  /** Resolves when no call is owed an answer. */
  async whenIdle(): Promise<void> {
    while (this.#closing !== null || (this.#engine?.pending.size ?? 0) > 0) {
      await this.#closing;
      await Promise.all([...(this.#engine?.pending.values() ?? [])].map((call) => call.settled));
    }
  }

  /** Lets the engine end its runs and children, then ends the thread; after three seconds it is ended anyway. */
  close(): Promise<void> {
    this.#wanted = false;
    const engine = this.#engine;
    if (engine !== null) {
      this.#engine = null;
      this.#closing = this.#end(engine).finally(() => {
        this.#closing = null;
        if (this.#wanted) this.#launch();
      });
    }
    return this.#closing ?? Promise.resolve();
  }

  async #end({ worker, pending }: Engine): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      worker.on("message", (message: FromEngine) => {
        if (message.type === "closed") resolve();
      });
      worker.on("exit", () => resolve());
      setTimeout(resolve, CLOSE_TIMEOUT_MS).unref();
    });
    worker.postMessage({ type: "close" } satisfies ToEngine);
    await closed;
    rejectAll(pending, "Restage's engine was stopped.");
    await worker.terminate();
  }

  #post(message: ToEngine): void {
    this.#engine?.worker.postMessage(message);
  }

  #receive({ pending }: Engine, message: FromEngine): void {
    switch (message.type) {
      case "answer": {
        const call = pending.get(message.id);
        pending.delete(message.id);
        if (message.result.ok) call?.resolve(message.result.value);
        else {
          const error = new Error(message.result.message);
          error.stack = message.result.stack;
          call?.reject(error);
        }
        return;
      }
      case "event":
        this.#events.fire(message.event);
        return;
      case "closed":
        return;
      default:
        unreachable(message);
    }
  }

  #ended({ pending }: Engine, message: string): void {
    this.#engine = null;
    rejectAll(pending, `Restage's engine stopped: ${message}`);
    const now = Date.now();
    this.#crashTimes = [...this.#crashTimes.filter((time) => now - time < 60_000), now];
    const restarted = this.#crashTimes.length <= RESTARTS_PER_MINUTE;
    if (restarted) this.start();
    this.#crashed.fire({ message, restarted });
  }
}

function rejectAll(pending: Map<number, PendingCall>, message: string): void {
  const calls = [...pending.values()];
  pending.clear();
  for (const call of calls) call.reject(new EngineStoppedError(message));
}
