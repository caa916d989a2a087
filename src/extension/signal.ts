/** What an event's listener gets back: how it leaves. */
export interface Subscription {
  dispose(): void;
}

/**
 * An event without the editor: the parts of the extension that hold state use it, so that they run (and are tested) in
 * plain Node. Its `event` has the shape that the editor's API expects of an event.
 */
export class Signal<T> {
  readonly #listeners = new Set<(value: T) => unknown>();

  readonly event = (listener: (value: T) => unknown): Subscription => {
    // A wrapper of its own: the same function subscribed twice must be called twice and leave once at a time.
    const entry = (value: T): unknown => listener(value);
    this.#listeners.add(entry);
    return { dispose: () => void this.#listeners.delete(entry) };
  };

  fire(value: T): void {
    for (const listener of [...this.#listeners]) listener(value);
  }

  dispose(): void {
    this.#listeners.clear();
  }
}
