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

/** Rows that are decoded together: a part of a row group, so that the first page need not wait for all of one. */
const PART_ROWS = 4096;
/** Decoded parts that are kept: a person scrolls back and forth over the border of two. */
const KEPT_PARTS = 16;
const MAX_ROWS = 10_000;

/**
 * Opens a stored table. Reads row groups, never the whole file: `checked` says that the store has just verified the object, or did
 * so before and nothing touched it since; otherwise it is verified here. Throws `CorruptObjectError`.
 */
export async function openTable(
  stored: StoredValue,
  path: string,
  { checked = false }: { readonly checked?: boolean } = {},
): Promise<TableReader> {
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
  const source = checked ? await ParquetSource.openUnverified(path) : await ParquetSource.open(stored, path);
  return new ParquetTableReader(source, columns);
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
  readonly #parts = new Map<string, Promise<readonly DecodedBatch[]>>();

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
    for (const [group, rows] of this.#source.groups.entries()) {
      if (first < end && first + rows > from) {
        const last = Math.min(end - first, rows);
        let row = Math.max(0, from - first);
        while (row < last) {
          const part = Math.floor(row / PART_ROWS);
          const stop = Math.min(last, (part + 1) * PART_ROWS);
          cells.push(...windowOfPart(await this.#part(group, part), row - part * PART_ROWS, stop - part * PART_ROWS));
          row = stop;
        }
      }
      first += rows;
    }
    return cells;
  }

  close(): void {
    this.#parts.clear();
    void this.#source.close();
  }

  #part(group: number, part: number): Promise<readonly DecodedBatch[]> {
    const id = `${group}/${part}`;
    let decoded = this.#parts.get(id);
    if (decoded === undefined) {
      for (const old of [...this.#parts.keys()].slice(0, Math.max(0, this.#parts.size - KEPT_PARTS + 1)))
        this.#parts.delete(old);
      decoded = this.#decode(group, part);
      // A reading that failed is tried again the next time.
      decoded.catch(() => this.#parts.delete(id));
      this.#parts.set(id, decoded);
    }
    return decoded;
  }

  async #decode(group: number, part: number): Promise<readonly DecodedBatch[]> {
    const { metadata } = this.#source;
    const window = { offset: part * PART_ROWS, limit: PART_ROWS };
    const batches = await this.#source.readGroup(group, undefined, window);
    return batches.map((batch) => ({
      rows: batch.numRows,
      columns:
        metadata.kind === "rows"
          ? metadata.columns.map((column) => decodeColumn(batch, column))
          : arrowBatchToColumns(batch, null),
    }));
  }
}

function windowOfPart(batches: readonly DecodedBatch[], start: number, end: number): PreviewCell[][] {
  const cells: PreviewCell[][] = [];
  let first = 0;
  for (const batch of batches) {
    for (let row = Math.max(start, first); row < Math.min(end, first + batch.rows); row++)
      cells.push(batch.columns.map((column) => previewCell(column[row - first])));
    first += batch.rows;
  }
  return cells;
}

function windowOf<T>(items: readonly T[], start: number, count: number): readonly T[] {
  const from = Math.max(0, Math.trunc(start));
  return items.slice(from, from + Math.min(MAX_ROWS, Math.max(0, Math.trunc(count))));
}
