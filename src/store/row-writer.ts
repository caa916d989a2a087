import type { RecordBatch } from "apache-arrow";
import type { ColumnInfo } from "../protocol/record.js";
import { ColumnScanner } from "./column-kind.js";
import { UnstorableValueError } from "./codec-errors.js";
import { loadEngine } from "./parquet-engine.js";
import { MAX_GROUP_ROWS, TARGET_GROUP_BYTES } from "./parquet-writer.js";
import { isInOrder, RowGroupBuilder } from "./row-group-builder.js";
import { layOutRows, RowTransposer, type Row } from "./row-shapes.js";

/** Rows as Arrow record batches, with what must be written beside them. */
export interface RowBatches {
  readonly metadata: string;
  /** To be read once, to its end. */
  readonly batches: AsyncGenerator<RecordBatch, void>;
  /** The columns' digests; complete when `batches` has ended. */
  columns(): readonly ColumnInfo[];
}

const BLOCK_ROWS = 8192;

/** Plans the columns over all rows first, since a file has one schema, then gives the batches one row group at a time. */
export async function rowsToBatches(rows: readonly Row[]): Promise<RowBatches> {
  const { arrow } = await loadEngine();
  const layout = layOutRows(rows, (index) => refuseSymbol(index));
  const transposer = new RowTransposer(rows, layout);
  const scanners = layout.names.map(() => new ColumnScanner());
  for (let start = 0; start < rows.length; start += BLOCK_ROWS) {
    transposer
      .take(start, Math.min(rows.length, start + BLOCK_ROWS))
      .forEach((values, index) => scanners[index]?.scan(values));
  }
  const kinds = scanners.map((scanner) => scanner.kind());
  const builder = new RowGroupBuilder(arrow, {
    names: layout.names,
    kinds,
    inOrder: isInOrder(layout),
    nullable: false,
  });
  const bytesPerRow = kinds.reduce((sum, kind) => sum + kind.bytesPerRow, 0);
  // A multiple of 64, so that bitmaps of one group end at a whole word.
  const wanted = Math.floor(TARGET_GROUP_BYTES / Math.max(1, bytesPerRow) / 64) * 64;
  const rowsPerGroup = Math.min(MAX_GROUP_ROWS, Math.max(64, wanted));
  async function* batches(): AsyncGenerator<RecordBatch, void> {
    let start = 0;
    do {
      const end = Math.min(rows.length, start + rowsPerGroup);
      for (const batch of builder.build({ layout, transposer, firstRow: 0 }, start, end)) yield batch;
      start = end;
      // Lets timers and messages of the process through between two groups.
      await new Promise((resolve) => setImmediate(resolve));
    } while (start < rows.length);
  }
  return { metadata: builder.metadata(), batches: batches(), columns: () => builder.columns() };
}

export function refuseSymbol(row: number): never {
  throw new UnstorableValueError(
    `Row ${row} has a property whose name is a symbol, which would be lost: use a text as its name.`,
  );
}
