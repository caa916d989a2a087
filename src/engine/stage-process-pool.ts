import { StageProcess, type StageProcessOptions } from "./stage-process.js";

/**
 * Keeps processes started and warm, so that a click costs milliseconds and not a process start, and so that in a run the
 * next stage's process starts while this one works. Each is used once.
 */
export class StageProcessPool {
  readonly #options: () => StageProcessOptions;
  readonly #idle: StageProcess[] = [];
  readonly #given = new Set<StageProcess>();
  /** Kept waiting also when nothing runs. */
  #always = 0;
  /** Stages that running work may still need a process for. */
  #expected = 0;
  #closed = false;

  constructor(options: () => StageProcessOptions) {
    this.#options = options;
  }

  /** How many to keep waiting from now on. */
  warm(size: number): void {
    this.#always = size;
    this.#fill();
  }

  /** Announces up to `count` stages, of which `atOnce` may run at the same time. Returns how to take that back. */
  expect(count: number, atOnce: number): () => void {
    this.#expected += Math.min(count, atOnce);
    this.#fill();
    let open = true;
    return () => {
      if (!open) return;
      open = false;
      this.#expected -= Math.min(count, atOnce);
      for (const process of this.#idle.splice(this.#wanted())) process.kill();
    };
  }

  take(): StageProcess {
    for (let process = this.#idle.shift(); process !== undefined; process = this.#idle.shift()) {
      if (process.usable) {
        // The next one starts after this one has its job: two processes starting at once slow the one that is wanted.
        setImmediate(() => this.#fill());
        return this.#give(process);
      }
    }
    return this.#give(new StageProcess(this.#options()));
  }

  /** Ends every process, also those at work. */
  close(): void {
    this.#closed = true;
    for (const process of [...this.#idle.splice(0), ...this.#given]) process.kill();
  }

  #give(process: StageProcess): StageProcess {
    this.#given.add(process);
    void process.ended.then(() => this.#given.delete(process));
    return process;
  }

  #wanted(): number {
    return Math.max(this.#always, this.#expected);
  }

  #fill(): void {
    while (!this.#closed && this.#idle.length < this.#wanted()) this.#idle.push(new StageProcess(this.#options()));
  }
}
