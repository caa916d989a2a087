/**
 * Rows of which nobody knows beforehand how many there are and what they hold, into one Parquet file.
 *
 * A file has one schema, and the last row may still bring a new column or a text among the numbers. So rows are written as they
 * come, in the schema that fits all rows so far; where it must widen, a new file is begun (a segment). In the end there is one
 * segment, and it is the result; or there are several, and their rows are written once more, in the schema that fits them all.
 * So every row is written at most twice, whatever comes, and what is in memory is one row group.
 *
 * Invariant: equal rows give equal bytes. Where row groups end depends on the rows alone, never on when they came.
 */
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { randomUUID } from "node:crypto";
import type { ColumnInfo } from "../protocol/record.js";
import { ColumnScanner, type ColumnKind } from "./column-kind.js";
import { loadEngine, type Arrow } from "./parquet-engine.js";
import { ParquetSource } from "./parquet-source.js";
import { ParquetFileWriter, type Compression, type WrittenFile } from "./parquet-writer.js";
import { isInOrder, RowGroupBuilder, type RowPart } from "./row-group-builder.js";
import { RowReader } from "./row-reader.js";
import { KeyOrder, layOutRows, RowTransposer, type Row, type RowTaker } from "./row-shapes.js";
import { refuseSymbol } from "./row-writer.js";

export interface RowStreamOptions {
  readonly output: string;
  /** A folder for segments, on the file system of `output`. */
  readonly scratch: string;
  readonly compression: Compression;
}

interface Segment {
  readonly path: string;
  /** How its columns are stored: equal texts, equal schemas. */
  readonly signature: string;
  readonly builder: RowGroupBuilder;
  readonly writer: ParquetFileWriter;
}

export class RowStreamWriter {
  readonly #options: RowStreamOptions;
  readonly #arrow: Arrow;
  readonly #order = new KeyOrder();
  readonly #scanners = new Map<string, ColumnScanner>();
  readonly #takers = new Map<string, RowTaker>();
  readonly #finished: string[] = [];
  #current: Segment | null = null;
  #inOrder = true;
  #rows = 0;

  private constructor(arrow: Arrow, options: RowStreamOptions) {
    this.#arrow = arrow;
    this.#options = options;
  }

  static async create(options: RowStreamOptions): Promise<RowStreamWriter> {
    return new RowStreamWriter((await loadEngine()).arrow, options);
  }

  /** Adds one row group. `rows` must not be empty except in a stream without any. */
  async add(rows: readonly Row[]): Promise<void> {
    const part = this.#part(rows, this.#rows, this.#order);
    const { names } = part.layout;
    part.transposer.take(0, rows.length).forEach((values, index) => {
      this.#scanner(names[index] ?? "").scan(values);
    });
    this.#rows += rows.length;
    this.#inOrder = this.#inOrder && isInOrder(part.layout);
    const segment = await this.#segmentFor(names);
    for (const batch of segment.builder.build(part, 0, rows.length)) await segment.writer.writeGroup(batch);
  }

  get columnCount(): number {
    return this.#scanners.size;
  }

  /** Names of columns that hold texts, bytes or nested values, which alone can make a row large. */
  largeColumns(): ReadonlySet<string> {
    return new Set([...this.#scanners].filter(([, scanner]) => isLarge(scanner.kind())).map(([name]) => name));
  }

  async finish(): Promise<WrittenFile & { readonly rows: number; readonly columns: readonly ColumnInfo[] }> {
    if (this.#current === null) await this.add([]);
    const last = this.#current;
    if (last === null) throw new TypeError("A stream without a segment.");
    if (this.#finished.length === 0) {
      const written = await last.writer.finish(last.builder.metadata());
      return { ...written, rows: this.#rows, columns: last.builder.columns() };
    }
    await this.#endSegment();
    const whole = await this.#begin(this.#options.output, this.#order.names());
    this.#current = whole;
    for (let path = this.#finished.shift(); path !== undefined; path = this.#finished.shift())
      await this.#copy(path, whole);
    const written = await whole.writer.finish(whole.builder.metadata());
    return { ...written, rows: this.#rows, columns: whole.builder.columns() };
  }

  /** Removes all files. Never rejects. */
  async abandon(): Promise<void> {
    await this.#current?.writer.abandon();
    for (const path of this.#finished) await rm(path, { force: true }).catch(() => undefined);
  }

  #part(rows: readonly Row[], firstRow: number, order: KeyOrder): RowPart {
    const layout = layOutRows(rows, (index) => refuseSymbol(firstRow + index), order);
    return { layout, transposer: new RowTransposer(rows, layout, this.#takers), firstRow };
  }

  #scanner(name: string): ColumnScanner {
    let scanner = this.#scanners.get(name);
    if (scanner === undefined) {
      scanner = new ColumnScanner({ dictionary: false });
      if (this.#rows > 0) scanner.scanMissing();
      this.#scanners.set(name, scanner);
    }
    return scanner;
  }

  #kinds(names: readonly string[]): readonly ColumnKind[] {
    return names.map((name) => this.#scanner(name).kind());
  }

  async #segmentFor(names: readonly string[]): Promise<Segment> {
    const kinds = this.#kinds(names);
    const current = this.#current;
    if (current?.signature === this.#signature(names)) {
      current.builder.refine(kinds);
      return current;
    }
    if (current !== null) await this.#endSegment();
    const path = this.#finished.length === 0 ? this.#options.output : this.#scratchPath();
    this.#current = await this.#begin(path, names);
    return this.#current;
  }

  async #begin(path: string, names: readonly string[]): Promise<Segment> {
    const kinds = this.#kinds(names);
    const builder = new RowGroupBuilder(this.#arrow, { names, kinds, inOrder: this.#inOrder, nullable: true });
    const writer = await ParquetFileWriter.create(path, this.#options.compression);
    return { path, signature: this.#signature(names), builder, writer };
  }

  async #endSegment(): Promise<void> {
    const segment = this.#current;
    if (segment === null) return;
    await segment.writer.finish(segment.builder.metadata());
    this.#current = null;
    let { path } = segment;
    if (path === this.#options.output) {
      path = this.#scratchPath();
      await rename(segment.path, path);
    }
    this.#finished.push(path);
  }

  async #copy(path: string, target: Segment): Promise<void> {
    const source = await ParquetSource.openUnverified(path);
    try {
      const { metadata } = source;
      if (metadata.kind !== "rows") throw new TypeError("A segment holds rows.");
      const reader = new RowReader(metadata, metadata.columns, true);
      for (let group = 0; group < source.groups.length; group++) {
        const rows: Row[] = [];
        for (const batch of await source.readGroup(group)) reader.read(batch, rows);
        const part = this.#part(rows, 0, this.#order);
        for (const batch of target.builder.build(part, 0, rows.length)) await target.writer.writeGroup(batch);
      }
    } finally {
      await source.close();
      await rm(path, { force: true });
    }
  }

  #signature(names: readonly string[]): string {
    return JSON.stringify([
      this.#inOrder,
      names.map((name) => {
        const kind = this.#scanner(name).kind();
        return [name, storage(kind), kind.absences.length > 1];
      }),
    ]);
  }

  #scratchPath(): string {
    return join(this.#options.scratch, `segment-${randomUUID()}`);
  }
}

/** Kinds of one storage are stored alike, so that a column may go from one to the other within a file. */
function storage(kind: ColumnKind): string {
  if (kind.logical === "null") return "int32";
  return kind.logical === "number" && kind.int32 ? "int32" : kind.logical;
}

function isLarge(kind: ColumnKind): boolean {
  return ["string", "bytes", "buffer", "json"].includes(kind.logical);
}
