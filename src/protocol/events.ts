import type { Failure } from "./failure.js";
import type { RunId, StageId } from "./ids.js";
import type { StaleReason } from "./reason.js";
import type { DeterminismCheck } from "./record.js";
import type { ResultSummary } from "./status.js";

/** What to run. `stages` are targets; what they need and is not fresh runs first. */
export interface RunRequest {
  readonly stages: readonly StageId[] | "stale";
  /** Also run what depends on the targets, as far as it is stale. */
  readonly downstream: boolean;
  /** Run the targets even when fresh. */
  readonly force: boolean;
  /** Heavy stages do not run, nor what needs them; fresh ones are reused. */
  readonly light?: boolean;
  /** Run each target twice on the same inputs and compare. */
  readonly check?: boolean;
}

/** What happened to one stage in a run. */
export type StageOutcome =
  | { readonly outcome: "ran"; readonly result: ResultSummary; readonly unchanged: boolean }
  | { readonly outcome: "reused"; readonly result: ResultSummary }
  /** Ran twice to compare. Its result is kept when both are the same. */
  | { readonly outcome: "checked"; readonly check: DeterminismCheck }
  | { readonly outcome: "failed"; readonly failure: Failure }
  | { readonly outcome: "skipped"; readonly failure: Failure };

export type RunEvent =
  | { readonly type: "run-started"; readonly run: RunId; readonly stages: readonly StageId[] }
  | {
      readonly type: "stage-started";
      readonly run: RunId;
      readonly stage: StageId;
      readonly reasons: readonly StaleReason[];
      readonly attempt: number;
    }
  | {
      readonly type: "stage-log";
      readonly run: RunId;
      readonly stage: StageId;
      readonly stream: "stdout" | "stderr" | "log";
      readonly text: string;
    }
  | {
      readonly type: "stage-progress";
      readonly run: RunId;
      readonly stage: StageId;
      readonly fraction: number;
      readonly message: string | null;
    }
  | { readonly type: "stage-ended"; readonly run: RunId; readonly stage: StageId; readonly outcome: StageOutcome }
  | { readonly type: "run-ended"; readonly run: RunId; readonly summary: RunSummary };

export interface RunSummary {
  readonly run: RunId;
  readonly ok: boolean;
  readonly cancelled: boolean;
  readonly durationMs: number;
  readonly outcomes: readonly { readonly stage: StageId; readonly outcome: StageOutcome }[];
}
