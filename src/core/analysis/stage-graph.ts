import type { StageId } from "../../protocol/ids.js";
import type { StageDeclaration } from "../../protocol/stage.js";

/**
 * Stages that need their own result, each with one way round its circle: from the stage itself through its inputs back to
 * it (the last one needs the first). Iterative: chains of stages may be longer than the stack.
 */
export function findCycles(declarations: readonly StageDeclaration[]): Map<StageId, readonly StageId[]> {
  const upstream = new Map<StageId, readonly StageId[]>();
  for (const { id, inputs } of declarations) {
    upstream.set(
      id,
      inputs.flatMap((input) => (input.kind === "stage" ? [input.stage] : [])),
    );
  }
  const cycles = new Map<StageId, readonly StageId[]>();
  for (const component of components(upstream)) {
    for (const id of component) {
      const way = wayRound(id, new Set(component), upstream);
      if (way) cycles.set(id, way);
    }
  }
  return cycles;
}

type Upstream = ReadonlyMap<StageId, readonly StageId[]>;

/** Kosaraju's algorithm: order by when a search ends, then search backwards. Only components that can hold a circle. */
function components(upstream: Upstream): StageId[][] {
  const downstream = new Map<StageId, StageId[]>();
  for (const [id, needs] of upstream) {
    for (const need of needs) downstream.set(need, [...(downstream.get(need) ?? []), id]);
  }
  const order: StageId[] = [];
  const visited = new Set<StageId>();
  for (const id of upstream.keys()) search(id, upstream, visited, order);
  const taken = new Set<StageId>();
  const found: StageId[][] = [];
  for (const id of order.reverse()) {
    const component: StageId[] = [];
    search(id, downstream, taken, component);
    const [only] = component;
    if (component.length > 1 || (only !== undefined && upstream.get(only)?.includes(only) === true))
      found.push(component);
  }
  return found;
}

/** Depth first; adds each stage to `ended` when all behind it are done. */
function search(start: StageId, next: Upstream, visited: Set<StageId>, ended: StageId[]): void {
  if (visited.has(start)) return;
  visited.add(start);
  const path = [{ id: start, at: 0 }];
  for (let top = path.at(-1); top; top = path.at(-1)) {
    const id = next.get(top.id)?.[top.at++];
    if (id === undefined) {
      ended.push(top.id);
      path.pop();
    } else if (!visited.has(id)) {
      visited.add(id);
      path.push({ id, at: 0 });
    }
  }
}

/** The shortest way from a stage back to itself inside its component. */
function wayRound(start: StageId, inside: ReadonlySet<StageId>, upstream: Upstream): StageId[] | null {
  const cameFrom = new Map<StageId, StageId>();
  const queue: StageId[] = [start];
  for (const id of queue) {
    for (const need of upstream.get(id) ?? []) {
      if (need === start) {
        const way = [id];
        for (let at = id; at !== start;) {
          const before = cameFrom.get(at);
          if (before === undefined) break;
          way.unshift(before);
          at = before;
        }
        return way;
      }
      if (!inside.has(need) || cameFrom.has(need)) continue;
      cameFrom.set(need, id);
      queue.push(need);
    }
  }
  return null;
}
