/**
 * The hash of a piece of code and everything it reaches: a Merkle hash over labelled edges. Iterative, because real chains
 * are longer than the stack. Members of a cycle are told apart by refining what is known of each by what is known of its
 * neighbours until nothing new is learnt; the result depends on the shape of the cycle, not on where one enters it.
 */
import { sha256 } from "../hashing.js";
import { ANALYSIS_VERSION } from "./file-summary.js";
import type { CodeNode } from "./code-node.js";

/** Deep hash of a node without own content and edges: its edges do not count, as if they were not there. */
const NOTHING = "";

export function deepHash(root: CodeNode): string {
  if (root.deep === null) hashComponents(root);
  return root.deep ?? NOTHING;
}

interface Visit {
  readonly node: CodeNode;
  readonly index: number;
  low: number;
  next: number;
  onStack: boolean;
}

/** Tarjan's algorithm with an explicit stack: components come out after everything they reach. */
function hashComponents(root: CodeNode): void {
  const visits = new Map<CodeNode, Visit>();
  const path: Visit[] = [];
  const stack: Visit[] = [];
  const enter = (node: CodeNode): void => {
    const visit: Visit = { node, index: visits.size, low: visits.size, next: 0, onStack: true };
    visits.set(node, visit);
    path.push(visit);
    stack.push(visit);
  };
  enter(root);
  for (let visit = path.at(-1); visit; visit = path.at(-1)) {
    const edge = visit.node.edges[visit.next++];
    if (edge) {
      const { target } = edge;
      if (target.deep !== null) continue;
      const known = visits.get(target);
      if (!known) enter(target);
      else if (known.onStack) visit.low = Math.min(visit.low, known.index);
      continue;
    }
    path.pop();
    const parent = path.at(-1);
    if (parent) parent.low = Math.min(parent.low, visit.low);
    if (visit.low !== visit.index) continue;
    const members: CodeNode[] = [];
    for (;;) {
      const member = stack.pop();
      if (!member) break;
      member.onStack = false;
      members.push(member.node);
      if (member === visit) break;
    }
    hashComponent(members);
  }
}

function hashComponent(members: readonly CodeNode[]): void {
  const [only] = members;
  if (members.length === 1 && only && !only.edges.some((edge) => edge.target === only)) {
    const isNothing = only.own === NOTHING && only.edges.every((edge) => edge.target.deep === NOTHING);
    only.deep = isNothing ? NOTHING : describe(only, only.own, (node) => node.deep ?? NOTHING);
    return;
  }
  const inside = new Set(members);
  let known = new Map(members.map((node) => [node, node.own]));
  let classes = new Set(known.values()).size;
  for (;;) {
    const previous = known;
    const refined = new Map<CodeNode, string>();
    for (const node of members) {
      const before = previous.get(node) ?? NOTHING;
      refined.set(
        node,
        describe(node, before, (target) =>
          inside.has(target) ? (previous.get(target) ?? NOTHING) : (target.deep ?? NOTHING),
        ),
      );
    }
    known = refined;
    const count = new Set(known.values()).size;
    if (count === classes) break;
    classes = count;
  }
  const whole = sha256([...new Set(known.values())].sort().join("\n"));
  for (const node of members) node.deep = sha256(`cycle\n${whole}\n${known.get(node) ?? NOTHING}`);
}

function describe(node: CodeNode, own: string, hashOf: (node: CodeNode) => string): string {
  let text = `${ANALYSIS_VERSION}\n${own}`;
  for (const { label, target } of node.edges) {
    const hash = hashOf(target);
    if (hash !== NOTHING) text += `\n${label} ${hash}`;
  }
  return sha256(text);
}
