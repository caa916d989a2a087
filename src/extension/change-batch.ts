/**
 * Collects changed files and hands them on in batches, never two at once: a branch switch is one batch, and while the
 * engine works on one, the next grows. A small batch leaves after a blink; a large one, which is a checkout or an
 * install under way, waits for a longer silence.
 */
export interface ChangeBatcherOptions {
  readonly send: (files: readonly string[]) => Promise<void>;
  readonly onError: (error: unknown) => void;
  readonly quietMs?: number;
  readonly largeQuietMs?: number;
  readonly maxWaitMs?: number;
}

const LARGE = 20;

export class ChangeBatcher {
  readonly #options: Required<ChangeBatcherOptions>;
  #files = new Set<string>();
  #timer: NodeJS.Timeout | null = null;
  #firstAt = 0;
  #sending: Promise<void> | null = null;

  constructor(options: ChangeBatcherOptions) {
    this.#options = { quietMs: 20, largeQuietMs: 200, maxWaitMs: 2000, ...options };
  }

  add(file: string): void {
    if (this.#files.size === 0) this.#firstAt = Date.now();
    this.#files.add(file);
    this.#schedule();
  }

  /** Sends what is waiting and resolves when all that was added before is handed over and answered. */
  async flush(): Promise<void> {
    while (this.#sending !== null || this.#files.size > 0) await (this.#sending ?? this.#send());
  }

  dispose(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#files = new Set();
  }

  #schedule(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#sending !== null) return;
    const { quietMs, largeQuietMs, maxWaitMs } = this.#options;
    const quiet = this.#files.size > LARGE ? largeQuietMs : quietMs;
    const left = Math.max(0, this.#firstAt + maxWaitMs - Date.now());
    this.#timer = setTimeout(() => void this.#send(), Math.min(quiet, left));
  }

  #send(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const files = [...this.#files];
    this.#files = new Set();
    const sending = this.#options
      .send(files)
      .catch(this.#options.onError)
      .then(() => {
        this.#sending = null;
        if (this.#files.size > 0) this.#schedule();
      });
    this.#sending = sending;
    return sending;
  }
}
