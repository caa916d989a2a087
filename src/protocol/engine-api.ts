import type { RunEvent, RunRequest, RunSummary } from "./events.js";
import type { Failure } from "./failure.js";
import type { SliceEntry } from "./fingerprint.js";
import type { FormChange } from "./form-change.js";
import type { RunId, StageId } from "./ids.js";
import type { DeclarationChange, StaleReason } from "./reason.js";
import type { ColumnInfo, ValueKind } from "./record.js";
import type { ProjectStatus, ResultSummary } from "./status.js";

/**
 * The engine as its faces see it. The extension talks to it through a worker thread (one message pair per call), the CLI
 * and the library call it directly: the same facts in both.
 */
export interface EngineApi {
  /** Projects found under the opened folders, with what is known of them now. Waits for the first index. */
  status(args: Record<string, never>): Promise<readonly ProjectStatus[]>;
  /** Files that were created, changed or deleted. Returns when the statuses that follow have been published. */
  filesChanged(args: { readonly files: readonly string[] }): Promise<void>;
  /** Ends when all is filed. Never rejects for what a user's code does. */
  run(args: { readonly root: string; readonly request: RunRequest; readonly run: RunId }): Promise<RunSummary>;
  cancel(args: { readonly run: RunId }): Promise<void>;
  why(args: { readonly root: string; readonly stage: StageId }): Promise<WhyReport>;
  versions(args: { readonly root: string; readonly stage: StageId }): Promise<readonly VersionInfo[]>;
  /** What clearing would remove: said to the user before anything goes. */
  planClear(args: { readonly root: string; readonly scope: ClearScope }): Promise<ClearPlan>;
  clear(args: { readonly root: string; readonly scope: ClearScope }): Promise<ClearPlan>;
  /** Takes the last results of the stages for what they would give now, or takes that back. */
  accept(args: {
    readonly root: string;
    readonly stages: readonly StageId[];
    readonly undo: boolean;
  }): Promise<AcceptReport>;
  /** Withdraws trust from the stages' results without removing data. */
  invalidate(args: { readonly root: string; readonly stages: readonly StageId[] }): Promise<InvalidateReport>;
  /** How a stage would be written in the other form in this text of its file; `null`: there is no such stage. */
  changeForm(args: {
    readonly root: string;
    readonly stage: StageId;
    readonly text: string;
  }): Promise<FormChange | null>;
  /** Opens a stored result for reading; `null` when the stage has none. `digest` picks a version. */
  openPreview(args: {
    readonly root: string;
    readonly stage: StageId;
    readonly digest: string | null;
  }): Promise<PreviewInfo | Failure>;
  /** Rows `start` to `start + count` (fewer at the end) as display text. */
  readRows(args: {
    readonly root: string;
    readonly digest: string;
    readonly start: number;
    readonly count: number;
  }): Promise<PreviewRows | Failure>;
}

export type EngineMethod = keyof EngineApi;

/** Published without being asked. */
export type EngineEvent =
  | { readonly type: "status"; readonly status: ProjectStatus }
  | { readonly type: "project-gone"; readonly root: string }
  | { readonly type: "run"; readonly root: string; readonly event: RunEvent }
  /** A large input is being hashed; `read` is `size` at the end. Only for what takes long. */
  | {
      readonly type: "reading";
      readonly root: string;
      readonly file: string;
      readonly read: number;
      readonly size: number;
    }
  | { readonly type: "internal-error"; readonly message: string; readonly stack: string };

export interface WhyReport {
  readonly stage: StageId;
  readonly reasons: readonly StaleReason[];
  /** Declarations that differ between the two slices: what a diff shows. */
  readonly code: readonly CodeChange[];
  /** The slice of the last result; `null` when it never ran. */
  readonly then: readonly SliceEntry[] | null;
  readonly now: readonly SliceEntry[] | null;
  readonly lastResult: ResultSummary | null;
}

/** A declaration then and now; `null` on the side where it was not there. */
export interface CodeChange {
  readonly change: DeclarationChange["change"];
  readonly was: SliceEntry | null;
  readonly now: SliceEntry | null;
}

export interface VersionInfo {
  readonly key: string;
  readonly current: boolean;
  readonly present: boolean;
  readonly result: ResultSummary;
}

export type ClearScope =
  | { readonly what: "all" }
  | { readonly what: "stage"; readonly stage: StageId }
  | { readonly what: "from"; readonly stage: StageId };

export interface ClearPlan {
  readonly stages: readonly StageId[];
  readonly records: number;
  readonly objects: number;
  readonly bytes: number;
}

/** In the order it was done: upstreams first. */
export interface AcceptReport {
  readonly results: readonly { readonly stage: StageId; readonly outcome: AcceptOutcome }[];
}

export type AcceptOutcome =
  | { readonly outcome: "accepted"; readonly reasons: readonly StaleReason[] }
  | { readonly outcome: "undone" }
  | { readonly outcome: "already-fresh" }
  | {
      readonly outcome: "refused";
      readonly why:
        | "frozen"
        | "uncached"
        | "unknown"
        | "failed"
        | "always-runs"
        | "invalid"
        | "no-result"
        | "result-gone"
        | "input"
        | "upstream"
        | "not-accepted";
      /** For `upstream`: what must be accepted or run first. */
      readonly waitingFor: readonly StageId[];
    };

export interface InvalidateReport {
  readonly stages: readonly StageId[];
  readonly records: number;
}

export interface PreviewInfo {
  readonly type: "preview";
  readonly stage: StageId;
  readonly digest: string;
  readonly kind: ValueKind;
  readonly rows: number | null;
  readonly bytes: number;
  readonly columns: readonly ColumnInfo[] | null;
  /** For values that are not tables: the value as formatted text, cut at a limit. */
  readonly text: string | null;
  readonly textCut: boolean;
  readonly current: boolean;
  readonly createdAt: string;
}

/** A cell as text for display, with its sort: never markup. */
export interface PreviewCell {
  readonly text: string;
  readonly type: "value" | "null" | "undefined" | "missing" | "number";
}

export interface PreviewRows {
  readonly type: "rows";
  readonly start: number;
  readonly rows: readonly (readonly PreviewCell[])[];
}

/** Messages between an engine client and the worker thread that holds the engine. */
export type ToEngine =
  | {
      readonly type: "open";
      readonly folders: readonly string[];
      readonly nodePath: string | null;
      readonly trusted: boolean;
      readonly distFolder: string;
      readonly version: string;
    }
  | { readonly type: "trusted" }
  | { readonly type: "folders"; readonly folders: readonly string[] }
  | { readonly type: "call"; readonly id: number; readonly method: EngineMethod; readonly args: unknown }
  | { readonly type: "close" };

export type FromEngine =
  | { readonly type: "answer"; readonly id: number; readonly result: Result }
  | { readonly type: "event"; readonly event: EngineEvent }
  | { readonly type: "closed" };

type Result =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly message: string; readonly stack: string };
