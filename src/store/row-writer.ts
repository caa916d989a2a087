import type { DataType, RecordBatch, Schema } from "apache-arrow";
import type { ColumnInfo } from "../protocol/record.js";
import { ColumnScanner, type ColumnKind } from "./column-kind.js";
import { absenceOf, ColumnBuilder, type BuiltColumn } from "./column-builder.js";
import { UnstorableValueError } from "./codec-errors.js";
import { loadEngine, type Arrow } from "./parquet-engine.js";
import { MAX_GROUP_BYTES } from "./parquet-writer.js";
import { followsOrder, layOutRows, RowTransposer, type Row, type RowLayout } from "./row-shapes.js";
import { formatTableMetadata, type StoredColumn } from "./table-metadata.js";

/** Rows as Arrow record batches, with what must be written beside them. */
export interface RowBatches {
  readonly metadata: string;
  readonly rowsPerGroup: number;
  /** To be read once, to its end. */
  readonly batches: AsyncIterator<RecordBatch>;
  /** The columns' digests; complete when `batches` has ended. */
  columns(): readonly ColumnInfo[];
}

const BLOCK_ROWS = 8192;
const MAX_GROUP_ROWS = 1 << 16;
const TARGET_GROUP_BYTES = 16 << 20;

/** Plans the columns over all rows first, since a file has one schema, then gives the batches one row group at a time. */
export async function rowsToBatches(rows: readonly Row[]): Promise<RowBatches> {
  const { arrow } = await loadEngine();
  const layout = layOutRows(rows, (index) => {
    throw new UnstorableValueError(
      `Row ${index} has a property whose name is a symbol, which would be lost: use a text as its name.`,
    );
  });
  const transposer = new RowTransposer(rows, layout);
  const scanners = layout.names.map(() => new ColumnScanner());
  for (let start = 0; start < rows.length; start += BLOCK_ROWS) {
    transposer
      .take(start, Math.min(rows.length, start + BLOCK_ROWS))
      .forEach((values, index) => scanners[index]?.scan(values));
  }
  const builders = layout.names.map(
    (name, index) => new ColumnBuilder(arrow, name, { kind: kindOf(scanners[index]), position: index }),
  );
  const writer = new RowGroupWriter(arrow, rows.length, layout, builders);
  return {
    metadata: writer.metadata(),
    rowsPerGroup: writer.rowsPerGroup,
    batches: writer.batches(transposer),
    columns: () =>
      builders.map((builder) => ({
        name: builder.name,
        type: builder.kind.shown,
        digest: builder.digest(),
        nulls: builder.nulls,
      })),
  };
}

class RowGroupWriter {
  readonly rowsPerGroup: number;
  readonly #arrow: Arrow;
  readonly #rows: number;
  readonly #layout: RowLayout;
  readonly #builders: readonly ColumnBuilder[];
  readonly #stored: readonly StoredColumn[];
  readonly #keysColumn: string | null;
  readonly #keyTexts: readonly string[];

