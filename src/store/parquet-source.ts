import type { RecordBatch } from "apache-arrow";
import type { ParquetFile } from "parquet-wasm/node";
import type { StoredValue } from "../protocol/record.js";
import { CorruptObjectError } from "./codec-errors.js";
import { loadEngine, type Arrow } from "./parquet-engine.js";
import { METADATA_KEY, parseTableMetadata, type TableMetadata } from "./table-metadata.js";
import { openUnverifiedFile, openVerified, type VerifiedFile } from "./verified-file.js";

/** A stored Parquet file, verified when opened and read one row group at a time. */
export class ParquetSource {
  readonly metadata: TableMetadata;
  /** Rows of each row group. */
  readonly groups: readonly number[];
  readonly rows: number;
  /** Columns of the file, Restage's own included. */
  readonly columnCount: number;
  /** Bytes of all pages before compression. */
  readonly pageBytes: number;
  readonly arrow: Arrow;
  readonly #file: VerifiedFile;
  readonly #parquet: ParquetFile;
  readonly #reading = new Set<Promise<unknown>>();
  #closed = false;

  private constructor(parts: {
    arrow: Arrow;
    file: VerifiedFile;
    parquet: ParquetFile;
    metadata: TableMetadata;
    groups: readonly number[];
    columnCount: number;
    pageBytes: number;
  }) {
    this.arrow = parts.arrow;
    this.#file = parts.file;
    this.#parquet = parts.parquet;
    this.metadata = parts.metadata;
    this.groups = parts.groups;
    this.columnCount = parts.columnCount;
    this.pageBytes = parts.pageBytes;
    this.rows = parts.groups.reduce((sum, rows) => sum + rows, 0);
  }

  /** Throws `CorruptObjectError`. */
  static async open(stored: StoredValue, path: string): Promise<ParquetSource> {
    return ParquetSource.of(await openVerified(stored, path), path);
  }

  /** A file that need not be verified: its own writer's, or one that the store has just checked. */
  static async openUnverified(path: string): Promise<ParquetSource> {
    return ParquetSource.of(await openUnverifiedFile(path), path);
  }

  /** Closes the file when it cannot be read. */
  static async of(file: VerifiedFile, path: string): Promise<ParquetSource> {
    try {
      const { arrow, wasm } = await loadEngine();
      const parquet = await wasm.ParquetFile.fromFile(new FilePart(file, 0, file.size) as unknown as Blob);
      const footer = parquet.metadata();
      const text: unknown = footer.fileMetadata().keyValueMetadata().get(METADATA_KEY);
      const metadata = typeof text === "string" ? parseTableMetadata(text) : null;
      if (metadata === null) throw new CorruptObjectError(path, "it was not written by this version of Restage");
      const groups: number[] = [];
      let pageBytes = 0;
      let columnCount = 0;
      for (let index = 0; index < footer.numRowGroups(); index++) {
        const group = footer.rowGroup(index);
        groups.push(group.numRows());
        pageBytes += group.totalByteSize();
        columnCount = group.numColumns();
        group.free();
      }
      footer.free();
      return new ParquetSource({ arrow, file, parquet, metadata, groups, columnCount, pageBytes });
    } catch (error) {
      await file.close();
      if (error instanceof CorruptObjectError) throw error;
      throw new CorruptObjectError(
        path,
        `it cannot be read as Parquet (${error instanceof Error ? error.message : String(error)})`,
      );
    }
  }

  /**
   * The batches of one row group, with at least the named columns (the reader also gives columns whose name begins like one of
   * them; callers pick by name). Without `columns`: all. `window`: only these rows of the group.
   */
  async readGroup(
    index: number,
    columns?: readonly string[],
    window: { readonly offset: number; readonly limit: number } | null = null,
  ): Promise<readonly RecordBatch[]> {
    const table = await this.#read({
      rowGroups: [index],
      batchSize: Math.max(1, window?.limit ?? this.groups[index] ?? 1),
      ...window,
      ...(columns === undefined ? {} : { columns: [...columns] }),
    });
    // An empty batch beside others makes Arrow's own lookups fail.
    return this.arrow.tableFromIPC(table.intoIPCStream()).batches.filter((batch) => batch.numRows > 0);
  }

  /** A batch without rows that has the file's schema: what an empty table is made of. */
  async emptySchema(): Promise<InstanceType<Arrow["Schema"]>> {
    const table = await this.#read({ limit: 0 });
    return this.arrow.tableFromIPC(table.intoIPCStream()).schema;
  }

  /** Waits for readings that are under way: memory that wasm still uses must not be freed below it. Never rejects. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.allSettled(this.#reading);
    try {
      this.#parquet.free();
    } finally {
      await this.#file.close().catch(() => undefined);
    }
  }

  #read(options: Parameters<ParquetFile["read"]>[0]): ReturnType<ParquetFile["read"]> {
    if (this.#closed) return Promise.reject(new Error("The table was closed while it was read. Open it again."));
    const reading = this.#parquet.read(options);
    this.#reading.add(reading);
    const done = (): void => void this.#reading.delete(reading);
    reading.then(done, done);
    return reading;
  }
}

/** As much of a `Blob` as the reader uses: its size, and slices that can be read. Node's own file blobs are experimental. */
class FilePart {
  readonly size: number;
  readonly type = "";
  readonly #file: VerifiedFile;
  readonly #start: number;

  constructor(file: VerifiedFile, start: number, end: number) {
    this.#file = file;
    this.#start = start;
    this.size = end - start;
  }

  slice(start: number, end: number): FilePart {
    return new FilePart(this.#file, this.#start + Math.min(start, this.size), this.#start + Math.min(end, this.size));
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    const bytes = await this.#file.read(this.#start, this.#start + this.size);
    const copy = new ArrayBuffer(bytes.byteLength);
    new Uint8Array(copy).set(bytes);
    return copy;
  }
}
