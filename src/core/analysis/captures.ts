/**
 * Functions that change variables of the function around them, and outlive its call: `() => ++k` handed out by the function
 * that declares `k` gives another number each time, as if `k` were the module's. A callback that is only called while the
 * function around it runs changes nothing that is seen later.
 */
import type { Node } from "@babel/types";
import { unwrap } from "./syntax.js";
import type { Local } from "./scope.js";

interface Around {
  readonly depth: number;
  /** Only called, at a place that is known or by way of the local that holds it. */
  readonly contained: boolean;
  readonly local: Local | null;
}

export class Captures {
  readonly #mutate: () => void;
  readonly #around: Around[] = [];
  /** Functions and names of functions at places where they are called and not handed on. */
  readonly #contained = new Map<Node, Local | null>();

  constructor(mutate: () => void) {
    this.#mutate = mutate;
  }

  /** The function, or the name of one, is called where it stands, or held by a local. */
  contain(node: Node | null | undefined, local: Local | null = null): void {
    if (node) this.#contained.set(unwrap(node), local);
  }

  /** `depth`: how many functions the body is inside of. */
  inFunction(node: Node, depth: number, body: () => void): void {
    this.#around.push({ depth, contained: this.#contained.has(node), local: this.#contained.get(node) ?? null });
    body();
    this.#around.pop();
  }

  noteUse(local: Local, at: Node): void {
    if (this.#contained.has(at)) return;
    local.handedOn = true;
    if (local.changesCaptured) this.#mutate();
  }

  /** A local is assigned. */
  noteWrite(written: Local): void {
    const outermost = this.#around.find(({ depth }) => depth > written.depth);
    if (!outermost) return;
    const { contained, local } = outermost;
    if (local) local.changesCaptured = true;
    if (!contained || local?.handedOn === true) this.#mutate();
  }
}
