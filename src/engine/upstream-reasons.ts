/** Why a stage waits for its upstreams: the stages up the chain that have reasons of their own, each once, nearest first. */
import { describeReasonShort } from "../core/describe.js";
import type { StageId } from "../protocol/ids.js";
import type { StaleReason } from "../protocol/reason.js";
import type { StageState } from "../protocol/status.js";

type UpstreamStale = Extract<StaleReason, { kind: "upstream-stale" }>;

/** What is known of an upstream. */
interface Waited {
  readonly state: StageState;
  readonly reasons: readonly StaleReason[];
}

/** A thousand stale stages above each of a thousand others would be a million reasons. */
const MOST_ROOTS = 20;

export function upstreamReasons(
  waiting: readonly StageId[],
  done: ReadonlyMap<StageId, Waited>,
): readonly UpstreamStale[] {
  const roots = new Map<StageId, UpstreamStale>();
  for (const stage of new Set(waiting)) {
    for (const reason of rootsThrough(stage, done.get(stage))) {
      const known = roots.get(reason.root);
      if (known === undefined || reason.distance < known.distance) roots.set(reason.root, reason);
    }
  }
  return [...roots.values()].sort((a, b) => a.distance - b.distance).slice(0, MOST_ROOTS);
}

function rootsThrough(stage: StageId, upstream: Waited | undefined): readonly UpstreamStale[] {
  const root = (because: string, causes: readonly StaleReason[]): UpstreamStale => ({
    kind: "upstream-stale",
    stage,
    root: stage,
    because,
    causes,
    distance: 1,
  });
  if (upstream === undefined) return [root("it does not exist", [])];
  const above = upstream.reasons
    .filter((reason) => reason.kind === "upstream-stale")
    .map((reason) => ({ ...reason, stage, distance: reason.distance + 1 }));
  const own = upstream.reasons.filter((reason) => reason.kind !== "upstream-stale");
  if (upstream.state === "failed") return [root("it failed", own), ...above];
  const [first] = own;
  // That it never ran says nothing where something above it must run first.
  if (first === undefined || (first.kind === "never-run" && above.length > 0))
    return above.length > 0 ? above : [root(upstream.state, [])];
  return [root(describeReasonShort(first), own), ...above];
}
