/** Walks a graph that may have circles. Iterative, because real chains are longer than the stack. */

export interface Walk<N> {
  /** Called before a node's ways are asked for. */
  readonly enter?: (node: N) => void;
  /** What the node leads to, by position; `undefined` behind the last. */
  readonly next: (node: N, position: number) => N | undefined;
  /** Whether nothing is left to do for a node and all that it reaches. */
  readonly done: (node: N) => boolean;
  /** The members of one circle, or a single node: called after everything they reach. */
  readonly finish: (members: readonly N[]) => void;
}

interface Visit<N> {
  readonly node: N;
  readonly index: number;
  low: number;
  next: number;
  onStack: boolean;
}

/** Tarjan's algorithm with an explicit stack. */
export function walkComponents<N>(root: N, { enter, next, done, finish }: Walk<N>): void {
  const visits = new Map<N, Visit<N>>();
  const path: Visit<N>[] = [];
  const stack: Visit<N>[] = [];
  const visitNow = (node: N): void => {
    enter?.(node);
    const visit: Visit<N> = { node, index: visits.size, low: visits.size, next: 0, onStack: true };
    visits.set(node, visit);
    path.push(visit);
    stack.push(visit);
  };
  if (!done(root)) visitNow(root);
  for (let visit = path.at(-1); visit; visit = path.at(-1)) {
    const target = next(visit.node, visit.next++);
    if (target !== undefined) {
      if (done(target)) continue;
      const known = visits.get(target);
      if (!known) visitNow(target);
      else if (known.onStack) visit.low = Math.min(visit.low, known.index);
      continue;
    }
    path.pop();
    const parent = path.at(-1);
    if (parent) parent.low = Math.min(parent.low, visit.low);
    if (visit.low !== visit.index) continue;
    const members: N[] = [];
    for (;;) {
      const member = stack.pop();
      if (!member) break;
      member.onStack = false;
      members.push(member.node);
      if (member === visit) break;
    }
    finish(members);
  }
}
