/**
 * The code graph of a stage as plain data, taken at one moment: what a result keeps of it, and what an older version's
 * data is compared with. Later edits do not reach it.
 */
import type { CodeGraph, FingerprintData, PackageEntry, SliceEntry } from "../../protocol/fingerprint.js";
import type { ResultRecord } from "../../protocol/record.js";
import { CodeNode, NO_FACTS, type NodeCode } from "./code-node.js";
import { fingerprintOf, reached } from "./code-state.js";

export interface CapturedNode {
  readonly own: string;
  readonly entry: SliceEntry | null;
  readonly package: PackageEntry | null;
  readonly code: NodeCode | null;
  readonly edges: readonly { readonly label: string; readonly by: string; readonly to: number }[];
}

/** The run function first. */
export type CapturedCode = readonly CapturedNode[];

export function captureCode(run: CodeNode): CapturedCode {
  const nodes = [...reached(run)];
  const positions = new Map(nodes.map((node, position) => [node, position]));
  return nodes.map((node) => {
    const { entry, code, package: used } = node.facts();
    const edges = node.edges.flatMap(({ label, by, target }) => {
      const to = positions.get(target);
      return to === undefined ? [] : [{ label, by: by ?? label, to }];
    });
    return { own: node.own, entry, package: used, code, edges };
  });
}

/** What is kept with a result. Texts that are in the slice are not kept twice. */
export function storedGraph(code: CapturedCode): CodeGraph {
  let inSlice = 0;
  return {
    nodes: code.map(({ own, entry, code: source, edges }) => {
      const position = entry === null ? null : inSlice++;
      return {
        own,
        code: source === null ? null : { part: source.part, text: position ?? source.text, settings: source.settings },
        edges: edges.map(({ by, to }) => [by, to] as const),
      };
    }),
  };
}

/**
 * Whether code that an older version of Restage stored is the code that was captured now. `true` only when the stored data
 * proves it: every declaration's text reads the same today, and every name in it leads to the same.
 */
export function isSameCode(
  now: CapturedCode,
  { graph, fingerprint, format }: Pick<ResultRecord, "graph" | "fingerprint" | "format">,
): boolean {
  return graph === null
    ? hasFingerprint(now, fingerprint, format.analysis)
    : isSameGraph(now, graph, fingerprint.slice);
}

/** Two graphs walked side by side. A pair that was met before is taken to be equal: any difference shows elsewhere. */
function isSameGraph(now: CapturedCode, then: CodeGraph, slice: readonly SliceEntry[]): boolean {
  const met = new Set<string>();
  const pending: [number, number][] = [[0, 0]];
  for (let pair = pending.pop(); pair; pair = pending.pop()) {
    const id = pair.join();
    if (met.has(id)) continue;
    met.add(id);
    const here = now[pair[0]];
    const there = then.nodes[pair[1]];
    if (here === undefined || there === undefined) return false;
    if (here.code === null || there.code === null) {
      if (here.code !== null || there.code !== null || here.own !== there.own) return false;
    } else {
      const { part, text, settings } = there.code;
      const source = typeof text === "number" ? slice[text]?.text : text;
      if (part !== here.code.part || source === undefined) return false;
      if (!here.code.readsAs({ text: source, sameHash: there.own === here.own, settings })) return false;
    }
    const uses = new Map<string, number[]>();
    for (const [by, to] of there.edges) uses.set(by, [...(uses.get(by) ?? []), to]);
    if (here.edges.length !== there.edges.length) return false;
    for (const { by, to } of here.edges) {
      const target = uses.get(by)?.shift();
      if (target === undefined) return false;
      pending.push([to, target]);
    }
  }
  return true;
}

/**
 * The first records hold no graph, but their fingerprint is a hash over it: today's graph with the hashes stored for its
 * declarations gives the same fingerprint only if the graph was the same.
 */
function hasFingerprint(now: CapturedCode, then: FingerprintData, analysis: number): boolean {
  const owns: string[] = [];
  for (const { own, entry, code, package: used } of now) {
    if (used !== null && used.version !== "") {
      // Only name and version were noted of a package; that is all there is to one without more to it.
      if (used.content !== undefined || (used.dependencies ?? []).length > 0) return false;
      owns.push(JSON.stringify(["package", used.name, used.version]));
      continue;
    }
    if (entry === null) {
      owns.push(own);
      continue;
    }
    const stored = then.slice.find(
      (other) =>
        other.kind === entry.kind &&
        (other.name === entry.name || entry.kind === "stage") &&
        other.file === entry.file &&
        (code === null
          ? other.text === entry.text
          : code.readsAs({ text: other.text, sameHash: other.hash === entry.hash, settings: null })),
    );
    if (stored === undefined) return false;
    owns.push(code === null ? own : stored.hash);
  }
  const nodes: CodeNode[] = now.map(
    (node, position) =>
      new CodeNode({
        own: () => owns[position] ?? "",
        link: () => ({
          edges: formerEdges(now, node).flatMap(({ label, to }) => {
            const target = nodes[to];
            return target === undefined ? [] : [{ label, target }];
          }),
          untracked: [],
          failure: null,
        }),
        facts: () => NO_FACTS,
      }),
  );
  const [run] = nodes;
  return run !== undefined && fingerprintOf(run, analysis) === then.fingerprint;
}

/** What loading a module runs was a plain list of steps then, and is a chain of shared ones now. */
function formerEdges(now: CapturedCode, node: CapturedNode): CapturedNode["edges"] {
  const [only] = node.edges;
  if (node.edges.length !== 1 || only?.label !== "") return node.edges;
  const steps: CapturedNode["edges"][number][] = [];
  for (let at = now[only.to]; at !== undefined;) {
    const [first, second] = at.edges;
    const step = first?.label === "before" ? second : first;
    if (step !== undefined) steps.unshift(step);
    at = first?.label === "before" ? now[first.to] : undefined;
  }
  return steps;
}

/**
 * Stored code with the hashes it would have today where its text reads as what is there now: what an upgrade alone changed
 * must not be shown as an edit.
 */
export function withTodaysHashes(then: FingerprintData, now: CapturedCode): FingerprintData {
  const slice = then.slice.map((entry): SliceEntry => {
    for (const { entry: other, code } of now) {
      if (other?.kind !== entry.kind || (other.name !== entry.name && entry.kind !== "stage")) continue;
      const same =
        code === null
          ? other.text === entry.text && other.file === entry.file
          : code.readsAs({ text: entry.text, sameHash: entry.hash === other.hash, settings: code.settings });
      if (same) return { ...entry, hash: other.hash };
    }
    return entry;
  });
  return { ...then, slice };
}
