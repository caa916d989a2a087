import type { StageId } from "./ids.js";
import type { SourceLocation } from "./stage.js";

/** One frame of a stack, mapped to the user's source where a map exists. */
export interface StackFrame {
  readonly function: string | null;
  readonly location: SourceLocation | null;
  /** The frame as text, for what cannot be mapped. */
  readonly text: string;
}

/** Expected failures, as values. Only the faces (CLI, extension) turn them into words, by `core/describe.ts`. */
export type Failure =
  /** The stage's own code threw or rejected. `location` is the first frame in the user's files. */
  | {
      readonly reason: "stage-threw";
      readonly stage: StageId;
      readonly name: string;
      readonly message: string;
      readonly stack: readonly StackFrame[];
      readonly location: SourceLocation | null;
    }
  | {
      readonly reason: "bundle-failed";
      readonly stage: StageId;
      readonly message: string;
      readonly location: SourceLocation | null;
    }
  | {
      readonly reason: "module-failed";
      readonly stage: StageId;
      readonly message: string;
      readonly stack: readonly StackFrame[];
      readonly location: SourceLocation | null;
    }
  | { readonly reason: "timed-out"; readonly stage: StageId; readonly timeoutMs: number }
  | { readonly reason: "cancelled"; readonly stage: StageId }
  /** The process ended without giving a result: `process.exit()`, a pending promise with nothing left to wait for. */
  | { readonly reason: "exited"; readonly stage: StageId; readonly code: number; readonly output: string }
  | { readonly reason: "crashed"; readonly stage: StageId; readonly signal: string; readonly output: string }
  | { readonly reason: "out-of-memory"; readonly stage: StageId; readonly output: string }
  /** The value cannot be stored without changing it. `message` names row, column and value. */
  | {
      readonly reason: "unstorable-value";
      readonly stage: StageId;
      readonly message: string;
      readonly location: SourceLocation | null;
    }
  | { readonly reason: "input-missing"; readonly stage: StageId; readonly input: string; readonly path: string }
  | { readonly reason: "input-changed-during-run"; readonly stage: StageId; readonly inputs: readonly string[] }
  | { readonly reason: "upstream-failed"; readonly stage: StageId; readonly upstream: StageId }
  /** Not run because only light stages were asked for; `heavy` is the stage that is not, itself or up the chain. */
  | { readonly reason: "held-back"; readonly stage: StageId; readonly heavy: StageId }
  | {
      readonly reason: "not-runnable";
      readonly stage: StageId;
      readonly message: string;
      readonly location: SourceLocation | null;
    }
  | { readonly reason: "store-failed"; readonly stage: StageId | null; readonly message: string; readonly path: string }
  | { readonly reason: "untrusted"; readonly message: string }
  /** A bug of Restage, caught at the boundary. */
  | { readonly reason: "internal"; readonly stage: StageId | null; readonly message: string; readonly stack: string };

export type FailureReason = Failure["reason"];

export type Result<T, E = Failure> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E };
