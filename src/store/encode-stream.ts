import type { RecordBatch } from "apache-arrow";
import { ArrowWriting, isArrowBatch, isArrowTable, schemaText } from "./arrow-table.js";
import { UnstorableValueError } from "./codec-errors.js";
import { loadEngine } from "./parquet-engine.js";
import { MAX_GROUP_ROWS, ParquetFileWriter, TARGET_GROUP_BYTES } from "./parquet-writer.js";
import { describeValue, isPlainObject } from "./plain-values.js";
import { RowStreamWriter, type RowStreamOptions } from "./row-stream-writer.js";
import type { Row } from "./row-shapes.js";
import { StreamSource } from "./stream-source.js";

export interface StreamOptions extends RowStreamOptions {
  /** Aborted: the source is told to stop, and writing ends with the signal's reason. */
  readonly signal?: AbortSignal;
}

export type WrittenStream = Awaited<ReturnType<RowStreamWriter["finish"]>> & {
  /** Milliseconds spent on writing and not on waiting for the source. */
  readonly writingMs: number;
};

/**
 * Writes what a stream gives, rows or record batches, row group by row group: the source is asked for the next item only when the
 * ones before are taken care of, and what is in memory is a row group or two. No file is left when anything fails.
 */
export async function writeStream(value: object, options: StreamOptions): Promise<WrittenStream> {
  const source = new StreamSource(value);
  const clock = new Clock();
  try {
    const first = await source.next();
    return await (first.done !== true && (isArrowBatch(first.value) || isArrowTable(first.value))
      ? writeBatches(source, first, first.value.schema, { ...options, clock })
      : writeRows(source, first, { ...options, clock }));
  } finally {
    await source.close();
  }
}

type Writing = StreamOptions & { readonly clock: Clock };

