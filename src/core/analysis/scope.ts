/**
 * A name declared inside a unit. Its number is given when the canonical walk first meets it, so that renaming a local
 * changes nothing; `keep` holds the names of namespace members, which are properties that can be observed.
 */
export interface Local {
  number: number;
  readonly keep: string | null;
  /** Holds a value made in the unit itself, so that filling it changes nothing outside: it alone, or all it holds, too. */
  fresh: "no" | "itself" | "whole";
}

/** Names visible at one place inside a unit. Names it does not know are the module's, or global. */
export class Scope {
  readonly #names = new Map<string, Local>();
  readonly #parent: Scope | null;
  readonly #keepsNames: boolean;

  constructor(parent: Scope | null, names: Iterable<string>, keepsNames = false) {
    this.#parent = parent;
    this.#keepsNames = keepsNames;
    for (const name of names) this.declare(name);
  }

  declare(name: string): void {
    if (this.#names.has(name)) return;
    this.#names.set(name, { number: -1, keep: this.#keepsNames ? name : null, fresh: "no" });
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  find(name: string): Local | null {
    return this.#names.get(name) ?? this.#parent?.find(name) ?? null;
  }
}
