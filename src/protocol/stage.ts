import type { StageId } from "./ids.js";

/** A place in a user's file. `file` is absolute; `line` and `column` count from 1, as people and stack traces do. */
export interface SourceLocation {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A `SourceLocation` with an end (exclusive), for ranges the editor draws. */
export interface SourceRange extends SourceLocation {
  readonly endLine: number;
  readonly endColumn: number;
}

/** A value that can be written as a literal in the source, and compared by its JSON text. */
export type StaticValue =
  string | number | boolean | null | readonly StaticValue[] | { readonly [name: string]: StaticValue };

/** How a stage wants an upstream's result. `columns` also narrows what the stage depends on. */
export type View =
  | { readonly as: "value" }
  | { readonly as: "rows" }
  | { readonly as: "table" }
  | { readonly as: "stream" }
  | { readonly as: "path" }
  | { readonly as: "columns"; readonly columns: readonly string[] };

/** One named input of a stage, as read from the source. Paths and globs are as written: relative to the project root. */
export type InputDeclaration =
  | { readonly kind: "stage"; readonly name: string; readonly stage: StageId; readonly view: View }
  | { readonly kind: "file"; readonly name: string; readonly path: string }
  | { readonly kind: "files"; readonly name: string; readonly pattern: string }
  | {
      readonly kind: "param";
      readonly name: string;
      readonly param: string;
      readonly default: StaticValue;
    }
  | {
      readonly kind: "env";
      readonly name: string;
      readonly variable: string;
      readonly default: string | null;
    };

/** Options of a stage, already checked. Durations are milliseconds. */
export interface StageOptions {
  /** `false`: the result is handed to downstream stages of the same run and then dropped. Default `true`. */
  readonly cache?: boolean;
  /** How the result is stored; default: Parquet for rows and tables, JSON for other values. `file`: the value is a file's path. */
  readonly format?: "parquet" | "json" | "file";
  readonly compression?: "none" | "snappy" | "zstd" | "lz4";
  readonly ttl?: number;
  readonly timeout?: number;
  readonly retries?: number;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly cue?: Cue;
  /** `true`: left out of runs that ask for light stages only. */
  readonly heavy?: boolean;
}

/** A sort of change that makes a stage stale. */
export type Cause = "code" | "packages" | "inputs" | "params" | "env" | "upstream" | "node" | "options";

/** Which changes count for a stage: all, but for those named with `false`. */
export interface Cue extends Partial<{ readonly [cause in Cause]: false }> {
  /** `always`: runs each time it is asked for. `never`: frozen, its last result is used whatever changed. */
  readonly mode?: "always" | "never";
}

/** Something the reader of the source could not do; shown as a diagnostic at `range`. */
export interface SourceProblem {
  readonly severity: "error" | "warning" | "information";
  readonly code: SourceProblemCode;
  /** A whole sentence: what is wrong and what to do. */
  readonly message: string;
  readonly range: SourceRange;
}

export type SourceProblemCode =
  | "syntax-error"
  | "non-static-input"
  | "non-static-option"
  | "unknown-option"
  | "not-exported"
  | "not-top-level"
  | "unresolved-import"
  | "duplicate-stage"
  | "cycle"
  | "unknown-parameter"
  | "stage-tag"
  | "missing-input-file"
  | "unreadable-project"
  | "not-fully-tracked"
  | "not-repeatable"
  | "undeclared-read"
  | "frozen-without-result"
  | "stage-failed";

/** A place that static reading cannot follow: the stage is "not fully tracked" because of it. */
export interface UntrackedPlace {
  readonly location: SourceLocation;
  /** What is there, for example `computed import()` or `process.env.HOME`. */
  readonly what: string;
}

/**
 * `wrapped`: `stage(inputs, run)`, whose function gets its inputs as one object. `plain`: a function with a `@stage` comment,
 * which gets them as parameters, in the order of `inputs`. The run context comes after them in both.
 */
export type StageForm = "wrapped" | "plain";

/** A stage as found in the source. */
export interface StageDeclaration {
  readonly id: StageId;
  /** The export name; `default` for a default export. */
  readonly name: string;
  /** How it is written, and so how its function takes its inputs. */
  readonly form: StageForm;
  /** Absolute path of the file. */
  readonly file: string;
  /** The whole `export const x = stage(…)` or `export function x(…)` statement. */
  readonly range: SourceRange;
  /** The name itself: where lenses and diagnostics go. */
  readonly nameRange: SourceRange;
  readonly inputs: readonly InputDeclaration[];
  readonly options: StageOptions;
  /** Problems inside this declaration. One of severity `error` means: never fresh, and not runnable. */
  readonly problems: readonly SourceProblem[];
}
