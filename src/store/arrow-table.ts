/**
 * Arrow tables, of whichever copy or version of apache-arrow made them. A bundle brings its own copy, so `instanceof` says nothing:
 * a table is recognised by its structure and rebuilt, type by type, around the same buffers.
 */
import { createHash } from "node:crypto";
import type { Data, DataType, Field, RecordBatch, Schema, Table, Vector } from "apache-arrow";
import type { Digest } from "../protocol/ids.js";
import type { ColumnInfo } from "../protocol/record.js";
import { Id, rebuildBatchData, rebuildData, typeText, TypeRebuilder, type TypeParts } from "./arrow-rebuild.js";
import { UnstorableValueError } from "./codec-errors.js";
import type { Arrow } from "./parquet-engine.js";
import { formatTableMetadata, type ArrowMetadata } from "./table-metadata.js";

const MAX_GROUP_ROWS = 1 << 16;
const TARGET_GROUP_BYTES = 16 << 20;

export function isArrowTable(value: unknown): value is Table {
  if (typeof value !== "object" || value === null) return false;
  const { schema, batches, numRows, numCols } = value as Partial<Table>;
  return (
    typeof numRows === "number" &&
    typeof numCols === "number" &&
    Array.isArray(batches) &&
    Array.isArray(schema?.fields)
  );
}

export interface ArrowBatches {
  readonly metadata: string;
  readonly rowsPerGroup: number;
  readonly rows: number;
  readonly batches: readonly RecordBatch[];
  readonly columns: readonly ColumnInfo[];
}

/** The table's batches as this copy of Arrow's, their metadata taken off, cut into row groups. */
export function tableToBatches(arrow: Arrow, table: Table): ArrowBatches {
  checkNames(table.schema.fields);
  const found: ArrowMetadata["fieldMetadata"][number][] = [];
  const rebuilder = new TypeRebuilder(arrow, (path, metadata) => {
    if (metadata.size > 0) found.push({ path, metadata: [...metadata] });
    return new Map();
  });
  const fields = table.schema.fields.map((field, index) => rebuilder.field(field, [index]));
  const schema = new arrow.Schema(fields);
  const struct = new arrow.Struct(fields);
  const dictionaries = new Map<unknown, Vector>();
  const whole = table.batches
    .filter((batch) => batch.numRows > 0)
    .map((batch) => new arrow.RecordBatch(schema, rebuildBatchData(arrow, batch, struct, dictionaries)));
  const rows = whole.reduce((sum, batch) => sum + batch.numRows, 0);
  const bytes = whole.reduce((sum, batch) => sum + batch.data.byteLength, 0);
  const wanted = Math.floor(TARGET_GROUP_BYTES / Math.max(1, bytes / Math.max(1, rows)) / 64) * 64;
  const rowsPerGroup = Math.min(MAX_GROUP_ROWS, Math.max(64, wanted));
  const batches = whole.flatMap((batch) => cut(batch, rowsPerGroup));
  if (batches.length === 0) batches.push(emptyBatch(arrow, schema));
  return {
    metadata: formatTableMetadata({
      kind: "table",
      schemaMetadata: [...((table.schema.metadata as Map<string, string> | undefined) ?? [])],
      fieldMetadata: found,
    }),
    rowsPerGroup,
    rows,
    batches,
    columns: fields.map((field, index) => columnInfo(arrow, field, whole, { index, metadata: found })),
  };
}

/** Puts the metadata back that `tableToBatches` took off. */
export function restoreBatches(
  arrow: Arrow,
  metadata: ArrowMetadata,
  schema: Schema,
  batches: readonly RecordBatch[],
): { readonly schema: Schema; readonly batches: RecordBatch[] } {
  const byPath = new Map(metadata.fieldMetadata.map((entry) => [entry.path.join("."), entry.metadata]));
  const rebuilder = new TypeRebuilder(arrow, (path) => new Map(byPath.get(path.join(".")) ?? []));
  const fields = schema.fields.map((field, index) => rebuilder.field(field, [index]));
  const restored = new arrow.Schema(fields, new Map(metadata.schemaMetadata));
  const struct = new arrow.Struct(fields);
  const dictionaries = new Map<unknown, Vector>();
  return {
    schema: restored,
    batches: batches.map(
      (batch) => new arrow.RecordBatch(restored, rebuildBatchData(arrow, batch, struct, dictionaries)),
    ),
  };
}