async function writeRows(
  source: StreamSource,
  first: IteratorResult<unknown>,
  { clock, signal, ...options }: Writing,
): Promise<WrittenStream> {
  const writer = await RowStreamWriter.create(options);
  const gathered = new RowGroup();
  let count = 0;
  try {
    const flush = async (): Promise<void> => {
      signal?.throwIfAborted();
      const rows = gathered.take();
      await clock.time(() => writer.add(rows));
      gathered.watch(writer.columnCount, writer.largeColumns());
      // Writing may have ended without the disk: timers and messages of the process get through between two groups.
      await new Promise((resolve) => setImmediate(resolve));
    };
    await source.each(first, (item) => {
      gathered.add(asRow(item, count++));
      return gathered.isFull() ? flush() : undefined;
    });
    signal?.throwIfAborted();
    const rest = gathered.take();
    const written = await clock.time(async () => {
      if (rest.length > 0) await writer.add(rest);
      return writer.finish();
    });
    return { ...written, writingMs: clock.ms };
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

async function writeBatches(
  source: StreamSource,
  first: IteratorResult<unknown>,
  schema: RecordBatch["schema"],
  { clock, signal, output, compression }: Writing,
): Promise<WrittenStream> {
  const { arrow } = await loadEngine();
  const writing = new ArrowWriting(arrow, schema, { stream: true });
  const expected = schemaText(schema);
  const writer = await ParquetFileWriter.create(output, compression);
  let count = 0;
  try {
    await source.each(first, async (item) => {
      const batches = asBatches(item, { expected, schema, index: count++ });
      await clock.time(async () => {
        for (const batch of batches) for (const group of writing.add(batch)) await writer.writeGroup(group);
      });
      signal?.throwIfAborted();
      await new Promise((resolve) => setImmediate(resolve));
    });
    const written = await clock.time(async () => {
      for (const group of writing.end()) await writer.writeGroup(group);
      return writer.finish(writing.metadata());
    });
    return { ...written, rows: writing.rows, columns: writing.columns(), writingMs: clock.ms };
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

/** Rows until they make a row group. */
class RowGroup {
  #rows: Row[] = [];
  #weight = 0;
  /** The columns that are weighed; `null`: all. */
  #watched: readonly string[] | null = null;
  #rest = 0;

  /** Takes a copy: a stage may use one object for all its rows. What is nested in it is not copied. */
  add(row: Row): void {
    const copy: Record<string, unknown> = { ...row };
    if (Object.getPrototypeOf(row) === null) Object.setPrototypeOf(copy, null);
    this.#rows.push(copy);
    this.#weight += 64 + this.#rest;
    for (const name of this.#watched ?? Object.keys(copy)) this.#weight += weigh(copy[name], 0);
  }

  isFull(): boolean {
    return this.#rows.length >= MAX_GROUP_ROWS || this.#weight >= TARGET_GROUP_BYTES;
  }

  take(): readonly Row[] {
    const rows = this.#rows;
    this.#rows = [];
    this.#weight = 0;
    return rows;
  }

  /** From now on only the `large` columns are weighed; the others are a number or so in each row. */
  watch(columns: number, large: ReadonlySet<string>): void {
    this.#watched = [...large];
    this.#rest = 8 * (columns - large.size);
  }
}

/** About how many bytes a cell takes when it is written; of long lists a few items speak for all. */
function weigh(value: unknown, depth: number): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 8;
  if (ArrayBuffer.isView(value)) return value.byteLength;
  if (depth > 3) return 64;
  const items: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  const looked = Math.min(8, items.length);
  let sum = 0;
  for (let index = 0; index < looked; index++) sum += weigh(items[index], depth + 1) + 4;
  return 16 + (looked === 0 ? 0 : (sum / looked) * items.length);
}

class Clock {
  ms = 0;

  async time<T>(step: () => Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await step();
    } finally {
      this.ms += performance.now() - start;
    }
  }
}

function asRow(item: unknown, index: number): Row {
  if (isPlainObject(item)) return item;
  const advice = Array.isArray(item)
    ? "give the rows one by one, with `yield* rows`"
    : item instanceof Promise
      ? "write `await` before it, or make the function `async function*`"
      : isArrowBatch(item)
        ? "a stream gives rows or record batches, not both"
        : ArrayBuffer.isView(item) || typeof item === "string"
          ? 'for bytes or text, collect them and return them whole, or write a file and give the stage the option format: "file"'
          : "give plain objects, one for each row, or Arrow record batches";
  throw new UnstorableValueError(
    `Row ${index} of the stage's stream is ${describeValue(item)}, which is no row: ${advice}.`,
  );
}

function asBatches(
  item: unknown,
  {
    expected,
    schema,
    index,
  }: { readonly expected: string; readonly schema: RecordBatch["schema"]; readonly index: number },
): readonly RecordBatch[] {
  if (!isArrowBatch(item) && !isArrowTable(item)) {
    throw new UnstorableValueError(
      `Batch ${index} of the stage's stream is ${describeValue(item)}, and those before are Arrow record batches: a stream gives one or the other.`,
    );
  }
  if (schemaText(item.schema) !== expected) {
    throw new UnstorableValueError(
      `Batch ${index} of the stage's stream has another schema than the first: ${schemaChange(schema, item.schema)}. All batches of a stream must have one schema: convert them before you give them.`,
    );
  }
  return isArrowTable(item) ? item.batches : [item];
}

function schemaChange(was: RecordBatch["schema"], is: RecordBatch["schema"]): string {
  const text = (field: RecordBatch["schema"]["fields"][number] | undefined) =>
    field === undefined ? "no column" : `${JSON.stringify(field.name)}: ${String(field.type)}`;
  for (let index = 0; index < Math.max(was.fields.length, is.fields.length); index++) {
    const [before, now] = [text(was.fields[index]), text(is.fields[index])];
    if (before !== now) return `${now} instead of ${before}`;
  }
  return "its metadata, or whether parts of a column may be null, differ";
}
