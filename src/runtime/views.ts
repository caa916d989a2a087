import type { Input } from "./input.js";

/**
 * An Arrow table as far as this library promises: any version's `Table` of `apache-arrow` has these members. For the whole
 * class, name it: `.table<import("apache-arrow").Table>()`.
 */
export interface ArrowTable {
  readonly numRows: number;
  readonly numCols: number;
  readonly schema: { readonly fields: readonly { readonly name: string }[] };
  getChild(name: string): ArrowColumn | null;
  toArray(): readonly unknown[];
}

/** Some rows of a table, as `stream()` gives them. */
export interface ArrowBatch {
  readonly numRows: number;
  readonly numCols: number;
  readonly schema: { readonly fields: readonly { readonly name: string }[] };
  getChild(name: string): ArrowColumn | null;
  toArray(): readonly unknown[];
}

/** One column of an `ArrowTable` or `ArrowBatch`. */
export interface ArrowColumn {
  readonly length: number;
  get(index: number): unknown;
}

/** A data frame of nodejs-polars as far as this library promises. */
export interface DataFrameLike {
  readonly height: number;
  readonly width: number;
  readonly columns: string[];
  writeIPCStream(): Uint8Array;
}

/** One row of what a stage returns; `never` where it does not return rows. */
export type RowOf<T> =
  T extends AsyncIterable<infer Item>
    ? Item extends ArrowBatch
      ? { readonly [column: string]: unknown }
      : Item extends object
        ? Item
        : never
    : T extends readonly (infer Row)[]
      ? Row extends readonly unknown[]
        ? never
        : Row extends object
          ? Row
          : never
      : T extends ArrowTable | DataFrameLike
        ? { readonly [column: string]: unknown }
        : never;

/** Names `.columns()` takes. */
export type ColumnOf<T> = Extract<keyof RowOf<T>, string>;

/** Views that any result has. */
export interface FileView {
  /**
   * The stored file's absolute path: a Parquet file for rows and tables, for tools such as DuckDB or Polars.
   *
   * @example
   * export const top = stage({ parquet: orders.path() }, ({ parquet }) => duckdb.all(`select * from '${parquet}' limit 10`));
   */
  path(): Input<string>;
}

/** Views of a stage that returns rows or a table. */
export interface TableViews<T> {
  /** The result as an array of plain objects, whichever way it was returned. */
  rows(): Input<T extends readonly unknown[] ? T : RowOf<T>[]>;
  /**
   * The result as an Arrow table: columns, without an object per row.
   *
   * @example
   * export const total = stage({ t: orders.table() }, ({ t }) => sum(t.getChild("total")));
   */
  table(): Input<T extends ArrowTable ? T : ArrowTable>;
  table<Table>(): Input<Table>;
  /**
   * The result batch by batch, for data larger than memory. It can be iterated more than once; a file is open only meanwhile.
   *
   * @example
   * export const count = stage({ batches: orders.stream() }, async ({ batches }) => {
   *   let rows = 0;
   *   for await (const batch of batches) rows += batch.numRows;
   *   return rows;
   * });
   */
  stream(): Input<AsyncIterable<ArrowBatch>>;
  stream<Batch>(): Input<AsyncIterable<Batch>>;
  /**
   * Only these columns. The stage then depends on nothing else: it stays fresh when other columns change.
   *
   * @example
   * export const byCustomer = stage({ rows: orders.columns("customer", "total") }, ({ rows }) => groupTotals(rows));
   */
  columns<Name extends ColumnOf<T>>(...names: readonly [Name, ...Name[]]): Input<Pick<RowOf<T>, Name>[]>;
}
