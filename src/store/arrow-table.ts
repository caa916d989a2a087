/**
 * Arrow tables, of whichever copy or version of apache-arrow made them. A bundle brings its own copy, so `instanceof` says nothing:
 * a table is recognised by its structure and rebuilt, type by type, around the same buffers.
 */
import type { Data, DataType, Field, RecordBatch, Schema, Table, Vector } from "apache-arrow";
import type { ColumnInfo } from "../protocol/record.js";
import { ArrowGroups } from "./arrow-groups.js";
import { Id, rebuildBatchData, typeText, TypeRebuilder, type TypeParts } from "./arrow-rebuild.js";
import { UnstorableValueError } from "./codec-errors.js";
import type { Arrow } from "./parquet-engine.js";
import { formatTableMetadata, type ArrowMetadata } from "./table-metadata.js";

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

export function isArrowBatch(value: unknown): value is RecordBatch {
  if (typeof value !== "object" || value === null) return false;
  const { schema, data, numRows } = value as Partial<RecordBatch>;
  return typeof numRows === "number" && Array.isArray(schema?.fields) && Array.isArray(data?.children);
}

/** Arrow data on its way into a file: its schema without metadata, and the metadata by itself. */
export class ArrowWriting {
  readonly #groups: ArrowGroups;
  readonly #schemaMetadata: ArrowMetadata["schemaMetadata"];
  readonly #fieldMetadata: ArrowMetadata["fieldMetadata"][number][] = [];
  /** Only of a stream, whose later batches may have nulls where the first had none. */
  readonly #required: Set<number> | null;

  constructor(arrow: Arrow, schema: Schema, { stream }: { readonly stream: boolean }) {
    checkNames(schema.fields);
    const rebuilder = new TypeRebuilder(arrow, (path, metadata) => {
      if (metadata.size > 0) this.#fieldMetadata.push({ path, metadata: [...metadata] });
      return new Map();
    });
    const fields = schema.fields.map((field, index) => {
      const rebuilt = rebuilder.field(field, [index]);
      return stream ? new arrow.Field(rebuilt.name, rebuilt.type, true) : rebuilt;
    });
    this.#groups = new ArrowGroups(arrow, new arrow.Schema(fields));
    this.#schemaMetadata = [...((schema.metadata as Map<string, string> | undefined) ?? [])];
    this.#required = stream ? new Set(schema.fields.flatMap((field, index) => (field.nullable ? [] : [index]))) : null;
  }

  get rows(): number {
    return this.#groups.rows;
  }

  /** The row groups that are full now. */
  *add(batch: RecordBatch): Generator<RecordBatch, void> {
    const { fields } = batch.schema;
    for (const index of this.#required ?? []) if (fields[index]?.nullable === true) this.#required?.delete(index);
    yield* this.#groups.add(batch);
  }

  end(): Generator<RecordBatch, void> {
    return this.#groups.end();
  }

  metadata(): string {
    return formatTableMetadata({
      kind: "table",
      schemaMetadata: this.#schemaMetadata,
      fieldMetadata: this.#fieldMetadata,
      required: this.#required === null ? null : [...this.#required],
    });
  }

  columns(): readonly ColumnInfo[] {
    return this.#groups.columns((index) =>
      this.#fieldMetadata.filter(({ path }) => path[0] === index).map((entry) => [entry.path.slice(1), entry.metadata]),
    );
  }
}

/** The whole of a table as row groups. */
export function* tableGroups(writing: ArrowWriting, table: Table): Generator<RecordBatch, void> {
  for (const batch of table.batches) yield* writing.add(batch);
  yield* writing.end();
}

/** What must be the same in all batches of a stream; nullability of the columns themselves may differ. */
export function schemaText(schema: Schema): string {
  const field = ({ name, type, metadata, nullable }: Field, nested: boolean): unknown => [
    name,
    typeText(type as DataType),
    nested ? nullable : null,
    [...((metadata as Map<string, string> | undefined) ?? [])],
    ((type as unknown as TypeParts).children ?? []).map((child) => field(child, true)),
  ];
  return JSON.stringify([
    schema.fields.map((one) => field(one, false)),
    [...((schema.metadata as Map<string, string> | undefined) ?? [])],
  ]);
}

/** Puts the metadata back that `ArrowWriting` took off. */
export function restoreBatches(
  arrow: Arrow,
  metadata: ArrowMetadata,
  schema: Schema,
  batches: readonly RecordBatch[],
): { readonly schema: Schema; readonly batches: RecordBatch[] } {
  const byPath = new Map(metadata.fieldMetadata.map((entry) => [entry.path.join("."), entry.metadata]));
  const rebuilder = new TypeRebuilder(arrow, (path) => new Map(byPath.get(path.join(".")) ?? []));
  const required = new Set(metadata.required);
  const fields = schema.fields.map((field, index) => {
    const rebuilt = rebuilder.field(field, [index]);
    return required.has(index) ? new arrow.Field(rebuilt.name, rebuilt.type, false, rebuilt.metadata) : rebuilt;
  });
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
