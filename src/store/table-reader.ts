import type { PreviewCell } from "../protocol/engine-api.js";
import type { ColumnInfo, StoredValue } from "../protocol/record.js";
import { arrowBatchToColumns } from "./arrow-rows.js";
import { ParquetSource } from "./parquet-source.js";
import { MISSING } from "./plain-values.js";
import { previewCell } from "./preview-cell.js";
import { decodeColumn } from "./row-reader.js";
import { readJsonRows } from "./table-view.js";

/** Reads a stored table a window at a time, for showing it. */
export interface TableReader {
  readonly rows: number;
  readonly columns: readonly ColumnInfo[];
  /** Rows `start` to `start + count`, fewer at the end, each with one cell for each column. */
  readRows(start: number, count: number): Promise<readonly (readonly PreviewCell[])[]>;
  close(): void;
}

/** Decoded row groups that are kept: a person scrolls back and forth over the border of two. */
const KEPT_GROUPS = 2;
const MAX_ROWS = 10_000;

/** Opens a stored table after verifying it. Reads row groups, never the whole file. Throws `CorruptObjectError`. */
export async function openTable(stored: StoredValue, path: string): Promise<TableReader> {
  const columns = stored.columns ?? [];
  if (stored.format !== "parquet") {
    const rows = await readJsonRows(stored, path);
    return {
      rows: rows.length,
      columns,
      readRows: (start, count) =>
        Promise.resolve(
          windowOf(rows, start, count).map((row) =>
            columns.map(({ name }) => previewCell(Object.hasOwn(row, name) ? row[name] : MISSING)),
          ),
        ),
      close: () => undefined,
    };
  }
  return new ParquetTableReader(await ParquetSource.open(stored, path), columns);
}

/** The decoded columns of one batch. */
interface DecodedBatch {
  readonly rows: number;
  readonly columns: readonly ArrayLike<unknown>[];
}

class ParquetTableReader implements TableReader {
  readonly rows: number;
  readonly columns: readonly ColumnInfo[];
  readonly #source: ParquetSource;
  readonly #groups = new Map<number, Promise<readonly DecodedBatch[]>>();

  constructor(source: ParquetSource, columns: readonly ColumnInfo[]) {
    this.#source = source;
    this.rows = source.rows;
    this.columns = columns;
  }

  async readRows(start: number, count: number): Promise<readonly (readonly PreviewCell[])[]> {
    const from = Math.max(0, Math.trunc(start));
    const end = Math.min(this.rows, from + Math.min(MAX_ROWS, Math.max(0, Math.trunc(count))));
    const cells: PreviewCell[][] = [];
    let first = 0;
    for (const [index, rows] of this.#source.groups.entries()) {
      if (first < end && first + rows > from) {
        let at = first;
        for (const batch of await this.#group(index)) {
          const stop = Math.min(end, at + batch.rows);
          for (let row = Math.max(from, at); row < stop; row++)
            cells.push(batch.columns.map((column) => previewCell(column[row - at])));
          at += batch.rows;
        }
      }
      first += rows;
    }
    return cells;
  }

  close(): void {
    this.#groups.clear();
    void this.#source.close();
  }

  #group(index: number): Promise<readonly DecodedBatch[]> {
    let group = this.#groups.get(index);
    if (group === undefined) {
      for (const old of [...this.#groups.keys()].slice(0, Math.max(0, this.#groups.size - KEPT_GROUPS + 1)))
        this.#groups.delete(old);
      group = this.#decode(index);
      // A reading that failed is tried again the next time.
      group.catch(() => this.#groups.delete(index));
      this.#groups.set(index, group);
    }
    return group;
  }

  async #decode(index: number): Promise<readonly DecodedBatch[]> {
    const { metadata } = this.#source;
    const batches = await this.#source.readGroup(index);
    return batches.map((batch) => ({
      rows: batch.numRows,
      columns:
        metadata.kind === "rows"
          ? metadata.columns.map((column) => decodeColumn(batch, column))
          : arrowBatchToColumns(batch, null),
    }));
  }
}

function windowOf<T>(items: readonly T[], start: number, count: number): readonly T[] {
  const from = Math.max(0, Math.trunc(start));
  return items.slice(from, from + Math.min(MAX_ROWS, Math.max(0, Math.trunc(count))));
}
