/**
 * Turns what a stage's code reaches into what the protocol says of it. The hash comes first and costs only what changed;
 * the slice, the packages and the files are walked for when somebody reads them: for a record, a reason or a diff.
 */
import type { CodeState, FingerprintData, PackageEntry, SliceEntry } from "../../protocol/fingerprint.js";
import type { Fingerprint } from "../../protocol/ids.js";
import type { UntrackedPlace } from "../../protocol/stage.js";
import { sha256 } from "../hashing.js";
import { refreshCount, type CodeFailure, type CodeNode } from "./code-node.js";
import { deepHash, NOTHING } from "./deep-hash.js";
import { ANALYSIS_VERSION } from "./file-summary.js";

export interface ReadCode {
  readonly state: CodeState;
  /** The files that what is said holds for, where an edit that leaves the hash alone may change it: lines of untracked places. */
  readonly saidOf: ReadonlySet<string> | null;
}

export function readCode(run: CodeNode, home: string): ReadCode {
  const fingerprint = fingerprintOf(run);
  const notable = run.reachesNotable ? readNotable(run) : null;
  const saidOf = notable === null ? null : reachedFiles(run, home);
  if (notable?.failure) return { state: { ok: false, ...notable.failure }, saidOf };
  return { state: { ok: true, data: lazyData(run, fingerprint), untracked: notable?.untracked ?? [] }, saidOf };
}

/** `version`: of the analysis whose fingerprint is made. */
export function fingerprintOf(run: CodeNode, version = ANALYSIS_VERSION): Fingerprint {
  return sha256(`fingerprint ${version}\n${deepHash(run, version)}`) as string as Fingerprint;
}

/** All source and data files whose text the code depends on. */
export function reachedFiles(run: CodeNode, home: string): ReadonlySet<string> {
  const files = new Set<string>([home]);
  for (const node of reached(run)) {
    const { file } = node.facts();
    if (file !== null) files.add(file);
    if (node.links.failure) files.add(node.links.failure.location.file);
  }
  return files;
}

/**
 * Plain properties, so that it can be written down and sent like the data it stands for. They are of the program as it is
 * when they are read (lines move under a fingerprint that stays); whoever keeps them over edits takes a copy.
 */
function lazyData(run: CodeNode, fingerprint: Fingerprint): FingerprintData {
  return {
    fingerprint,
    get slice() {
      return factsOf(run).slice;
    },
    get packages() {
      return factsOf(run).packages;
    },
  };
}

interface Facts {
  /** Weak, so that a project that was closed can go. */
  readonly run: WeakRef<CodeNode>;
  /** Of the whole graph: facts and ways change only where a node is refreshed. */
  readonly refreshes: number;
  readonly slice: readonly SliceEntry[];
  readonly packages: readonly PackageEntry[];
}

/** Who asks for the slice asks for the packages next. Only the latest is kept: those of all stages would be large. */
let latest: Facts | null = null;

function factsOf(run: CodeNode): Facts {
  const refreshes = refreshCount();
  if (latest?.run.deref() === run && latest.refreshes === refreshes) return latest;
  const slice: SliceEntry[] = [];
  const packages = new Map<string, PackageEntry>();
  for (const node of reached(run)) {
    const { entry, package: used } = node.facts();
    if (entry) slice.push(entry);
    if (used) packages.set(JSON.stringify(used), used);
  }
  const byName = (a: PackageEntry, b: PackageEntry): number => compare(a.name, b.name) || compare(a.version, b.version);
  latest = { run: new WeakRef(run), refreshes, slice, packages: [...packages.values()].sort(byName) };
  return latest;
}

/** The first failure and all untracked places, by way of the nodes that lead to any. */
function readNotable(run: CodeNode): { readonly failure: CodeFailure | null; readonly untracked: UntrackedPlace[] } {
  const untracked = new Map<string, UntrackedPlace>();
  let failure: CodeFailure | null = null;
  for (const node of reached(run)) {
    const { links } = node;
    failure ??= links.failure;
    for (const place of links.untracked) untracked.set(JSON.stringify(place), place);
  }
  return { failure, untracked: [...untracked.values()] };
}

let walks = 0;

/** Everything reached that counts, itself first, in the order of first reach. */
export function reached(start: CodeNode): readonly CodeNode[] {
  deepHash(start);
  const walk = ++walks;
  const found: CodeNode[] = [];
  const stack = [start];
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (node.walk === walk) continue;
    node.walk = walk;
    found.push(node);
    const { edges } = node;
    for (let i = edges.length - 1; i >= 0; i--) {
      const target = edges[i]?.target;
      if (target && target.walk !== walk && target.deep !== NOTHING) stack.push(target);
    }
  }
  return found;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
