/**
 * Tables larger than memory: a chain of streaming stages, each written and read as a child of Restage does it, with the most memory
 * that the process held. `npx tsx test/bench/streams.ts 2` (gigabytes of data for record batches; a twentieth of it for rows).
 * Beside it the same rows as one array, which is what a stage without streams costs.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as arrow from "apache-arrow";
import type { StoredValue } from "../../src/protocol/record.js";
import { decodeValue, encodeValue } from "../../src/store/codec.js";

const GIGABYTES = Number(process.argv[2] ?? 1);
const BATCH_ROWS = 100_000;
const COLUMNS = 5;

const folder = mkdtempSync(join(process.env["BENCH_FOLDER"] ?? tmpdir(), "restage-streams-"));
const lines: string[][] = [["step", "data MB", "file MB", "wall s", "MB/s", "cpu s", "peak MB resident"]];
let peak = 0;
const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 20);

async function timed<T>(
  step: string,
  megabytes: number,
  task: () => Promise<T>,
  fileOf: (value: T) => number | null,
): Promise<T> {
  peak = process.memoryUsage.rss();
  const start = performance.now();
  const cpu = process.cpuUsage();
  const value = await task();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const file = fileOf(value);
  lines.push([
    step,
    megabytes.toFixed(0),
    file === null ? "" : (file / 2 ** 20).toFixed(0),
    seconds.toFixed(1),
    (megabytes / seconds).toFixed(0),
    ((user + system) / 1e6).toFixed(1),
    (peak / 2 ** 20).toFixed(0),
  ]);
  console.log(lines.at(-1)?.join("  "));
  return value;
}

async function write(value: unknown, name: string): Promise<{ stored: StoredValue; path: string }> {
  const path = join(folder, name);
  const { kind, format, rows, columns, written } = await encodeValue(value, path, {});
  if (written === null) throw new Error("a Parquet file tells what it is");
  return { stored: { kind, format, rows, columns, ...written }, path };
}

const sizeOf = ({ stored }: { stored: StoredValue }): number => stored.bytes;

/** Digits that do not compress to nothing. */
function* batches(rows: number): Generator<arrow.RecordBatch> {
  let state = 1;
  for (let done = 0; done < rows; done += BATCH_ROWS) {
    const count = Math.min(BATCH_ROWS, rows - done);
    const columns: Record<string, Float64Array> = {};
    for (let column = 0; column < COLUMNS; column++) {
      const cells = new Float64Array(count);
      for (let row = 0; row < count; row++) cells[row] = (state = (state * 1103515245 + 12345) & 0x7fffffff) / 1000;
      columns[`c${column}`] = cells;
    }
    yield* arrow.tableFromArrays(columns).batches;
  }
}

function* rowsOf(count: number): Generator<object> {
  for (let n = 0; n < count; n++)
    yield { n, half: n / 2, group: `g${n % 1000}`, text: `row number ${n}`, at: new Date(n * 1000) };
}

async function* filtered<T>(items: unknown, keep: (item: T) => boolean): AsyncGenerator<T> {
  for await (const item of items as AsyncIterable<T>) if (keep(item)) yield item;
}

async function count(items: unknown, size: (item: never) => number): Promise<number> {
  let sum = 0;
  for await (const item of items as AsyncIterable<never>) sum += size(item);
  return sum;
}

try {
  const rows = Math.round((GIGABYTES * 2 ** 30) / (8 * COLUMNS));
  const megabytes = (rows * 8 * COLUMNS) / 2 ** 20;
  const first = await timed("batches: generator to file", megabytes, () => write(batches(rows), "a"), sizeOf);
  const second = await timed(
    "batches: file to file",
    megabytes,
    async () =>
      write(
        filtered(await decodeValue(first.stored, first.path, { as: "value" }), () => true),
        "b",
      ),
    sizeOf,
  );
  rmSync(first.path);
  const seen = await timed(
    "batches: file read",
    megabytes,
    async () =>
      count(
        await decodeValue(second.stored, second.path, { as: "stream" }),
        (batch: arrow.RecordBatch) => batch.numRows,
      ),
    () => null,
  );
  if (seen !== rows) throw new Error(`${seen} of ${rows} rows came back`);
  rmSync(second.path);

  const few = Math.round(rows / 20);
  const small = (few * 60) / 2 ** 20;
  const streamed = await timed("rows: generator to file", small, () => write(rowsOf(few), "c"), sizeOf);
  await timed(
    "rows: file read as a stream",
    small,
    async () => count(await decodeValue(streamed.stored, streamed.path, { as: "value" }), () => 1),
    () => null,
  );
  const array = await timed("rows: array to file", small, () => write([...rowsOf(few)], "d"), sizeOf);
  await timed(
    "rows: file read as an array",
    small,
    async () => ((await decodeValue(array.stored, array.path, { as: "value" })) as unknown[]).length,
    () => null,
  );
} finally {
  clearInterval(watch);
  rmSync(folder, { recursive: true, force: true });
}
console.log(`\n| ${lines.map((line) => line.join(" | ")).join(" |\n| ")} |`);
