/** A longer `setTimeout` fires at once: Node keeps its delay in 32 bits. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** One thing to do later, at most: set again, it waits anew. It does not keep the process alive. */
export class Later {
  readonly #task: () => void;
  #timer: NodeJS.Timeout | null = null;

  constructor(task: () => void) {
    this.#task = task;
  }

  set(delayMs: number): void {
    this.clear();
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        this.#task();
      },
      Math.min(Math.max(0, delayMs), LONGEST_TIMER_MS),
    );
    this.#timer.unref();
  }

  clear(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
