import { StageProcess, type StageProcessOptions } from "./stage-process.js";

/**
 * Keeps processes started and warm, so that a click costs milliseconds and not a process start. Each is used once; taking
 * one starts the next.
 */
export class StageProcessPool {
  readonly #options: () => StageProcessOptions;
  readonly #idle: StageProcess[] = [];
  #size = 0;
  #closed = false;

  constructor(options: () => StageProcessOptions) {
    this.#options = options;
  }

  /** How many to keep waiting from now on. */
  warm(size: number): void {
    this.#size = size;
    this.#fill();
  }

  take(): StageProcess {
    for (let process = this.#idle.shift(); process !== undefined; process = this.#idle.shift()) {
      if (process.usable) {
        // The next one starts after this one has its job: two processes starting at once slow the one that is wanted.
        setImmediate(() => this.#fill());
        return process;
      }
    }
    return new StageProcess(this.#options());
  }

  close(): void {
    this.#closed = true;
    for (const process of this.#idle.splice(0)) process.kill();
  }

  #fill(): void {
    while (!this.#closed && this.#idle.length < this.#size) this.#idle.push(new StageProcess(this.#options()));
  }
}
