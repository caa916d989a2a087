/**
 * Values to files and back (promise 3: what a stage returned is what its users get, fresh or cached).
 *
 * Every value comes back identical or is refused when written. Rows and Arrow tables go into Parquet, text and bytes into a file
 * of just themselves, other data into JSON with tags. The kind is kept in the record, not in the file.
 */
import { readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createHash, randomUUID } from "node:crypto";
import type { Digest } from "../protocol/ids.js";
import type { ColumnInfo, StoredValue, ValueKind } from "../protocol/record.js";
import type { View } from "../protocol/stage.js";
import { unreachable } from "../protocol/unreachable.js";
import { isArrowTable, tableToBatches } from "./arrow-table.js";
import { CorruptObjectError, UnstorableValueError, UnsuitableViewError } from "./codec-errors.js";
import { loadEngine } from "./parquet-engine.js";
import { writeParquetFile, type Compression } from "./parquet-writer.js";
import { describeValue, isExactly, isPlainObject } from "./plain-values.js";
import type { Row } from "./row-shapes.js";
import { rowsToBatches } from "./row-writer.js";
import { guard } from "./store-failure.js";
import { parseTagged, stringifyTagged } from "./tagged-json.js";
import { readTable } from "./table-view.js";
import { openVerified, readVerified } from "./verified-file.js";

export { CorruptObjectError, UnstorableValueError, UnsuitableViewError } from "./codec-errors.js";

export interface EncodedValue {
  readonly kind: ValueKind;
  readonly format: StoredValue["format"];
  readonly rows: number | null;
  readonly columns: readonly ColumnInfo[] | null;
}

export interface EncodeOptions {
  readonly format?: "parquet" | "json";
  readonly compression?: Compression;
}

/** Writes `value` to `output` (a new file). Throws `UnstorableValueError` when it cannot come back identical and `StoreError` when the disk refuses; no file is left then. */
export async function encodeValue(value: unknown, output: string, options: EncodeOptions): Promise<EncodedValue> {
  try {
    return await guard(dirname(output), "write a result", () => write(value, output, options));
  } catch (error) {
    await rm(output, { force: true });
    throw error;
  }
}

/** Reads a stored value, after verifying its bytes against its digest. Throws `CorruptObjectError`. */
export async function decodeValue(stored: StoredValue, path: string, view: View): Promise<unknown> {
  if (view.as === "path") {
    await (await openVerified(stored, path)).close();
    return path;
  }
  if (stored.kind === "rows" || stored.kind === "table") return readTable(stored, path, view);
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

async function write(value: unknown, output: string, options: EncodeOptions): Promise<EncodedValue> {
  if (isArrowTable(value)) {
    if (options.format === "json")
      throw new UnstorableValueError('An Arrow table is stored as Parquet: remove the option format: "json".');
    const { arrow } = await loadEngine();
    const { batches, rows, columns, metadata, rowsPerGroup } = tableToBatches(arrow, value);
    await writeParquetFile(output, each(batches), {
      compression: options.compression ?? "snappy",
      metadata,
      rowsPerGroup,
    });
    return { kind: "table", format: "parquet", rows, columns };
  }
  if (isRows(value)) return writeRows(value, output, options);
  if (options.format === "parquet") {
    throw new UnstorableValueError(
      `The stage returned ${describeValue(value)}, which is not a table: remove the option format: "parquet", or return an array of plain objects.`,
    );
  }
  if (typeof value === "string" && value.isWellFormed()) return writeRaw("text", Buffer.from(value, "utf8"), output);
  if (isExactly(value, Uint8Array)) return writeRaw("bytes", value, output);
  if (isExactly(value, Buffer)) return writeRaw("buffer", value, output);
  if (typeof value === "object" && value !== null && (Symbol.asyncIterator in value || isGenerator(value))) {
    throw new UnstorableValueError(
      "The stage returned an iterator, which can be read only once: collect it into an array (`await Array.fromAsync(it)`, or a loop that pushes) or return an Arrow table.",
    );
  }
  await writeNew(output, Buffer.from(stringifyTagged(value, "The value that the stage returned"), "utf8"));
  const kind = typeof value === "string" ? "text" : value === undefined ? "undefined" : "json";
  return { kind, format: "json", rows: null, columns: null };
}

async function writeRows(rows: readonly Row[], output: string, options: EncodeOptions): Promise<EncodedValue> {
  const table = await rowsToBatches(rows);
  const { batches, metadata, rowsPerGroup } = table;
  if (options.format === "json") {
    // The batches are built only for the columns' digests.
    while ((await batches.next()).done !== true);
    await writeNew(output, Buffer.from(stringifyTagged(rows, "The rows that the stage returned"), "utf8"));
    return { kind: "rows", format: "json", rows: rows.length, columns: table.columns() };
  }
  await writeParquetFile(output, batches, { compression: options.compression ?? "snappy", metadata, rowsPerGroup });
  return { kind: "rows", format: "parquet", rows: rows.length, columns: table.columns() };
}

async function writeRaw(kind: "text" | "bytes" | "buffer", bytes: Uint8Array, output: string): Promise<EncodedValue> {
  await writeNew(output, bytes);
  return { kind, format: "raw", rows: null, columns: null };
}

function writeNew(output: string, bytes: Uint8Array): Promise<void> {
  return writeFile(output, bytes, { flag: "wx", mode: 0o600 });
}

/** A dense array of plain objects, also an empty one; without properties of its own beside the items. */
function isRows(value: unknown): value is readonly Row[] {
  if (!Array.isArray(value) || Object.getPrototypeOf(value) !== Array.prototype) return false;
  for (let index = 0; index < value.length; index++) if (!isPlainObject(value[index])) return false;
  return Object.keys(value).length === value.length && Object.getOwnPropertySymbols(value).length === 0;
}

function isGenerator(value: object): boolean {
  return Symbol.iterator in value && "next" in value && typeof value.next === "function";
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T, void> {
  for (const item of items) yield await Promise.resolve(item);
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
    case "json":
      return "a value that is not rows";
    case "text":
      return "a text";
    case "bytes":
    case "buffer":
      return "bytes";
    case "undefined":
      return "undefined";
  }
}

function viewInWords(view: View): string {
  return `.${view.as === "columns" ? `columns(${view.columns.map((name) => JSON.stringify(name)).join(", ")})` : `${view.as}()`}`;
}
