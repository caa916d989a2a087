/**
 * Arrow tables, of whichever copy or version of apache-arrow made them. A bundle brings its own copy, so `instanceof` says nothing:
 * a table is recognised by its structure and rebuilt, type by type, around the same buffers.
 */
import { createHash } from "node:crypto";
import type { Data, DataType, Field, RecordBatch, Schema, Struct, Table, Vector } from "apache-arrow";
import type { Digest } from "../protocol/ids.js";
import type { ColumnInfo } from "../protocol/record.js";
import { UnstorableValueError } from "./codec-errors.js";
import type { Arrow } from "./parquet-engine.js";
import { formatTableMetadata, type ArrowMetadata } from "./table-metadata.js";

const MAX_GROUP_ROWS = 1 << 16;
const TARGET_GROUP_BYTES = 16 << 20;

/** Types by the ids that Arrow's own format gives them. */
const Id = {
  Null: 1, Int: 2, Float: 3, Binary: 4, Utf8: 5, Bool: 6, Decimal: 7, Date: 8, Time: 9, Timestamp: 10, Interval: 11, List: 12, Struct: 13,
  FixedSizeBinary: 15, FixedSizeList: 16, Map: 17, Duration: 18, LargeBinary: 19, LargeUtf8: 20, LargeList: 21, Dictionary: -1,
} as const; // prettier-ignore

const MONTH_DAY_NANO = 2;

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
  const fields = table.schema.fields.map((field, index) =>
    rebuildField(arrow, field, [index], (path, metadata) => {
      if (metadata.size > 0) found.push({ path, metadata: [...metadata] });
      return new Map();
    }),
  );
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
  const fields = schema.fields.map((field, index) =>
    rebuildField(arrow, field, [index], (path) => new Map(byPath.get(path.join(".")) ?? [])),
  );
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
  const [vector] = new arrow.Vector([
    arrow.makeData({
      type,
      length: 0,
      nullCount: 0,
      ...(needsOffsets(type) ? { valueOffsets: new Int32Array(1) } : {}),
    } as never),
  ]).data;
  if (vector === undefined) throw new TypeError("An empty vector has no data.");
  return vector as Data;
}

function needsOffsets(type: DataType): boolean {
  const id: number = type.typeId;
  return id === Id.Utf8 || id === Id.Binary || id === Id.List || id === Id.Map;
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
  const schema = new arrow.Schema([field]);
  const struct = new arrow.Struct([field]);
  let nulls = 0;
  for (const batch of batches) {
    const child = batch.data.children[index];
    if (child === undefined) continue;
    nulls += child.nullCount;
    const alone = new arrow.RecordBatch(
      schema,
      arrow.makeData({ type: struct, length: batch.numRows, nullCount: 0, children: [child] }),
    );
    hash.update(arrow.tableToIPC(new arrow.Table([alone]), "stream"));
  }
  return { name: field.name, type: String(field.type), digest: hash.digest("hex") as Digest, nulls };
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
    if (!name.isWellFormed())
      throw new UnstorableValueError(
        `The column name ${JSON.stringify(name)} has half of a surrogate pair, which no file can hold. Rename it.`,
      );
    seen.add(name);
  }
}

type TakeMetadata = (path: readonly number[], metadata: ReadonlyMap<string, string>) => Map<string, string>;

function rebuildField(arrow: Arrow, field: Field, path: readonly number[], metadata: TakeMetadata): Field {
  const kept = metadata(path, (field.metadata as Map<string, string> | undefined) ?? new Map<string, string>());
  return new arrow.Field(
    field.name,
    rebuildType(arrow, field.type as DataType, { name: field.name, path, metadata }),
    field.nullable,
    kept,
  );
}

