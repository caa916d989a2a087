import { writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Table } from "apache-arrow";
import type { ColumnInfo, MediaInfo, StoredValue, ValueKind } from "../protocol/record.js";
import { ArrowWriting, isArrowBatch, isArrowTable, tableGroups } from "./arrow-table.js";
import { UnstorableValueError } from "./codec-errors.js";
import { writeStream } from "./encode-stream.js";
import { loadEngine } from "./parquet-engine.js";
import { writeParquetFile, type Compression, type WrittenFile } from "./parquet-writer.js";
import { describeValue, isExactly, isPlainObject } from "./plain-values.js";
import { frameToTable, isFrame } from "./polars-frame.js";
import type { Row } from "./row-shapes.js";
import { rowsToBatches } from "./row-writer.js";
import { isResponse, writeResponse } from "./stored-response.js";
import { takeFile } from "./stored-file.js";
import { isStream } from "./stream-source.js";
import { stringifyTagged } from "./tagged-json.js";

export interface EncodedValue {
  readonly kind: ValueKind;
  readonly format: StoredValue["format"];
  readonly rows: number | null;
  readonly columns: readonly ColumnInfo[] | null;
  readonly media?: MediaInfo;
  /** The file as its writer knows it; `null` where it was written as a whole. */
  readonly written: WrittenFile | null;
  /** Milliseconds that a stream spent on writing, between waiting for the stage's own code. */
  readonly writingMs?: number;
}

export interface EncodeOptions {
  readonly format?: "parquet" | "json" | "file";
  readonly compression?: Compression;
  /** A folder for temporary files, on the file system of the output; files in it are the stage's own. Default: the output's. */
  readonly scratch?: string;
  /** Ends the writing of a stream. */
  readonly signal?: AbortSignal;
}

export async function writeValue(value: unknown, output: string, options: EncodeOptions): Promise<EncodedValue> {
  const scratch = options.scratch ?? dirname(output);
  const compression = options.compression ?? "snappy";
  if (options.format === "file") {
    const format = await takeFile(value, output, scratch);
    return { kind: "file", format, rows: null, columns: null, written: null };
  }
  if (isArrowTable(value)) {
    refuseJson("An Arrow table", options);
    return { kind: "table", ...(await writeTable(value, output, compression)) };
  }
  if (isFrame(value)) {
    refuseJson("A Polars data frame", options);
    const { arrow } = await loadEngine();
    return { kind: "frame", ...(await writeTable(frameToTable(arrow, value), output, compression)) };
  }
  if (isRows(value)) return writeRows(value, output, options);
  if (isArrowBatch(value)) {
    throw new UnstorableValueError(
      "The stage returned one Arrow record batch. Return a table of it, `new Table([batch])`, or a stream that gives batches.",
    );
  }
  if (isStream(value)) {
    refuseJson("A stream", options);
    const { signal } = options;
    const { rows, columns, writingMs, ...written } = await writeStream(value, {
      output,
      scratch,
      compression,
      ...(signal === undefined ? {} : { signal }),
    });
    return { kind: "stream", format: "parquet", rows, columns, written, writingMs };
  }
  if (options.format === "parquet") {
    throw new UnstorableValueError(
      `The stage returned ${describeValue(value)}, which is not a table: remove the option format: "parquet", or return an array of plain objects.`,
    );
  }
  if (isResponse(value)) {
    const { media, ...written } = await writeResponse(value, output);
    return { kind: "response", format: "raw", rows: null, columns: null, media, written };
  }
  if (typeof value === "string" && value.isWellFormed()) return writeRaw("text", Buffer.from(value, "utf8"), output);
  if (isExactly(value, Uint8Array)) return writeRaw("bytes", value, output);
  if (isExactly(value, Buffer)) return writeRaw("buffer", value, output);
  await writeNew(output, Buffer.from(stringifyTagged(value, "The value that the stage returned"), "utf8"));
  const kind = typeof value === "string" ? "text" : value === undefined ? "undefined" : "json";
  return { kind, format: "json", rows: null, columns: null, written: null };
}

type WithoutKind = Omit<EncodedValue, "kind">;

async function writeTable(table: Table, output: string, compression: Compression): Promise<WithoutKind> {
  const { arrow } = await loadEngine();
  const writing = new ArrowWriting(arrow, table.schema, { stream: false });
  const metadata = (): string => writing.metadata();
  const written = await writeParquetFile(output, tableGroups(writing, table), { compression, metadata });
  return { format: "parquet", rows: writing.rows, columns: writing.columns(), written };
}

async function writeRows(rows: readonly Row[], output: string, options: EncodeOptions): Promise<EncodedValue> {
  const table = await rowsToBatches(rows);
  const { batches, metadata } = table;
  if (options.format === "json") {
    // The batches are built only for the columns' digests.
    while ((await batches.next()).done !== true);
    await writeNew(output, Buffer.from(stringifyTagged(rows, "The rows that the stage returned"), "utf8"));
    return { kind: "rows", format: "json", rows: rows.length, columns: table.columns(), written: null };
  }
  const compression = options.compression ?? "snappy";
  const written = await writeParquetFile(output, batches, { compression, metadata: () => metadata });
  return { kind: "rows", format: "parquet", rows: rows.length, columns: table.columns(), written };
}

async function writeRaw(kind: "text" | "bytes" | "buffer", bytes: Uint8Array, output: string): Promise<EncodedValue> {
  await writeNew(output, bytes);
  return { kind, format: "raw", rows: null, columns: null, written: null };
}

function writeNew(output: string, bytes: Uint8Array): Promise<void> {
  return writeFile(output, bytes, { flag: "wx", mode: 0o600 });
}

function refuseJson(what: string, { format }: EncodeOptions): void {
  if (format === "json")
    throw new UnstorableValueError(`${what} is stored as Parquet: remove the option format: "json".`);
}

/** A dense array of plain objects, also an empty one; without properties of its own beside the items. */
function isRows(value: unknown): value is readonly Row[] {
  if (!Array.isArray(value) || Object.getPrototypeOf(value) !== Array.prototype) return false;
  for (let index = 0; index < value.length; index++) if (!isPlainObject(value[index])) return false;
  return Object.keys(value).length === value.length && Object.getOwnPropertySymbols(value).length === 0;
}
