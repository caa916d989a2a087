/** Milliseconds, or a number with a unit: `"500ms"`, `"30s"`, `"5m"`, `"1h"`, `"2d"`. */
export type Duration = number | `${number}${"ms" | "s" | "m" | "h" | "d"}`;

/** The third argument of `stage`. All of it must be written as literals. */
export interface StageOptions {
  /** `false`: the result serves this run's other stages and is then dropped. Default `true`. */
  readonly cache?: boolean;
  /**
   * How the result is stored. Default: Parquet for rows and tables, JSON for other values. `"file"`: the stage returns the path of
   * a file it wrote (in `tmp` or elsewhere); its content is kept, and other stages get the path of a copy nobody can change.
   */
  readonly format?: "parquet" | "json" | "file";
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
  /** Which changes make the stage stale. Default: all that can change its result. */
  readonly cue?: Cue;
  /** `true`: left out of `restage run --light`. For what takes long or costs money. */
  readonly heavy?: boolean;
}

/**
 * Which changes count for a stage. What is named with `false` does not make it stale; `restage why` still says that it
 * changed. Use it for what you know cannot change the result: nothing checks that.
 *
 * @example
 * export const model = stage({ rows }, train, { cue: { packages: false, node: false } });
 */
export interface Cue {
  /** The stage's function and everything of yours that it reaches. */
  readonly code?: boolean;
  /** Versions of the npm packages it reaches. */
  readonly packages?: boolean;
  /** Contents of `file` and `files` inputs. */
  readonly inputs?: boolean;
  /** Values of `param` inputs. */
  readonly params?: boolean;
  /** Values of `env` inputs. */
  readonly env?: boolean;
  /** What the stages it uses gave. */
  readonly upstream?: boolean;
  /** The major version of Node. */
  readonly node?: boolean;
  /** Options that change what is stored, such as `format`. */
  readonly options?: boolean;
  /**
   * `"always"`: runs each time it is asked for, and is never fresh. `"never"`: frozen; its last result is used, whatever
   * changed since.
   */
  readonly mode?: "always" | "never";
}