export function emptyBatch(arrow: Arrow, schema: Schema): RecordBatch {
  const children = schema.fields.map((field) => emptyData(arrow, field.type as DataType));
  return new arrow.RecordBatch(
    schema,
    arrow.makeData({ type: new arrow.Struct(schema.fields), length: 0, nullCount: 0, children }),
  );
}

function emptyData(arrow: Arrow, type: DataType): Data {
  const { typeId, children, dictionary } = type as unknown as TypeParts;
  const large = typeId === Id.LargeUtf8 || typeId === Id.LargeBinary || typeId === Id.LargeList;
  const offsets = large ? new BigInt64Array(1) : new Int32Array(1);
  const ArrayType = type.ArrayType as (new (length: number) => ArrayLike<unknown>) | undefined;
  const buffers = [offsets, ArrayType === undefined ? undefined : new ArrayType(0), undefined, undefined];
  const parts = (children ?? []).map((field) => emptyData(arrow, field.type as DataType));
  const words = dictionary === undefined ? undefined : new arrow.Vector([emptyData(arrow, dictionary)]);
  return new arrow.Data(type, 0, 0, 0, buffers as unknown as Data["buffers"], parts, words);
}

function cut(batch: RecordBatch, rows: number): RecordBatch[] {
  if (batch.numRows <= rows) return [batch];
  const parts: RecordBatch[] = [];
  for (let start = 0; start < batch.numRows; start += rows)
    parts.push(batch.slice(start, Math.min(batch.numRows, start + rows)));
  return parts;
}

/** Digests one column by its own Arrow stream, which leaves out what slicing left in the buffers. */
function columnInfo(
  arrow: Arrow,
  field: Field,
  batches: readonly RecordBatch[],
  { index, metadata }: { index: number; metadata: ArrowMetadata["fieldMetadata"] },
): ColumnInfo {
  const hash = createHash("sha256");
  hash.update(
    JSON.stringify({
      column: 1,
      metadata: metadata.filter(({ path }) => path[0] === index).map((entry) => [entry.path.slice(1), entry.metadata]),
    }),
  );
  // Rebuilt alone, since a dictionary's number tells how many come before it in the table.
  const alone = new TypeRebuilder(arrow, () => new Map()).field(field, [0]);
  const schema = new arrow.Schema([alone]);
  const struct = new arrow.Struct([alone]);
  const dictionaries = new Map<unknown, Vector>();
  let nulls = 0;
  for (const batch of batches) {
    const child = batch.data.children[index];
    if (child === undefined) continue;
    nulls += child.nullCount;
    const data = rebuildData(arrow, child, alone.type as DataType, dictionaries);
    const only = new arrow.RecordBatch(
      schema,
      arrow.makeData({ type: struct, length: batch.numRows, nullCount: 0, children: [data] }),
    );
    hash.update(arrow.tableToIPC(new arrow.Table([only]), "stream"));
  }
  return { name: field.name, type: typeText(field.type as DataType), digest: hash.digest("hex") as Digest, nulls };
}

function checkNames(fields: readonly Field[]): void {
  if (fields.length === 0)
    throw new UnstorableValueError(
      "The Arrow table has no columns, which Parquet cannot hold. Return rows, or add a column.",
    );
  const seen = new Set<string>();
  for (const { name } of fields) {
    if (seen.has(name))
      throw new UnstorableValueError(
        `The Arrow table has two columns named ${JSON.stringify(name)}: one would hide the other. Rename one.`,
      );
    seen.add(name);
  }
}
