import type { Reference, Seen } from "./file-summary.js";

/** The outside things a unit uses, each once, in the order of first use. */
export class ReferenceList {
  readonly #references: Reference[] = [];
  readonly #positions = new Map<string, number>();

  /** Position of the reference in the list; the canonical text holds this number in place of the name. */
  add(reference: Reference): number {
    const key = referenceKey(reference);
    const known = this.#positions.get(key);
    if (known !== undefined) {
      const before = this.#references[known];
      if (before?.to === "name" && reference.to === "name") {
        this.#references[known] = { ...before, seen: moreSeen(before.seen, reference.seen) };
      }
      return known;
    }
    const position = this.#references.length;
    this.#positions.set(key, position);
    this.#references.push(reference);
    return position;
  }

  all(): readonly Reference[] {
    return this.#references;
  }
}

const SEEN: readonly Seen[] = ["call", "value", "text"];

export function moreSeen(a: Seen, b: Seen): Seen {
  return SEEN.indexOf(a) > SEEN.indexOf(b) ? a : b;
}

/** A reference by the words of the code. */
export function referenceKey(reference: Reference): string {
  switch (reference.to) {
    case "name":
      return JSON.stringify(["name", reference.name, ...reference.path]);
    case "module":
      return JSON.stringify([reference.how, reference.specifier]);
    case "asset":
      return JSON.stringify(["asset", reference.specifier]);
  }
}
