import type { Seen } from "./file-summary.js";

/**
 * A name declared inside a unit. Its number is given when the canonical walk first meets it, so that renaming a local
 * changes nothing; `word` is what is written instead for names that mean something by themselves: namespace members, which
 * are properties that can be observed, and a stage's inputs.
 */
export interface Local {
  number: number;
  readonly word: string | null;
  /** Holds a value made in the unit itself, so that filling it changes nothing outside: it alone, or all it holds, too. */
  fresh: "no" | "itself" | "whole";
  /** What the unit sees of it, if it is a function. */
  seen: Seen;
  /** Holds a file name that is written in the code. */
  written: boolean;
  /** How many functions its declaration is inside of. */
  readonly depth: number;
  /** Holds a function that changes variables around it; and: is handed on, and not only called. */
  changesCaptured: boolean;
  handedOn: boolean;
}

/** What the canonical text has for a name; `null` for a number. */
export type WordOf = (name: string) => string | null;

/** Names visible at one place inside a unit. Names it does not know are the module's, or global. */
export class Scope {
  readonly #names = new Map<string, Local>();
  readonly #parent: Scope | null;
  readonly #wordOf: WordOf;
  readonly #depth: number;

  constructor(parent: Scope | null, names: Iterable<string>, depth: number, wordOf: WordOf = () => null) {
    this.#parent = parent;
    this.#depth = depth;
    this.#wordOf = wordOf;
    for (const name of names) this.declare(name);
  }

  declare(name: string): void {
    if (this.#names.has(name)) return;
    this.#names.set(name, {
      number: -1,
      word: this.#wordOf(name),
      fresh: "no",
      seen: "call",
      written: false,
      depth: this.#depth,
      changesCaptured: false,
      handedOn: false,
    });
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  find(name: string): Local | null {
    return this.#names.get(name) ?? this.#parent?.find(name) ?? null;
  }
}
