import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Table } from "apache-arrow";
import { UnsuitableViewError } from "./codec-errors.js";
import type { Arrow } from "./parquet-engine.js";

/** As much of a data frame of nodejs-polars as is used. */
interface FrameLike {
  readonly height: number;
  writeIPCStream(): Uint8Array;
}

interface PolarsLike {
  readParquet(pathOrContent: string | Buffer): unknown;
}

/** Told by its methods: frames are proxies without a class of their own. */
export function isFrame(value: unknown): value is FrameLike {
  if (typeof value !== "object" || value === null) return false;
  const { height, writeIPCStream, writeParquet } = value as { [name: string]: unknown };
  return typeof height === "number" && typeof writeIPCStream === "function" && typeof writeParquet === "function";
}

/** The stream format has plain texts; the file format would have Arrow's views of texts, which Parquet does not keep. */
export function frameToTable(arrow: Arrow, frame: FrameLike): Table {
  return arrow.tableFromIPC(frame.writeIPCStream());
}

/** Reads a frame with the project's own nodejs-polars. */
export function readFrame(path: string, projectRoot: string): unknown {
  let polars: PolarsLike;
  try {
    polars = createRequire(join(projectRoot, "package.json"))("nodejs-polars") as PolarsLike;
  } catch (error) {
    throw new UnsuitableViewError(
      `The stage returned a Polars data frame, and nodejs-polars cannot be loaded from ${projectRoot} (${error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error)}). Install it there, or take the result with .rows(), .table() or .path().`,
    );
  }
  // A text without the extension is taken for the content.
  return polars.readParquet(path.endsWith(".parquet") ? path : readFileSync(path));
}
