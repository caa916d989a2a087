/**
 * The rows that are near to what is shown. Rows are asked for in whole pages; pages far from the last one asked for are
 * dropped, so that scrolling through millions of rows does not keep them.
 */
import type { PreviewCell, PreviewRows } from "../protocol/engine-api.js";

export type Row = readonly PreviewCell[];

export interface RowCacheOptions {
  readonly rows: number;
  readonly read: (request: number, start: number, count: number) => void;
}

export const PAGE = 100;
const MOST_PAGES = 40;

export class RowCache {
  readonly #options: RowCacheOptions;
  readonly #pages = new Map<number, readonly Row[]>();
  readonly #asked = new Map<number, number>();
  #nextRequest = 1;

  constructor(options: RowCacheOptions) {
    this.#options = options;
  }

  row(index: number): Row | null {
    return this.#pages.get(Math.floor(index / PAGE))?.[index % PAGE] ?? null;
  }

  /** Asks for the pages of `first` to `last` (inclusive) that are not here and not on their way. */
  want(first: number, last: number): void {
    const to = Math.min(last, this.#options.rows - 1);
    for (let page = Math.floor(Math.max(0, first) / PAGE); page * PAGE <= to; page++) {
      if (this.#pages.has(page) || [...this.#asked.values()].includes(page)) continue;
      const request = this.#nextRequest++;
      this.#asked.set(request, page);
      this.#options.read(request, page * PAGE, Math.min(PAGE, this.#options.rows - page * PAGE));
    }
  }

  /**
   * Takes in an answer; `false` when nobody waits for it. Numbers start again with each table of the panel, so an answer
   * to an earlier table's request can bear the number of one of this table's: it must also start where this one asked.
   */
  receive(request: number, rows: PreviewRows): boolean {
    const page = this.#asked.get(request);
    if (page === undefined || rows.start !== page * PAGE) return false;
    this.#asked.delete(request);
    this.#pages.set(page, rows.rows);
    for (const old of this.#pages.keys()) {
      if (this.#pages.size <= MOST_PAGES) break;
      if (Math.abs(old - page) > MOST_PAGES / 2) this.#pages.delete(old);
    }
    return true;
  }
}
