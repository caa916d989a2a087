/** Milliseconds, or a number with a unit: `"500ms"`, `"30s"`, `"5m"`, `"1h"`, `"2d"`. */
export type Duration = number | `${number}${"ms" | "s" | "m" | "h" | "d"}`;

/** The third argument of `stage`. All of it must be written as literals. */
export interface StageOptions {
  /** `false`: the result serves this run's other stages and is then dropped. Default `true`. */
  readonly cache?: boolean;
  /** How the result is stored. Default: Parquet for rows and tables, JSON for other values. */
  readonly format?: "parquet" | "json";
  /** Compression of Parquet results. */
  readonly compression?: "none" | "snappy" | "zstd" | "lz4";
  /** A result older than this is stale: for what a stage fetches from outside. */
  readonly ttl?: Duration;
  /** The stage is stopped, and fails, after this long. */
  readonly timeout?: Duration;
  /** How often a failed stage is tried again. Default 0. */
  readonly retries?: number;
  /** One sentence about the stage, shown beside it. */
  readonly description?: string;
  /** Words to find and select stages by. */
  readonly tags?: readonly string[];
}
