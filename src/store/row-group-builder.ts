import type { DataType, RecordBatch, Schema } from "apache-arrow";
import type { ColumnInfo } from "../protocol/record.js";
import type { ColumnKind } from "./column-kind.js";
import { absenceOf, ColumnBuilder, type BuiltColumn } from "./column-builder.js";
import type { Arrow } from "./parquet-engine.js";
import { MAX_GROUP_BYTES } from "./parquet-writer.js";
import { followsOrder, positionsOf, type RowLayout, type RowTransposer } from "./row-shapes.js";
import { formatTableMetadata, type StoredColumn } from "./table-metadata.js";

/** How the columns of one file of rows are stored. */
export interface RowSchema {
  readonly names: readonly string[];
  readonly kinds: readonly ColumnKind[];
  /** All rows have their keys in the order of the names, so that it need not be written down. */
  readonly inOrder: boolean;
  /** Any column may still turn out to have absent cells. */
  readonly nullable: boolean;
}

/** Rows with their layout; `firstRow` is the number of the first among all rows, for error texts. */
export interface RowPart {
  readonly layout: RowLayout;
  readonly transposer: RowTransposer;
  readonly firstRow: number;
}

/** True when the layout's rows can be stored without writing down the order of their keys. */
export function isInOrder(layout: RowLayout): boolean {
  const position = positionsOf(layout);
  return layout.names.length > 0 && layout.shapes.every((shape) => followsOrder(shape, position));
}

/** Makes the record batches of one file of rows, and the digests of its columns on the way. */
export class RowGroupBuilder {
  readonly #arrow: Arrow;
  readonly #builders: readonly ColumnBuilder[];
  readonly #storedNames: readonly string[];
  readonly #absentColumns: readonly (string | null)[];
  readonly #keysColumn: string | null;
  readonly #schema: Schema;

  constructor(arrow: Arrow, schema: RowSchema) {
    this.#arrow = arrow;
    const { nullable } = schema;
    this.#builders = schema.names.map((name, position) => {
      const kind = schema.kinds[position];
      if (kind === undefined) throw new TypeError("A column without a kind.");
      return new ColumnBuilder(arrow, name, nullable ? { kind, position, nullable } : { kind, position });
    });
    const names = new StoredNames();
    this.#storedNames = schema.names.map((name, index) => names.unique(safeName(name) ?? `column_${index}`));
    this.#absentColumns = schema.kinds.map((kind, index) =>
      kind.absences.length > 1 ? names.unique(`restage_absent_${index}`) : null,
    );
    this.#keysColumn = schema.inOrder ? null : names.unique("restage_keys");
    this.#schema = new arrow.Schema(this.#fields());
  }

  /** What is known of the columns by now. */
  refine(kinds: readonly ColumnKind[]): void {
    this.#builders.forEach((builder, index) => builder.refine(kinds[index] ?? builder.kind));
  }

  /** For the rows that were built so far. */
  metadata(): string {
    const columns = this.#builders.map((builder, index): StoredColumn => {
      const { logical, absences } = builder.kind;
      return {
        name: builder.name,
        stored: this.#storedNames[index] ?? "",
        type: logical,
        absent: absences.length === 1 ? (absences[0] ?? null) : null,
        absentColumn: this.#absentColumns[index] ?? null,
      };
    });
    return formatTableMetadata({ kind: "rows", columns, keysColumn: this.#keysColumn });
  }

  columns(): readonly ColumnInfo[] {
    return this.#builders.map((builder) => ({
      name: builder.name,
      type: builder.kind.shown,
      digest: builder.digest(),
      nulls: builder.nulls,
    }));
  }

  /** The part's rows `start…end)` as one batch, or as several when they turn out larger than they looked. */
  *build(part: RowPart, start: number, end: number): Generator<RecordBatch, void> {
    const columns = part.transposer.take(start, end);
    const built: BuiltColumn[] = [];
    let bytes = 0;
    for (const [index, builder] of this.#builders.entries()) {
      const column = builder.build(columns[index] ?? [], part.firstRow + start);
      bytes += column.bytes;
      if (bytes > MAX_GROUP_BYTES && end - start > 1) {
        const middle = start + Math.ceil((end - start) / 2);
        yield* this.build(part, start, middle);
        yield* this.build(part, middle, end);
        return;
      }
      built.push(column);
    }
    for (const column of built) column.commit();
    const children = [...built.map((column) => column.data), ...this.#extras(part.layout, columns, start, end)];
    const struct = new this.#arrow.Struct(this.#schema.fields);
    yield new this.#arrow.RecordBatch(
      this.#schema,
      this.#arrow.makeData({ type: struct, length: end - start, nullCount: 0, children }),
    );
  }

  #fields() {
    const field = (name: string, type: DataType, nullable: boolean) => new this.#arrow.Field(name, type, nullable);
    const fields = this.#builders.map((builder, index) =>
      field(this.#storedNames[index] ?? "", builder.type, builder.nullable),
    );
    for (const name of this.#absentColumns) if (name !== null) fields.push(field(name, new this.#arrow.Uint8(), false));
    if (this.#keysColumn !== null) fields.push(field(this.#keysColumn, new this.#arrow.Utf8(), false));
    return fields;
  }

  #extras(layout: RowLayout, columns: readonly (readonly unknown[])[], start: number, end: number) {
    const extras = [];
    for (const [index, name] of this.#absentColumns.entries()) {
      if (name === null) continue;
      extras.push(
        this.#arrow.makeData({
          type: new this.#arrow.Uint8(),
          length: end - start,
          nullCount: 0,
          data: absenceOf(columns[index] ?? []).codes,
        }),
      );
    }
    if (this.#keysColumn !== null) {
      const { shapeOf } = layout;
      const keyTexts = keyTextsOf(layout);
      const texts = Array.from({ length: end - start }, (_, index) => keyTexts[shapeOf?.[start + index] ?? 0] ?? "");
      extras.push(new ColumnBuilder(this.#arrow, "", { kind: KEYS, position: 0 }).build(texts, start).data);
    }
    return extras;
  }
}

const KEYS: ColumnKind = {
  logical: "string",
  shown: "string",
  int32: false,
  dictionary: null,
  absences: [],
  bytesPerRow: 0,
};

function keyTextsOf(layout: RowLayout): readonly string[] {
  const position = positionsOf(layout);
  return layout.shapes.map(
    (shape) => `${shape.nullPrototype ? "n:" : ""}${shape.keys.map((key) => position.get(key) ?? 0).join(",")}`,
  );
}

/** Names of Parquet columns: unique also where readers ignore case, and text that every reader can show. */
class StoredNames {
  readonly #used = new Set<string>();

  unique(name: string): string {
    let candidate = name;
    for (let n = 2; this.#used.has(candidate.toLowerCase()); n++) candidate = `${name}_${n}`;
    this.#used.add(candidate.toLowerCase());
    return candidate;
  }
}

function safeName(name: string): string | null {
  // Control characters, and a byte order mark at the beginning, which Arrow's reader takes off.
  const shown = !/\p{Cc}/u.test(name) && !name.startsWith("\uFEFF");
  return name !== "" && name.length <= 200 && name.isWellFormed() && shown && name !== "__proto__" ? name : null;
}
