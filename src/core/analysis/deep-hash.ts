/**
 * The hash of a piece of code and everything it reaches: a Merkle hash over labelled edges. Members of a cycle are told
 * apart by refining what is known of each by what is known of its neighbours until nothing new is learnt; the result
 * depends on the shape of the cycle, not on where one enters it.
 */
import { sha256 } from "../hashing.js";
import type { CodeNode } from "./code-node.js";
import { walkComponents } from "./components.js";
import { ANALYSIS_VERSION } from "./file-summary.js";

/** Deep hash of a node without own content and edges: its edges do not count, as if they were not there. */
export const NOTHING = "";

/** `version`: of the analysis whose hash is made; another than today's is for what was stored by it. */
export function deepHash(root: CodeNode, version = ANALYSIS_VERSION): string {
  walkComponents<CodeNode>(root, {
    next: (node, position) => node.edges[position]?.target,
    done: (node) => node.deep !== null,
    finish: (members) => hashComponent(members, version),
  });
  return root.deep ?? NOTHING;
}

function hashComponent(members: readonly CodeNode[], version: number): void {
  for (const node of members) node.reachesNotable = false;
  const notable = members.some((node) => node.notable || node.edges.some(({ target }) => target.reachesNotable));
  for (const node of members) node.reachesNotable = notable;
  const [only] = members;
  if (members.length === 1 && only && !only.edges.some((edge) => edge.target === only)) {
    const isNothing = only.own === NOTHING && only.edges.every((edge) => edge.target.deep === NOTHING);
    only.deep = isNothing ? NOTHING : describe(only, only.own, version, (node) => node.deep ?? NOTHING);
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
        describe(node, before, version, (target) =>
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

function describe(node: CodeNode, own: string, version: number, hashOf: (node: CodeNode) => string): string {
  let text = `${version}\n${own}`;
  for (const { label, target } of node.edges) {
    const hash = hashOf(target);
    if (hash !== NOTHING) text += `\n${label} ${hash}`;
  }
  return sha256(text);
}
