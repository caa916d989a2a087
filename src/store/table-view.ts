import type { RecordBatch, Table } from "apache-arrow";
import type { StoredValue } from "../protocol/record.js";
import type { View } from "../protocol/stage.js";
import { unreachable } from "../protocol/unreachable.js";
import { arrowBatchToRows } from "./arrow-rows.js";
import { emptyBatch, restoreBatches } from "./arrow-table.js";
import { CorruptObjectError, UnsuitableViewError } from "./codec-errors.js";
import { loadEngine, type Arrow } from "./parquet-engine.js";
import { ParquetSource } from "./parquet-source.js";
import { checkTableFits, RowsGuard } from "./memory-guard.js";
import { isPlainObject, setOwn } from "./plain-values.js";
import { RowReader, storedColumnsFor } from "./row-reader.js";
import { rowsToBatches } from "./row-writer.js";
import type { Row } from "./row-shapes.js";
import { parseTableMetadata, type RowsMetadata, type StoredColumn, type TableMetadata } from "./table-metadata.js";
import { parseTagged } from "./tagged-json.js";
import { StoredStream } from "./stored-stream.js";
import { readVerified, VerifiedPath } from "./verified-file.js";

type TableView = Exclude<View, { readonly as: "path" }>;

/** A stored table in the form that a stage asked for. */
export async function readTable(stored: StoredValue, path: string, view: TableView): Promise<unknown> {
  if (view.as === "columns") checkColumns(stored, view.columns);
  if (stored.format !== "parquet") return viewOfRows(await readJsonRows(stored, path), view);
  if (view.as === "stream" || (view.as === "value" && stored.kind === "stream"))
    return readStream(stored, path, view.as === "stream");
  const source = await ParquetSource.open(stored, path);
  try {
    switch (view.as) {
      case "value":
        return await (source.metadata.kind === "rows" ? readRows(source, null) : readArrowTable(source));
      case "rows":
        return await readRows(source, null);
      case "columns":
        return await readRows(source, view.columns);
      case "table":
        return await readArrowTable(source);
      default:
        return unreachable(view);
    }
  } finally {
    await source.close();
  }
}

/** Verifies the file now, since its user should not begin with rows of a damaged one, and opens it anew for each iteration. */
async function readStream(stored: StoredValue, path: string, batches: boolean): Promise<StoredStream<unknown>> {
  const verified = new VerifiedPath(stored, path);
  const source = await ParquetSource.of(await verified.open(), path);
  await source.close();
  const asRows = source.metadata.kind === "rows" && !batches;
  const open = async (): Promise<ParquetSource> => ParquetSource.of(await verified.open(), path);
  return new StoredStream(() => (asRows ? rowGroups(open) : batchGroups(open)));
}

async function* rowGroups(open: () => Promise<ParquetSource>): AsyncGenerator<readonly unknown[], void> {
  const source = await open();
  try {
    const decode = rowDecoder(source, null);
    for (let group = 0; group < source.groups.length; group++) {
      const rows: unknown[] = [];
      await decode(group, rows);
      yield rows;
    }
  } finally {
    await source.close();
  }
}

async function* batchGroups(open: () => Promise<ParquetSource>): AsyncGenerator<readonly RecordBatch[], void> {
  const source = await open();
  try {
    for (let group = 0; group < source.groups.length; group++) {
      const batches = await source.readGroup(group);
      const [first] = batches;
      if (first !== undefined) yield publicTable(source.arrow, source.metadata, batches, first.schema).batches;
    }
  } finally {
    await source.close();
  }
}

async function readRows(source: ParquetSource, names: readonly string[] | null): Promise<unknown[]> {
  const rows: unknown[] = [];
  const guard = new RowsGuard({ rows: source.rows, columns: names?.length ?? source.columnCount });
  const decode = rowDecoder(source, names);
  for (let group = 0; group < source.groups.length; group++) {
    await decode(group, rows);
    guard.check(rows.length);
  }
  return rows;
}

/** Appends the rows of one row group to an array, whole or with just the named columns. */
function rowDecoder(
  source: ParquetSource,
  names: readonly string[] | null,
): (group: number, rows: unknown[]) => Promise<void> {
  const { metadata } = source;
  if (metadata.kind === "table") {
    return async (group, rows) => {
      for (const batch of await source.readGroup(group, names ?? undefined)) arrowBatchToRows(batch, names, rows);
    };
  }
  const columns = names === null ? metadata.columns : names.map((name) => columnNamed(metadata, name));
  const whole = names === null;
  const stored = storedColumnsFor(metadata, columns, whole);
  const reader = new RowReader(metadata, columns, whole);
  return async (group, rows) => {
    if (stored.length === 0) for (let row = source.groups[group] ?? 0; row > 0; row--) rows.push({});
    else for (const batch of await source.readGroup(group, whole ? undefined : stored)) reader.read(batch, rows);
  };
}

