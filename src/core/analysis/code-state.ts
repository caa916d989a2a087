/** Turns what a stage's code reaches into what the protocol says of it. */
import type { CodeState, PackageEntry, SliceEntry } from "../../protocol/fingerprint.js";
import type { Fingerprint } from "../../protocol/ids.js";
import type { UntrackedPlace } from "../../protocol/stage.js";
import { sha256 } from "../hashing.js";
import type { CodeFailure, CodeNode } from "./code-node.js";
import { deepHash } from "./deep-hash.js";
import { ANALYSIS_VERSION } from "./file-summary.js";

export interface ReadCode {
  readonly state: CodeState;
  readonly files: ReadonlySet<string>;
}

/** Walks everything the run function reaches, in the order in which it is first reached. */
export function readCode(run: CodeNode, home: string): ReadCode {
  const files = new Set<string>([home]);
  const slice: SliceEntry[] = [];
  const packages = new Map<string, PackageEntry>();
  const untracked = new Map<string, UntrackedPlace>();
  let failure: CodeFailure | null = null;
  for (const node of reached(run)) {
    const facts = node.facts();
    if (facts.file !== null) files.add(facts.file);
    if (facts.entry) slice.push(facts.entry);
    if (facts.package) packages.set(JSON.stringify(facts.package), facts.package);
    for (const place of facts.untracked) untracked.set(JSON.stringify(place), place);
    failure ??= facts.failure;
    if (facts.failure) files.add(facts.failure.location.file);
  }
  if (failure) return { state: { ok: false, ...failure }, files };
  const fingerprint = sha256(`fingerprint ${ANALYSIS_VERSION}\n${deepHash(run)}`) as string as Fingerprint;
  const byName = (a: PackageEntry, b: PackageEntry): number => compare(a.name, b.name) || compare(a.version, b.version);
  const data = { fingerprint, slice, packages: [...packages.values()].sort(byName) };
  return { state: { ok: true, data, untracked: [...untracked.values()] }, files };
}

/** Everything reached, itself first, in the order of first reach. */
export function* reached(start: CodeNode): Generator<CodeNode> {
  const visited = new Set<CodeNode>();
  const stack = [start];
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (visited.has(node)) continue;
    visited.add(node);
    yield node;
    const { edges } = node;
    for (let i = edges.length - 1; i >= 0; i--) {
      const target = edges[i]?.target;
      if (target && !visited.has(target)) stack.push(target);
    }
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
