/** A thing a stage returned that gives its items one after the other. */

/** What the stage's own code threw while it was asked for the next item: no failure of the store. */
export class SourceFailure extends Error {
  override readonly name = "SourceFailure";
  readonly thrown: unknown;

  constructor(thrown: unknown) {
    super("The stage's stream failed.");
    this.thrown = thrown;
  }
}

type AnyIterator = Iterator<unknown> | AsyncIterator<unknown>;

export function isStream(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  return Symbol.asyncIterator in value || isGenerator(value);
}

/** Also iterators of other makes, as `map.values()` gives; not arrays, maps and sets, which are data. */
function isGenerator(value: object): boolean {
  return Symbol.iterator in value && "next" in value && typeof value.next === "function";
}

/**
 * Asks for one item after the other, never for one before the last is taken care of. What the source throws comes as
 * `SourceFailure`.
 */
export class StreamSource {
  readonly #iterator: AnyIterator;
  readonly #async: boolean;
  #ended = false;

  constructor(value: object) {
    try {
      const make: unknown = Reflect.get(value, Symbol.asyncIterator);
      this.#async = typeof make === "function";
      const found = typeof make === "function" ? make : (Reflect.get(value, Symbol.iterator) as () => unknown);
      this.#iterator = found.call(value) as AnyIterator;
    } catch (error) {
      throw new SourceFailure(error);
    }
  }

  async next(): Promise<IteratorResult<unknown>> {
    try {
      const next = await this.#iterator.next();
      if (next.done === true) this.#ended = true;
      return next;
    } catch (error) {
      throw this.#failed(error);
    }
  }

  /** Gives `first` and all items behind it. A promise is made only where source or taker need one: there may be billions. */
  async each(first: IteratorResult<unknown>, take: (item: unknown) => Promise<void> | undefined): Promise<void> {
    let next = first;
    while (next.done !== true) {
      const taking = take(next.value);
      if (taking !== undefined) await taking;
      try {
        const asked = this.#iterator.next();
        next = this.#async ? await asked : (asked as IteratorResult<unknown>);
      } catch (error) {
        throw this.#failed(error);
      }
    }
    this.#ended = true;
  }

  /** Tells a source that is not at its end to stop. Never rejects: what made the reader stop is what is told. */
  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    try {
      await this.#iterator.return?.();
    } catch {
      // See above.
    }
  }

  #failed(error: unknown): SourceFailure {
    this.#ended = true;
    return new SourceFailure(error);
  }
}
