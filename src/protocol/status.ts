import type { Failure } from "./failure.js";
import type { Fingerprint, Key, RunId, StageId } from "./ids.js";
import type { StaleReason } from "./reason.js";
import type { Acceptance, ColumnInfo, DeterminismCheck, Observation, ValueKind } from "./record.js";
import type { InputDeclaration, SourceProblem, SourceRange, UntrackedPlace } from "./stage.js";

/**
 * - `new`: never run. `fresh`: a verified result for exactly what is on disk now.
 * - `unknown`: code it reaches does not parse or resolve; never shown as fresh.
 * - `stale`: must run, for reasons of its own. `blocked`: only an upstream must run; it may turn out fresh.
 * - `queued`, `running`: in a run now. `failed`: the last run with exactly this key failed.
 * - `uncached`: asked for no cache; nothing to be fresh or stale.
 * - `frozen`: its last result is used whatever changed since, because its cue says so.
 */
export type StageState =
  "new" | "fresh" | "unknown" | "stale" | "blocked" | "queued" | "running" | "failed" | "uncached" | "frozen";

/** A result as statuses show it. */
export interface ResultSummary {
  readonly digest: string;
  readonly kind: ValueKind;
  readonly rows: number | null;
  readonly bytes: number;
  readonly columns: readonly ColumnInfo[] | null;
  readonly durationMs: number;
  readonly createdAt: string;
}

/** Everything the faces show of one stage. */
export interface StageStatus {
  readonly id: StageId;
  readonly name: string;
  /** Absolute. */
  readonly file: string;
  readonly range: SourceRange;
  readonly nameRange: SourceRange;
  readonly description: string | null;
  readonly state: StageState;
  readonly reasons: readonly StaleReason[];
  /** What differs from the result shown but does not count, because the stage's cue says so or it is frozen. */
  readonly ignored: readonly StaleReason[];
  /** Set when the result shown was not made by this code and these inputs, but accepted for them by a person. */
  readonly accepted: Acceptance | null;
  readonly heavy: boolean;
  /** What came out when the code of the result was run twice to compare; `null`: nobody did. */
  readonly checked: DeterminismCheck | null;
  /** What the run that made the result did beside its inputs; see `Observation`. */
  readonly hints: readonly Observation[];
  readonly fingerprint: Fingerprint | null;
  /** `null` while an upstream must run first. */
  readonly key: Key | null;
  readonly fullyTracked: boolean;
  readonly untracked: readonly UntrackedPlace[];
  /** The result for `key`, when fresh. */
  readonly result: ResultSummary | null;
  /** The newest result under any key, shown greyed when it is not `result`. */
  readonly lastResult: ResultSummary | null;
  readonly failure: Failure | null;
  readonly inputs: readonly InputDeclaration[];
  /** Direct upstream and downstream stages. */
  readonly upstream: readonly StageId[];
  readonly downstream: readonly StageId[];
  /** While `running`: the code or an input changed since the run began, so its result will be an older version's. */
  readonly runningOlder: boolean;
  readonly run: RunId | null;
}

/** One project: a folder with stages (the folder of the nearest package.json). */
export interface ProjectStatus {
  /** Absolute. */
  readonly root: string;
  readonly name: string;
  readonly stages: readonly StageStatus[];
  readonly problems: readonly SourceProblem[];
  readonly cache: CacheUse;
  /** Grows with each change; a later status never has a smaller one. */
  readonly revision: number;
}

export interface CacheUse {
  readonly folder: string;
  readonly bytes: number;
  readonly objects: number;
  readonly maxBytes: number;
}