function rebuildType(
  arrow: Arrow,
  source: DataType,
  place: { name: string; path: readonly number[]; metadata: TakeMetadata },
): DataType {
  // Only the parts that each id has are read below.
  const type = source as unknown as TypeParts;
  const child = (index: number): Field => {
    const field = type.children?.[index];
    if (field === undefined)
      throw new UnstorableValueError(`Column ${JSON.stringify(place.name)}: its type ${String(source)} lacks a part.`);
    return rebuildField(arrow, field, [...place.path, index], place.metadata);
  };
  switch (type.typeId) {
    case Id.Null:
      return new arrow.Null();
    case Id.Int:
      return new arrow.Int(type.isSigned as never, type.bitWidth as never);
    case Id.Float:
      return new arrow.Float(type.precision as never);
    case Id.Binary:
      return new arrow.Binary();
    case Id.LargeBinary:
      return new arrow.LargeBinary();
    case Id.Utf8:
      return new arrow.Utf8();
    case Id.LargeUtf8:
      return new arrow.LargeUtf8();
    case Id.Bool:
      return new arrow.Bool();
    case Id.Decimal:
      return new arrow.Decimal(type.scale ?? 0, type.precision ?? 0, type.bitWidth ?? 128);
    case Id.Date:
      return new arrow.Date_(type.unit as never);
    case Id.Time:
      return new arrow.Time(type.unit as never, type.bitWidth as never);
    case Id.Timestamp:
      return new arrow.Timestamp(type.unit as never, type.timezone);
    case Id.Duration:
      return new arrow.Duration(type.unit as never);
    case Id.Interval:
      if (type.unit === MONTH_DAY_NANO) break;
      return new arrow.Interval(type.unit as never);
    case Id.List:
      return new arrow.List(child(0));
    case Id.LargeList:
      return new arrow.LargeList(child(0));
    case Id.FixedSizeList:
      return new arrow.FixedSizeList(type.listSize ?? 0, child(0));
    case Id.FixedSizeBinary:
      return new arrow.FixedSizeBinary(type.byteWidth ?? 0);
    case Id.Map:
      return new arrow.Map_(child(0) as never, type.keysSorted);
    case Id.Struct:
      if ((type.children ?? []).length === 0) break;
      return new arrow.Struct((type.children ?? []).map((_, index) => child(index)));
    case Id.Dictionary: {
      if (type.dictionary === undefined || type.indices === undefined) break;
      const dictionary = rebuildType(arrow, type.dictionary, place);
      return new arrow.Dictionary(
        dictionary,
        rebuildType(arrow, type.indices, place) as never,
        type.id,
        type.isOrdered,
      );
    }
    default:
      break;
  }
  throw new UnstorableValueError(
    `Column ${JSON.stringify(place.name)} has the Arrow type ${String(source)}, which Parquet cannot hold unchanged. Convert the column to another type before returning the table.`,
  );
}

interface TypeParts {
  readonly typeId: number;
  readonly isSigned?: boolean;
  readonly bitWidth?: number;
  readonly precision?: number;
  readonly scale?: number;
  readonly unit?: number;
  readonly timezone?: string | null;
  readonly listSize?: number;
  readonly byteWidth?: number;
  readonly keysSorted?: boolean;
  readonly children?: readonly Field[];
  readonly dictionary?: DataType;
  readonly indices?: DataType;
  readonly id?: number;
  readonly isOrdered?: boolean;
}

function rebuildBatchData(
  arrow: Arrow,
  batch: RecordBatch,
  struct: Struct,
  dictionaries: Map<unknown, Vector>,
): Data<Struct> {
  return rebuildData(arrow, batch.data as Data, struct, dictionaries) as Data<Struct>;
}

function rebuildData(arrow: Arrow, source: Data, type: DataType, dictionaries: Map<unknown, Vector>): Data {
  const parts = type as unknown as TypeParts;
  const children = source.children.map((child, index) =>
    rebuildData(arrow, child, (parts.children?.[index]?.type ?? child.type) as DataType, dictionaries),
  );
  let dictionary: Vector | undefined;
  if (source.dictionary !== undefined && parts.dictionary !== undefined) {
    dictionary = dictionaries.get(source.dictionary);
    if (dictionary === undefined) {
      const valueType = parts.dictionary;
      dictionary = new arrow.Vector(
        source.dictionary.data.map((part) => rebuildData(arrow, part as Data, valueType, dictionaries)),
      );
      dictionaries.set(source.dictionary, dictionary);
    }
  }
  const buffers = [source.valueOffsets, source.values, source.nullBitmap, source.typeIds] as unknown as Data["buffers"];
  return new arrow.Data(type, source.offset, source.length, source.nullCount, buffers, children, dictionary);
}
