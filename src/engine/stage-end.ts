/** What the end of one stage means for its run. */
import type { StageOutcome } from "../protocol/events.js";
import type { Failure } from "../protocol/failure.js";
import type { StageId } from "../protocol/ids.js";
import type { StaleReason } from "../protocol/reason.js";
import type { StageDeclaration } from "../protocol/stage.js";
import type { UpstreamResult } from "./resolve-inputs.js";

/** A stage's result for those that need it, or why there is none. */
export type Ensured =
  { readonly ok: true; readonly result: UpstreamResult } | { readonly ok: false; readonly failure: Failure };

/** The stored result of an upstream cannot be read: it must be made anew. */
export interface Lost {
  readonly lost: StageId;
  readonly failure: Failure;
}

/** A heavy stage that a light run leaves out is no failure of the run. */
export function isGood(outcome: StageOutcome): boolean {
  if (outcome.outcome === "checked") return outcome.check.same;
  if (outcome.outcome === "skipped") return outcome.failure.reason === "held-back";
  return outcome.outcome !== "failed";
}

/** Names the stage that really failed or was held back, not the ones that were skipped because of it. */
export function becauseOf(
  stage: StageId,
  { up, ensured }: { readonly up: StageId; readonly ensured: Ensured },
): Failure {
  if (ensured.ok) return { reason: "upstream-failed", stage, upstream: up };
  const { failure } = ensured;
  if (failure.reason === "held-back") return { reason: "held-back", stage, heavy: failure.heavy };
  return { reason: "upstream-failed", stage, upstream: failure.reason === "upstream-failed" ? failure.upstream : up };
}

/** Failures that say something of this code with these inputs, and so are worth remembering. */
export function persistent(failure: Failure): boolean {
  return [
    "stage-threw",
    "module-failed",
    "bundle-failed",
    "timed-out",
    "exited",
    "crashed",
    "out-of-memory",
    "unstorable-value",
  ].includes(failure.reason);
}

export function missingInput(reason: StaleReason, declaration: StageDeclaration): Failure {
  if (reason.kind === "input-missing")
    return { reason: "input-missing", stage: declaration.id, input: reason.input, path: reason.path };
  const message = reason.kind === "invalid-declaration" ? reason.message : "an input cannot be read.";
  return { reason: "not-runnable", stage: declaration.id, message, location: declaration.nameRange };
}

export function internal(stage: StageId, error: unknown): Failure {
  const known = error as { code?: unknown; path?: unknown };
  if (error instanceof Error && typeof known.code === "string" && typeof known.path === "string") {
    return { reason: "store-failed", stage, message: error.message, path: known.path };
  }
  return {
    reason: "internal",
    stage,
    message: error instanceof Error ? error.message : String(error),
    stack: error instanceof Error ? (error.stack ?? "") : "",
  };
}
