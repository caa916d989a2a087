/**
 * One child process, used for one stage and then gone: module state must not reach the next run.
 *
 *   starting ──ready──▶ idle ──run()──▶ busy ──exit──▶ ended
 *        └───────────────┴──────exit / kill()──────────▲
 *
 * An exit code of 0 proves nothing (`process.exit(0)` and a promise nobody resolves both give it): only a `result`
 * message counts as a result.
 */
import { fork, type ChildProcess } from "node:child_process";
import { StringDecoder } from "node:string_decoder";
import { CHILD_PROTOCOL_VERSION, type FromChild, type Job, type ToChild } from "../protocol/child.js";

export type StageProcessEnd =
  | { readonly how: "message"; readonly message: Extract<FromChild, { type: "result" | "failed" | "corrupt-input" }> }
  | { readonly how: "exit"; readonly code: number | null; readonly signal: string | null }
  | { readonly how: "start-failed"; readonly message: string };

export interface StageProcessListener {
  output(stream: "stdout" | "stderr" | "log", text: string): void;
  progress(fraction: number, message: string | null): void;
}

export interface StageProcessOptions {
  readonly node: string;
  readonly runner: string;
  readonly env: { readonly [name: string]: string };
  readonly cwd: string;
}

/** How long output may arrive after the process has ended. */
const LATE_OUTPUT_MS = 500;

type State = "starting" | "idle" | "busy" | "ended";

export class StageProcess {
  readonly #child: ChildProcess;
  readonly ended: Promise<StageProcessEnd>;
  #state: State = "starting";
  #listener: StageProcessListener | null = null;
  #final: StageProcessEnd | null = null;
  /** What it printed before it had a job: the reason, when it cannot start. */
  #early = "";

  constructor(options: StageProcessOptions) {
    this.#child = fork(options.runner, [], {
      execPath: options.node,
      // The host's own flags (an inspector, a loader) are not the stage's.
      execArgv: ["--enable-source-maps"],
      // The editor's executable is Node only with this variable; others ignore it.
      env: { ...options.env, ELECTRON_RUN_AS_NODE: "1" },
      cwd: options.cwd,
      serialization: "advanced",
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      // A process group of its own, so that its children end with it.
      detached: process.platform !== "win32",
    });
    this.#pipe("stdout");
    this.#pipe("stderr");
    this.ended = new Promise((resolve) => {
      this.#child.on("error", (error) => resolve(this.#end({ how: "start-failed", message: error.message })));
      this.#child.on("message", (message) => this.#receive(message as FromChild));
      this.#child.on("exit", (code, signal) => {
        this.#killGroup();
        // Output may still be on its way; a grandchild that left the group and holds the pipe may never close it.
        const late = setTimeout(() => {
          this.#child.stdout?.destroy();
          this.#child.stderr?.destroy();
          resolve(this.#end({ how: "exit", code, signal }));
        }, LATE_OUTPUT_MS);
        this.#child.on("close", () => {
          clearTimeout(late);
          resolve(this.#end({ how: "exit", code, signal }));
        });
      });
    });
    this.#child.unref();
    this.#child.channel?.unref();
  }

  get usable(): boolean {
    return this.#state === "starting" || this.#state === "idle";
  }

  /** Resolves when the process and its output have ended. */
  run(job: Job, listener: StageProcessListener): Promise<StageProcessEnd> {
    if (!this.usable) throw new Error(`A stage process that is ${this.#state} cannot take a job.`);
    this.#state = "busy";
    this.#listener = listener;
    this.#child.ref();
    this.#child.channel?.ref();
    if (this.#early !== "") listener.output("stderr", this.#early);
    this.#send({ type: "job", job });
    return this.ended;
  }

  /** Asks the stage to stop by itself; `kill` follows if it does not. */
  cancel(): void {
    this.#send({ type: "cancel" });
  }

  /** Ends the process and all it started, at once. */
  kill(): void {
    if (this.#state === "ended") return;
    this.#killGroup();
    this.#child.kill("SIGKILL");
  }

  #send(message: ToChild): void {
    // An error here means that the process is ending; `close` says how.
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  #receive(message: FromChild): void {
    switch (message.type) {
      case "ready":
        if (message.version !== CHILD_PROTOCOL_VERSION) {
          this.#final = {
            how: "start-failed",
            message: `the runner speaks version ${message.version} of the protocol and this is ${CHILD_PROTOCOL_VERSION}; reload the window, or install Restage again`,
          };
          this.kill();
        } else if (this.#state === "starting") this.#state = "idle";
        return;
      case "log":
        this.#listener?.output(
          "log",
          message.level === "info" ? `${message.text}\n` : `${message.level}: ${message.text}\n`,
        );
        return;
      case "progress":
        this.#listener?.progress(message.fraction, message.message);
        return;
      case "result":
      case "failed":
      case "corrupt-input":
        this.#final ??= { how: "message", message };
        // It has flushed all it printed before it said this; what is left of its life is tearing down, which takes longer
        // than a small stage.
        this.#killGroup();
        return;
    }
  }

  #end(end: StageProcessEnd): StageProcessEnd {
    this.#state = "ended";
    return this.#final ?? end;
  }

  /** Everything it started and did not detach; what it left behind would hold files and ports. */
  #killGroup(): void {
    const { pid } = this.#child;
    try {
      if (pid !== undefined && process.platform !== "win32") process.kill(-pid, "SIGKILL");
    } catch {
      // Nothing of the group is left.
    }
  }

  #pipe(stream: "stdout" | "stderr"): void {
    const decoder = new StringDecoder("utf8");
    this.#child[stream]?.on("data", (chunk: Buffer) => {
      const text = decoder.write(chunk);
      if (this.#listener !== null) this.#listener.output(stream, text);
      else this.#early = (this.#early + text).slice(-8192);
    });
  }
}
