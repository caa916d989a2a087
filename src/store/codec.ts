/**
 * Values to files and back (promise 3: what a stage returned is what its users get, fresh or cached).
 *
 * Every value comes back identical or is refused when written. Rows, streams and Arrow tables go into Parquet, text, bytes and files
 * into a file of just themselves, other data into JSON with tags. The kind is kept in the record, not in the file.
 */
import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createHash, randomUUID } from "node:crypto";
import type { Digest } from "../protocol/ids.js";
import type { StoredValue, ValueKind } from "../protocol/record.js";
import type { View } from "../protocol/stage.js";
import { unreachable } from "../protocol/unreachable.js";
import { CorruptObjectError, UnsuitableViewError } from "./codec-errors.js";
import { writeValue, type EncodedValue, type EncodeOptions } from "./encode-value.js";
import { readFrame } from "./polars-frame.js";
import { guard } from "./store-failure.js";
import { makeResponse } from "./stored-response.js";
import { SourceFailure } from "./stream-source.js";
import { parseTagged } from "./tagged-json.js";
import { readTable } from "./table-view.js";
import { openVerified, readVerified } from "./verified-file.js";

export { CorruptObjectError, TooLargeError, UnstorableValueError, UnsuitableViewError } from "./codec-errors.js";
export type { EncodedValue, EncodeOptions } from "./encode-value.js";

/**
 * Writes `value` to `output` (a new file). Throws `UnstorableValueError` when it cannot come back identical, `StoreError` when the disk
 * refuses, and what the stage's own code threw where the value is a stream of it; no file is left then.
 */
export async function encodeValue(value: unknown, output: string, options: EncodeOptions): Promise<EncodedValue> {
  try {
    return await guard(dirname(output), "write a result", () => writeValue(value, output, options));
  } catch (error) {
    await rm(output, { force: true });
    throw error instanceof SourceFailure ? error.thrown : error;
  }
}

export interface DecodeOptions {
  /** Where packages of the user's are found, for values that are made by one. Default: the working folder. */
  readonly projectRoot?: string;
}

/**
 * Reads a stored value, after verifying its bytes against its digest. Throws `CorruptObjectError`, `TooLargeError` for rows that do not
 * fit into memory, and `UnsuitableViewError`.
 */
export async function decodeValue(
  stored: StoredValue,
  path: string,
  view: View,
  { projectRoot = process.cwd() }: DecodeOptions = {},
): Promise<unknown> {
  if (view.as === "path" || (view.as === "value" && stored.kind === "file")) {
    await (await openVerified(stored, path, { hold: false })).close();
    return path;
  }
  if (stored.kind === "frame" && view.as === "value") {
    await (await openVerified(stored, path, { hold: false })).close();
    return readFrame(path, projectRoot);
  }
  if (isTabular(stored)) return readTable(stored, path, view);
  if (view.as !== "value") {
    throw new UnsuitableViewError(
      `The stage returned ${kindInWords(stored.kind)}, not a table, so ${viewInWords(view)} cannot be used on it. Take the stage itself as the input.`,
    );
  }
  const bytes = await readVerified(stored, path);
  switch (stored.kind) {
    case "json":
    case "undefined":
      return parseStored(bytes, path);
    case "text":
      return stored.format === "json" ? parseStored(bytes, path) : bytes.toString("utf8");
    case "bytes":
      return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    case "buffer":
      return bytes;
    case "response":
      if (stored.media === undefined) throw new CorruptObjectError(path, "what kind of response it was is not known");
      return makeResponse(bytes, stored.media);
    case "rows":
    case "table":
    case "stream":
    case "frame":
    case "file":
      throw new TypeError(`A ${stored.kind} is read elsewhere.`);
    default:
      return unreachable(stored.kind);
  }
}

/** Loads and warms Arrow and parquet-wasm (one small write and read), so that a waiting child has paid for it. */
export async function warmCodec(): Promise<void> {
  const path = join(tmpdir(), `restage-warm-${process.pid}-${randomUUID()}`);
  try {
    const rows = Array.from({ length: 70 }, (_, index) => ({
      n: index + 0.5,
      s: `s${index % 3}`,
      b: index > 3,
      d: new Date(index),
      j: [index],
      x: index > 1 ? 1 : null,
    }));
    const encoded = await encodeValue(rows, path, {});
    const bytes = await readFile(path);
    const digest = createHash("sha256").update(bytes).digest("hex") as Digest;
    await decodeValue({ ...encoded, digest, bytes: bytes.length }, path, { as: "value" });
  } finally {
    await rm(path, { force: true });
  }
}

function isTabular({ kind }: StoredValue): boolean {
  return kind === "rows" || kind === "table" || kind === "stream" || kind === "frame";
}

function parseStored(bytes: Buffer, path: string): unknown {
  try {
    return parseTagged(bytes.toString("utf8"));
  } catch (error) {
    throw new CorruptObjectError(
      path,
      `it is not the JSON that Restage writes (${error instanceof Error ? error.message : String(error)})`,
    );
  }
}

function kindInWords(kind: ValueKind): string {
  switch (kind) {
    case "rows":
      return "rows";
    case "table":
      return "an Arrow table";
    case "stream":
      return "a stream";
    case "frame":
      return "a Polars data frame";
    case "json":
      return "a value that is not rows";
    case "text":
      return "a text";
    case "bytes":
    case "buffer":
      return "bytes";
    case "response":
      return "a Response";
    case "file":
      return "a file";
    case "undefined":
      return "undefined";
  }
}

function viewInWords(view: View): string {
  return `.${view.as === "columns" ? `columns(${view.columns.map((name) => JSON.stringify(name)).join(", ")})` : `${view.as}()`}`;
}