async function readArrowTable(source: ParquetSource): Promise<Table> {
  checkTableFits(source.pageBytes);
  const batches: RecordBatch[] = [];
  for (let group = 0; group < source.groups.length; group++) batches.push(...(await source.readGroup(group)));
  return publicTable(source.arrow, source.metadata, batches, batches[0]?.schema ?? (await source.emptySchema()));
}

/** Batches as their users see them: a table as it was, rows without Restage's own columns and under their logical names. */
function publicTable(
  arrow: Arrow,
  metadata: TableMetadata,
  batches: readonly RecordBatch[],
  schema: RecordBatch["schema"],
): Table {
  if (metadata.kind === "table") {
    const restored = restoreBatches(arrow, metadata, schema, batches);
    return new arrow.Table(restored.schema, restored.batches);
  }
  const positions = metadata.columns.map((column) => schema.fields.findIndex((field) => field.name === column.stored));
  const fields = metadata.columns.map((column, index) => {
    const field = schema.fields[positions[index] ?? -1];
    if (field === undefined) throw new TypeError(`The stored table has no column ${JSON.stringify(column.stored)}.`);
    return new arrow.Field(column.name, field.type, field.nullable);
  });
  const shown = new arrow.Schema(fields);
  const struct = new arrow.Struct(fields);
  const cut = batches.map((batch) => {
    const children = positions.flatMap((position) => batch.data.children[position] ?? []);
    return new arrow.RecordBatch(
      shown,
      arrow.makeData({ type: struct, length: batch.numRows, nullCount: 0, children }),
    );
  });
  return new arrow.Table(shown, cut.length === 0 ? [emptyBatch(arrow, shown)] : cut);
}

async function viewOfRows(rows: readonly Row[], view: TableView): Promise<unknown> {
  switch (view.as) {
    case "value":
    case "rows":
      return rows;
    case "columns":
      return rows.map((row) => pick(row, view.columns));
    case "table":
      return tableOfRows(rows);
    case "stream": {
      const table = await tableOfRows(rows);
      return new StoredStream(async function* () {
        yield await Promise.resolve(table.batches);
      });
    }
    default:
      return unreachable(view);
  }
}

async function tableOfRows(rows: readonly Row[]): Promise<Table> {
  const { arrow } = await loadEngine();
  const { batches, metadata } = await rowsToBatches(rows);
  const collected: RecordBatch[] = [];
  for await (const batch of batches) collected.push(batch);
  const parsed = parseTableMetadata(metadata);
  const [first] = collected;
  if (parsed === null || first === undefined) throw new TypeError("Rows gave no batch.");
  return publicTable(
    arrow,
    parsed,
    collected.filter((batch) => batch.numRows > 0),
    first.schema,
  );
}

/** The rows of a table that was stored as JSON. */
export async function readJsonRows(stored: StoredValue, path: string): Promise<readonly Row[]> {
  const bytes = await readVerified(stored, path);
  const value = parseTagged(bytes.toString("utf8"));
  if (!Array.isArray(value) || !value.every(isPlainObject)) throw new CorruptObjectError(path, "it does not hold rows");
  return value;
}

function pick(row: Row, names: readonly string[]): Row {
  const picked = {};
  for (const name of names) if (Object.hasOwn(row, name)) setOwn(picked, name, row[name]);
  return picked;
}

/** A table without any rows has no columns to miss. */
function checkColumns(stored: StoredValue, names: readonly string[]): void {
  if (stored.rows === 0) return;
  const known = new Set(stored.columns?.map((column) => column.name));
  const lacking = names.filter((name) => !known.has(name));
  if (lacking.length === 0) return;
  const list = (items: readonly string[]) => items.map((name) => JSON.stringify(name)).join(", ");
  throw new UnsuitableViewError(
    `The result has no column ${list(lacking)}. It has: ${list([...known].slice(0, 50))}. Correct the names in .columns(…).`,
  );
}

function columnNamed(metadata: RowsMetadata, name: string): StoredColumn {
  const column = metadata.columns.find((candidate) => candidate.name === name);
  // Only for an empty table (see checkColumns), whose columns are never read.
  return column ?? { name, stored: name, type: "null", absent: "missing", absentColumn: null };
}
