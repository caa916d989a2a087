import type { CodeGraph, FingerprintData } from "./fingerprint.js";
import type { Digest, Key, StageId } from "./ids.js";
import type { StaleReason } from "./reason.js";
import type { StaticValue, View } from "./stage.js";

/**
 * The kinds of value a stage can return. What it returned is what its users get, fresh or cached: `stream` is an async iterable of
 * rows or of record batches, `frame` a data frame of nodejs-polars, `bytes` a plain `Uint8Array`, `buffer` Node's `Buffer`, which has
 * other methods, `response` a `Response` as `fetch` gives it, and `file` the path of a file whose content the store took in.
 */
export type ValueKind =
  "rows" | "table" | "stream" | "frame" | "json" | "text" | "bytes" | "buffer" | "response" | "file" | "undefined";

/** A file of the user's, with its extension where it has one: the object keeps it. */
export type FileFormat = "file" | `file.${string}`;

/** What a `Response` was beside its body. `type` is its content type. */
export interface MediaInfo {
  readonly type: string | null;
  readonly status: number;
}

/** A column of a stored table, as people see it. */
export interface ColumnInfo {
  readonly name: string;
  /** A short type name: `number`, `string`, `boolean`, `date`, `bigint`, `bytes`, `list`, `struct`, `mixed`, `null`, or an Arrow type's own name. */
  readonly type: string;
  /** Hash of the column's content; what `.columns()` depends on. */
  readonly digest: Digest;
  readonly nulls: number;
}

/** What is known of a stored value without opening it. */
export interface StoredValue {
  readonly digest: Digest;
  readonly kind: ValueKind;
  readonly format: "parquet" | "json" | "raw" | FileFormat;
  readonly bytes: number;
  /** Rows of a table; `null` for other values. */
  readonly rows: number | null;
  readonly columns: readonly ColumnInfo[] | null;
  /** Only of a `response`. */
  readonly media?: MediaInfo;
}

/** What a stage's input was when its result was made. Compared with what it is now to say why a stage is stale. */
export type InputRecord =
  | {
      readonly kind: "stage";
      readonly name: string;
      readonly stage: StageId;
      /** Content that counted: the result's digest, or one digest over the named columns. */
      readonly digest: Digest;
      readonly view: View["as"];
      readonly columns: readonly string[] | null;
    }
  | { readonly kind: "file"; readonly name: string; readonly path: string; readonly digest: Digest }
  | {
      readonly kind: "files";
      readonly name: string;
      readonly pattern: string;
      readonly files: readonly { readonly path: string; readonly digest: Digest }[];
    }
  /** A `file` input that is a folder. Paths are relative to it. */
  | {
      readonly kind: "folder";
      readonly name: string;
      readonly path: string;
      readonly files: readonly { readonly path: string; readonly digest: Digest }[];
    }
  | { readonly kind: "param"; readonly name: string; readonly param: string; readonly value: StaticValue }
  | {
      readonly kind: "env";
      readonly name: string;
      readonly variable: string;
      /** Hash of the value, so that a secret is never written down; `null` when unset. */
      readonly digest: Digest | null;
    };

/** Which versions of the shape of records, of keys and of the analysis something was written with. */
export interface RecordFormat {
  readonly record: number;
  readonly key: number;
  readonly analysis: number;
}

/** This key gave this result. One file in the store, whole or absent. */
export interface ResultRecord {
  readonly format: RecordFormat;
  readonly key: Key;
  readonly stage: StageId;
  readonly result: StoredValue;
  readonly fingerprint: FingerprintData;
  /** `null` in records of the first format. */
  readonly graph: CodeGraph | null;
  /** One digest over all source text the code could reach; see `core/analysis/source-digest.ts`. */
  readonly sources: Digest | null;
  /** The older record of which this is today's form. */
  readonly migratedFrom: Key | null;
  readonly inputs: readonly InputRecord[];
  /** Options that change the result, as they went into the key. */
  readonly options: { readonly [name: string]: StaticValue };
  readonly durationMs: number;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** Restage's version that made it. */
  readonly producer: string;
  readonly node: string;
  readonly host: string;
  /** The end of what the stage printed, control characters removed. */
  readonly log: string;
  /** What the run did beside its inputs; absent when nothing was noticed. */
  readonly observed?: readonly Observation[];
  /** What came out when somebody ran this code twice to compare. */
  readonly checked?: DeterminismCheck;
  /** Set when a person took the result of another record for this key's, without a run. */
  readonly accepted?: Acceptance;
  /** Set when a person withdrew trust: it is never fresh again. ISO 8601, UTC. */
  readonly invalidated?: string;
}

/** Something that a stage's own code did and that no key holds. */
export interface Observation {
  readonly kind: "random" | "clock" | "env" | "file";
  /** The call, such as `Math.random()`; the variable; the file relative to the project. */
  readonly name: string;
  /** How often it was seen; after 1,000 looks nobody counts on. */
  readonly count: number;
  /** Where it was seen first; `file` is relative to the project. */
  readonly place: { readonly file: string; readonly line: number; readonly column: number } | null;
}

/** What two runs of one stage on the same inputs gave. */
export interface DeterminismCheck {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly same: boolean;
  /** Names of columns that differ; none for values that are no tables. */
  readonly columns: readonly string[];
  /** First row that differs, from 0; `null` where there are no rows or none differs in what is shown of it. */
  readonly row: number | null;
}

/** A person vouched that a result holds although things changed. */
export interface Acceptance {
  /** ISO 8601, UTC. */
  readonly at: string;
  /** The record that the result comes from. */
  readonly from: Key;
  /** What had changed since then. */
  readonly reasons: readonly StaleReason[];
}

/** Raised with the shape of records. Older ones are read, newer ones are left alone, neither read nor deleted. */
export const RECORD_VERSION = 2;
/** What the first records were written with; they do not say. */
export const FIRST_FORMAT: RecordFormat = { record: 1, key: 1, analysis: 2 };