  constructor(arrow: Arrow, rows: number, layout: RowLayout, builders: readonly ColumnBuilder[]) {
    this.#arrow = arrow;
    this.#rows = rows;
    this.#layout = layout;
    this.#builders = builders;
    const bytesPerRow = builders.reduce((sum, builder) => sum + builder.kind.bytesPerRow, 0);
    // A multiple of 64, so that bitmaps of one group end at a whole word.
    const wanted = Math.floor(TARGET_GROUP_BYTES / Math.max(1, bytesPerRow) / 64) * 64;
    this.rowsPerGroup = Math.min(MAX_GROUP_ROWS, Math.max(64, wanted));

    const position = new Map(layout.names.map((name, index) => [name, index]));
    const inOrder = layout.names.length > 0 && layout.shapes.every((shape) => followsOrder(shape, position));
    const names = new StoredNames();
    const stored = builders.map((builder, index) => names.unique(safeName(builder.name) ?? `column_${index}`));
    this.#stored = builders.map((builder, index) => ({
      name: builder.name,
      stored: stored[index] ?? "",
      type: builder.kind.logical,
      absent: builder.kind.absences.length === 1 ? (builder.kind.absences[0] ?? null) : null,
      absentColumn: builder.kind.absences.length > 1 ? names.unique(`restage_absent_${index}`) : null,
    }));
    this.#keysColumn = inOrder ? null : names.unique("restage_keys");
    this.#keyTexts = layout.shapes.map(
      (shape) => `${shape.nullPrototype ? "n:" : ""}${shape.keys.map((key) => position.get(key) ?? 0).join(",")}`,
    );
  }

  metadata(): string {
    return formatTableMetadata({ kind: "rows", columns: this.#stored, keysColumn: this.#keysColumn });
  }

  async *batches(transposer: RowTransposer): AsyncGenerator<RecordBatch, void> {
    const schema: Schema = new this.#arrow.Schema(this.#fields());
    let start = 0;
    do {
      const end = Math.min(this.#rows, start + this.rowsPerGroup);
      for (const batch of this.#build(transposer, schema, start, end)) yield batch;
      start = end;
      // Lets timers and messages of the process through between two groups.
      await new Promise((resolve) => setImmediate(resolve));
    } while (start < this.#rows);
  }

  /** One batch, or several when the rows turn out larger than they looked. */
  *#build(transposer: RowTransposer, schema: Schema, start: number, end: number): Generator<RecordBatch, void> {
    const columns = transposer.take(start, end);
    const built: BuiltColumn[] = [];
    let bytes = 0;
    for (const [index, builder] of this.#builders.entries()) {
      const column = builder.build(columns[index] ?? [], start);
      bytes += column.bytes;
      if (bytes > MAX_GROUP_BYTES && end - start > 1) {
        const middle = start + Math.ceil((end - start) / 2);
        yield* this.#build(transposer, schema, start, middle);
        yield* this.#build(transposer, schema, middle, end);
        return;
      }
      built.push(column);
    }
    for (const column of built) column.commit();
    const children = [...built.map((column) => column.data), ...this.#extras(columns, start, end)];
    const struct = new this.#arrow.Struct(schema.fields);
    yield new this.#arrow.RecordBatch(
      schema,
      this.#arrow.makeData({ type: struct, length: end - start, nullCount: 0, children }),
    );
  }

  #fields() {
    const field = (name: string, type: DataType, nullable: boolean) => new this.#arrow.Field(name, type, nullable);
    const fields = this.#builders.map((builder, index) =>
      field(this.#stored[index]?.stored ?? "", builder.type, builder.kind.absences.length > 0),
    );
    for (const { absentColumn } of this.#stored)
      if (absentColumn !== null) fields.push(field(absentColumn, new this.#arrow.Uint8(), false));
    if (this.#keysColumn !== null) fields.push(field(this.#keysColumn, new this.#arrow.Utf8(), false));
    return fields;
  }

  #extras(columns: readonly (readonly unknown[])[], start: number, end: number) {
    const extras = [];
    for (const [index, { absentColumn }] of this.#stored.entries()) {
      if (absentColumn === null) continue;
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
      const { shapeOf } = this.#layout;
      const texts = Array.from(
        { length: end - start },
        (_, index) => this.#keyTexts[shapeOf?.[start + index] ?? 0] ?? "",
      );
      const kind = {
        logical: "string",
        shown: "string",
        int32: false,
        dictionary: null,
        absences: [],
        bytesPerRow: 0,
      } satisfies ColumnKind;
      extras.push(new ColumnBuilder(this.#arrow, "", { kind, position: 0 }).build(texts, start).data);
    }
    return extras;
  }
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

function kindOf(scanner: ColumnScanner | undefined): ColumnKind {
  return (scanner ?? new ColumnScanner()).kind();
}
