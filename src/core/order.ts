import type { StageId } from "../protocol/ids.js";

/** The stages a graph is made of, each with what it needs. Unknown upstream ids are ignored. */
export type Upstreams = ReadonlyMap<StageId, readonly StageId[]>;

/**
 * Every stage after all it needs; members of a cycle come last, in the order given. Iterative, because a chain of
 * thousands of stages must not exhaust the stack.
 */
export function topologicalOrder(graph: Upstreams): StageId[] {
  const waiting = new Map<StageId, number>();
  const users = downstreams(graph);
  const ready: StageId[] = [];
  for (const [id, ups] of graph) {
    const count = new Set(ups.filter((u) => graph.has(u))).size;
    waiting.set(id, count);
    if (count === 0) ready.push(id);
  }
  const order: StageId[] = [];
  for (let next = 0; next < ready.length; next++) {
    const id = ready[next];
    if (id === undefined) break;
    order.push(id);
    waiting.delete(id);
    for (const user of users.get(id) ?? []) {
      const left = (waiting.get(user) ?? 0) - 1;
      waiting.set(user, left);
      if (left === 0) ready.push(user);
    }
  }
  return [...order, ...waiting.keys()];
}

/** For each stage, those that use its result directly. */
export function downstreams(graph: Upstreams): Map<StageId, StageId[]> {
  const users = new Map<StageId, StageId[]>();
  for (const [id, ups] of graph) {
    for (const up of new Set(ups)) {
      if (!graph.has(up)) continue;
      const list = users.get(up);
      if (list === undefined) users.set(up, [id]);
      else list.push(id);
    }
  }
  return users;
}

/** `start` and everything reached from it. */
export function reach(start: Iterable<StageId>, edges: ReadonlyMap<StageId, readonly StageId[]>): Set<StageId> {
  const seen = new Set<StageId>(start);
  const ahead = [...seen];
  for (let id = ahead.pop(); id !== undefined; id = ahead.pop()) {
    for (const next of edges.get(id) ?? []) {
      if (seen.has(next)) continue;
      seen.add(next);
      ahead.push(next);
    }
  }
  return seen;
}
