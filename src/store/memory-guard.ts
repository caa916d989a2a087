/**
 * Says that rows do not fit into memory before the process dies of it, which would name neither the input nor what to do.
 */
import { getHeapStatistics } from "node:v8";
import { TooLargeError } from "./codec-errors.js";

export interface Memory {
  /** Bytes that JavaScript values may take, and take now. */
  readonly heapLimit: number;
  readonly heapUsed: number;
  /** Bytes that this process can still get from the machine or its container. */
  readonly available: number;
}

export type ReadMemory = () => Memory;

export const memoryNow: ReadMemory = () => {
  const { heap_size_limit, used_heap_size } = getHeapStatistics();
  return { heapLimit: heap_size_limit, heapUsed: used_heap_size, available: process.availableMemory() };
};

/** An object takes three words, and one for each property. */
const ROW_BYTES = 24;
const CELL_BYTES = 8;

/** Watches over rows that are made group by group. */
export class RowsGuard {
  readonly #rows: number;
  readonly #memory: ReadMemory;

  /** Throws when even rows of nothing but their shapes would not fit. */
  constructor(size: { readonly rows: number; readonly columns: number }, memory: ReadMemory = memoryNow) {
    this.#rows = size.rows;
    this.#memory = memory;
    const { heapLimit } = memory();
    if (size.rows * (ROW_BYTES + CELL_BYTES * size.columns) > heapLimit) throw this.#error(heapLimit);
  }

  /** To be called when `done` rows were made. Throws when memory is short and will not last for the rest. */
  check(done: number): void {
    const { heapLimit, heapUsed } = this.#memory();
    if (done === 0 || done >= this.#rows || heapUsed < 0.8 * heapLimit) return;
    if (heapUsed * (this.#rows / done) > heapLimit) throw this.#error(heapLimit);
  }

  #error(heapLimit: number): TooLargeError {
    return new TooLargeError(
      `Its ${this.#rows} rows do not fit into the ${Math.round(heapLimit / (1 << 20))} MB that a process has for JavaScript values. Take it with .stream(), batch by batch, take fewer columns with .columns(…), or return an \`async function*\` from the stage above and iterate it.`,
    );
  }
}

/** For an Arrow table, whose buffers lie outside the heap. `bytes` is the size of its pages before compression. */
export function checkTableFits(bytes: number, memory: ReadMemory = memoryNow): void {
  const { available } = memory();
  if (bytes <= available) return;
  throw new TooLargeError(
    `Its columns take ${Math.round(bytes / (1 << 20))} MB, and ${Math.round(available / (1 << 20))} MB of memory are free. Take it with .stream(), batch by batch.`,
  );
}
