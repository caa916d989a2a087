/**
 * A stored stream as its users get it. It can be iterated more than once, and at the same time: each time from the beginning, with
 * values of its own. A file is open only while somebody iterates, and closed at the end, on `break` and on an error.
 */
export class StoredStream<T> implements AsyncIterable<T> {
  readonly #open: () => AsyncGenerator<readonly T[], void>;

  /** `open` gives the items group by group. */
  constructor(open: () => AsyncGenerator<readonly T[], void>) {
    this.#open = open;
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return new GroupCursor(this.#open());
  }
}

/** Items one by one: a promise each, and no generator to be resumed for each, which would cost several times as much. */
class GroupCursor<T> implements AsyncIterableIterator<T> {
  readonly #groups: AsyncGenerator<readonly T[], void>;
  #group: readonly T[] = [];
  #at = 0;
  #ended = false;
  /** Calls of `next` that did not wait for one another are answered in turn. */
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(groups: AsyncGenerator<readonly T[], void>) {
    this.#groups = groups;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#waiting === 0 && this.#at < this.#group.length)
      return Promise.resolve({ done: false, value: this.#group[this.#at++] as T });
    return this.#inTurn(() => this.#advance());
  }

  return(): Promise<IteratorResult<T, undefined>> {
    return this.#inTurn(async () => {
      this.#ended = true;
      this.#group = [];
      this.#at = 0;
      await this.#groups.return();
      return { done: true, value: undefined };
    });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #advance(): Promise<IteratorResult<T, undefined>> {
    while (this.#at >= this.#group.length) {
      if (this.#ended) return { done: true, value: undefined };
      const next = await this.#groups.next();
      this.#at = 0;
      this.#group = next.done === true ? [] : next.value;
      this.#ended = next.done === true;
    }
    return { done: false, value: this.#group[this.#at++] as T };
  }

  #inTurn<R>(step: () => Promise<R>): Promise<R> {
    this.#waiting++;
    const turn = this.#last.then(step).finally(() => this.#waiting--);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
