import type { Digest, RunId, StageId } from "./ids.js";
import type { ColumnInfo, MediaInfo, StoredValue, ValueKind, Observation } from "./record.js";
import type { StageForm, StageOptions, StaticValue, View } from "./stage.js";

/** Both sides are the same build; a mismatch means a stale child and ends the run with a clear error. */
export const CHILD_PROTOCOL_VERSION = 1;

/** One argument of the run function. */
export type JobInput =
  | {
      readonly name: string;
      readonly from: "stored";
      readonly view: View;
      readonly path: string;
      readonly stored: StoredValue;
    }
  | { readonly name: string; readonly from: "literal"; readonly value: StaticValue | undefined };

/** What a child is told to do: structured data, never a command line. */
export interface Job {
  readonly run: RunId;
  readonly stage: StageId;
  /** Absolute path of the frozen ES module that exports every stage of the run. */
  readonly bundle: string;
  /** Export name of the stage in the bundle. */
  readonly exportName: string;
  /** What that export is, and how its function takes the inputs. */
  readonly form: StageForm;
  readonly inputs: readonly JobInput[];
  readonly params: { readonly [name: string]: StaticValue };
  /** Seeds `context.random`: hexadecimal, derived from the stage's key. */
  readonly seed: string;
  /** A folder of this job's own, removed when it ends. */
  readonly tmp: string;
  /** Where the encoded result goes; inside the store's `tmp/`. */
  readonly output: string;
  readonly options: Pick<StageOptions, "format" | "compression">;
  readonly cwd: string;
  readonly env: { readonly [name: string]: string };
  readonly observe: {
    /** The project's root: what counts as the user's files. */
    readonly root: string;
    /** Files and folders that are inputs, or that the code names. Absolute paths. */
    readonly declared: readonly string[];
    /** Variables that are inputs, or let through on purpose. */
    readonly variables: readonly string[];
    /** Folder of the results. */
    readonly cache: string;
  };
}

export type ToChild = { readonly type: "job"; readonly job: Job } | { readonly type: "cancel" };

/** An error as it left the user's code; the stack is mapped by the engine. */
export interface ThrownError {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  readonly cause: ThrownError | null;
}

export type FromChild =
  | { readonly type: "ready"; readonly version: number; readonly node: string; readonly pid: number }
  | { readonly type: "log"; readonly level: "info" | "warn" | "error"; readonly text: string }
  | { readonly type: "progress"; readonly fraction: number; readonly message: string | null }
  | {
      readonly type: "result";
      readonly kind: ValueKind;
      readonly format: StoredValue["format"];
      readonly rows: number | null;
      readonly columns: readonly ColumnInfo[] | null;
      readonly media?: MediaInfo;
      /** What the output file is, where that was told while it was written. */
      readonly written: { readonly digest: Digest; readonly bytes: number } | null;
      /** Milliseconds inside the run function and its stream, without reading inputs and writing the result. */
      readonly durationMs: number;
      readonly observed: readonly Observation[];
    }
  | { readonly type: "failed"; readonly phase: "module" | "run" | "encode" | "store"; readonly error: ThrownError }
  /** A stored input's bytes do not have the digest they should have. */
  | { readonly type: "corrupt-input"; readonly name: string; readonly path: string };
