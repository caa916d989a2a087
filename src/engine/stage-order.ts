/** How the stages hang together. An edit seldom changes it, so that it is kept while every stage needs the same ones. */
import { findCycles } from "../core/analysis/stage-graph.js";
import { downstreams, topologicalOrder, type Upstreams } from "../core/order.js";
import type { StageId } from "../protocol/ids.js";
import type { StageDeclaration } from "../protocol/stage.js";

export interface StageOrder {
  /** Direct upstream stages, each once. */
  readonly upstream: Upstreams;
  /** For each stage, those that use its result directly. */
  readonly users: ReadonlyMap<StageId, readonly StageId[]>;
  /** Every stage after all it needs. */
  readonly order: readonly StageId[];
  /** Stages that need their own result, with the way round. */
  readonly cycles: ReadonlyMap<StageId, readonly StageId[]>;
}

/** A declaration never changes: another text gives another one. */
const known = new WeakMap<StageDeclaration, readonly StageId[]>();

/** Direct upstream stages, each once. */
export function upstreamIds(declaration: StageDeclaration): readonly StageId[] {
  let ids = known.get(declaration);
  if (ids === undefined) {
    ids = [...new Set(declaration.inputs.flatMap((input) => (input.kind === "stage" ? [input.stage] : [])))];
    known.set(declaration, ids);
  }
  return ids;
}

export class StageOrders {
  #last: StageOrder | null = null;

  of(declarations: ReadonlyMap<StageId, StageDeclaration>): StageOrder {
    if (this.#last !== null && isOrderOf(this.#last, declarations)) return this.#last;
    const upstream = new Map([...declarations].map(([id, declaration]) => [id, upstreamIds(declaration)]));
    this.#last = {
      upstream,
      users: downstreams(upstream),
      order: topologicalOrder(upstream),
      cycles: findCycles([...declarations.values()]),
    };
    return this.#last;
  }
}

/** The same stages in the same order, each with the same upstreams. */
function isOrderOf({ upstream }: StageOrder, declarations: ReadonlyMap<StageId, StageDeclaration>): boolean {
  if (upstream.size !== declarations.size) return false;
  const were = upstream.entries();
  for (const [id, declaration] of declarations) {
    const was = were.next();
    if (was.done === true || was.value[0] !== id || !sameIds(was.value[1], upstreamIds(declaration))) return false;
  }
  return true;
}

export function sameIds(a: readonly StageId[], b: readonly StageId[]): boolean {
  return a === b || (a.length === b.length && a.every((id, nth) => id === b[nth]));
}
