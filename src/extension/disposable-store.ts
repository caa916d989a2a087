/** Anything that must be let go of. */
export interface Disposable {
  dispose(): unknown;
}

/** Owns disposables and lets go of them together, newest first, so that nothing outlives what it was built on. */
export class DisposableStore implements Disposable {
  readonly #items: Disposable[] = [];
  #disposed = false;

  /** Registers `item` where it is made and hands it back. After `dispose` it is let go of at once. */
  add<T extends Disposable>(item: T): T {
    if (this.#disposed) item.dispose();
    else this.#items.push(item);
    return item;
  }

  dispose(): void {
    this.#disposed = true;
    for (let item = this.#items.pop(); item !== undefined; item = this.#items.pop()) item.dispose();
  }
}
