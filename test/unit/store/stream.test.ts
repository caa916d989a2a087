import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import * as arrow from "apache-arrow";
import { TooLargeError, UnstorableValueError } from "../../../src/store/codec-errors.js";
import { decodeValue, encodeValue } from "../../../src/store/codec.js";
import { RowsGuard } from "../../../src/store/memory-guard.js";
import { CodecFolder } from "../../support/codec-round-trip.js";

async function collect(items: unknown): Promise<unknown[]> {
  const collected: unknown[] = [];
  for await (const item of items as AsyncIterable<unknown>) collected.push(item);
  return collected;
}

async function* each<T>(items: Iterable<T>): AsyncGenerator<T, void> {
  for (const item of items) yield await Promise.resolve(item);
}

/** Row groups end at 65,536 rows: what comes in row 70,000 is a surprise to the first. */
const LATE = 70_000;

describe("codec: streams of rows", function () {
  this.timeout(300_000);
  let files: CodecFolder;
  before(async () => (files = await CodecFolder.create()));
  after(() => files.dispose());

  it("gives back what an async generator gave, as often as one iterates (F7, S1.27)", async () => {
    const rows = [{ a: 1, b: "x" }, { a: null, b: undefined }, { b: "y", a: 0.5 }, {}];
    const { stored, path } = await files.write(each(rows));
    assert.deepEqual([stored.kind, stored.format, stored.rows], ["stream", "parquet", 4]);
    const back = (await decodeValue(stored, path, { as: "value" })) as AsyncIterable<unknown>;
    assert.deepStrictEqual(await collect(back), rows);
    const second = await collect(back);
    assert.deepStrictEqual(second, rows);
    assert.notEqual(second[0], (await collect(back))[0], "no reader sees what another did to its rows");
  });

  it("gives a sync generator, a readable stream and an iterable class back as async iterables", async () => {
    function* generate(): Generator<object> {
      yield { n: 1 };
      yield { n: 2 };
    }
    const iterable = { [Symbol.asyncIterator]: () => each([{ n: 1 }, { n: 2 }]) };
    const { Readable } = await import("node:stream");
    for (const value of [generate(), iterable, Readable.from([{ n: 1 }, { n: 2 }]), [{ n: 1 }, { n: 2 }].values()])
      assert.deepEqual(await collect(await files.roundTrip(value)), [{ n: 1 }, { n: 2 }]);
  });

  it("gives back a stream without rows in every view", async () => {
    const { stored, path } = await files.write(each([]));
    assert.equal(stored.rows, 0);
    assert.deepEqual(await collect(await decodeValue(stored, path, { as: "value" })), []);
    assert.deepEqual(await decodeValue(stored, path, { as: "rows" }), []);
    assert.equal(((await decodeValue(stored, path, { as: "table" })) as arrow.Table).numRows, 0);
    assert.deepEqual(await collect(await decodeValue(stored, path, { as: "stream" })), []);
    assert.deepEqual(await decodeValue(stored, path, { as: "columns", columns: ["a"] }), []);
  });

  it("has all views of a table", async () => {
    const rows = Array.from({ length: 1000 }, (_, n) => ({ n, s: `s${n}`, o: { n } }));
    const { stored, path } = await files.write(each(rows));
    assert.deepEqual(await decodeValue(stored, path, { as: "rows" }), rows);
    assert.equal(await decodeValue(stored, path, { as: "path" }), path);
    assert.deepEqual(await decodeValue(stored, path, { as: "columns", columns: ["s"] }), rows.map(({ s }) => ({ s }))); // prettier-ignore
    const table = (await decodeValue(stored, path, { as: "table" })) as arrow.Table;
    assert.deepEqual([table.numRows, table.getChild("s")?.get(999)], [1000, "s999"]);
    const batches = (await collect(await decodeValue(stored, path, { as: "stream" }))) as arrow.RecordBatch[];
    assert.equal(
      batches.reduce((sum, batch) => sum + batch.numRows, 0),
      1000,
    );
  });

  const LATE_CHANGES: readonly (readonly [string, object, object])[] = [
    ["a number that is no integer", { v: 1 }, { v: 1.5 }],
    ["a null", { v: 1 }, { v: null }],
    ["a null and an undefined", { v: 1 }, { v: undefined }],
    ["a text among numbers", { v: 1 }, { v: "x" }],
    ["a number among texts", { v: "x" }, { v: -0 }],
    ["an object among dates", { v: new Date(0) }, { v: { deep: [1n] } }],
    ["a bigint too large for 64 bits", { v: 1n }, { v: 2n ** 70n }],
    ["a value in a column of nulls", { v: null }, { v: "x" }],
    ["a number in a column of nulls", { v: null }, { v: 7 }],
    ["a new column", { v: 1 }, { v: 2, w: "new" }],
    ["a column between two others", { a: 1, c: 2 }, { a: 1, b: 3, c: 2 }],
    ["keys in another order", { a: 1, b: 2 }, { b: 2, a: 1 }],
    ["a row without prototype", { a: 1 }, Object.assign(Object.create(null) as object, { a: 2 })],
    ["no keys at all", { a: 1 }, {}],
    ["a text with half of a surrogate pair", { v: "x" }, { v: "\ud800" }],
  ];
  for (const [title, first, late] of LATE_CHANGES) {
    it(`is exact when ${title} comes only after the first row groups (S3.15)`, async () => {
      const rowAt = (index: number): object => (index === LATE || index === LATE + 5 ? late : first);
      function* generate(): Generator<object> {
        for (let index = 0; index < LATE + 10; index++) yield rowAt(index);
      }
      const scratch = await CodecFolder.create();
      try {
        const { stored, path } = await files.write(generate(), { scratch: scratch.folder });
        assert.deepEqual(await readdir(scratch.folder), [], "no temporary file is left");
        let index = 0;
        for await (const row of (await decodeValue(stored, path, { as: "value" })) as AsyncIterable<unknown>) {
          if (index < 3 || index >= LATE - 2) assert.deepStrictEqual(row, rowAt(index), `row ${index}`);
          index++;
        }
        assert.equal(index, LATE + 10);
      } finally {
        await scratch.dispose();
      }
    });
  }

  it("gives columns that come one by one, one in each of many row groups", async () => {
    const big = "x".repeat(1 << 20);
    const rows = Array.from({ length: 100 }, (_, n) => ({ big, [`c${n}`]: n }));
    const back = await collect(await files.roundTrip(each(rows)));
    assert.deepStrictEqual(back, rows);
  });

  it("writes equal rows to equal bytes, however they come (deterministic)", async () => {
    const rows = Array.from({ length: 3000 }, (_, n) => ({ n: n % 7 === 0 ? n + 0.5 : n, s: n % 2 ? `s${n}` : null }));
    const one = await files.write(each(rows));
    const two = await files.write(rows.values());
    assert.ok(one.bytes.equals(two.bytes));
    assert.deepEqual(one.stored, two.stored);
  });

  it("digests a column by its cells alone, also where other columns make row groups smaller (F25)", async () => {
    const digest = async (extra: (n: number) => object): Promise<string | undefined> => {
      const rows = Array.from({ length: 2000 }, (_, n) => ({ a: n % 3 ? n : null, ...extra(n) }));
      return (await files.write(each(rows))).stored.columns?.[0]?.digest;
    };
    const small = await digest(() => ({}));
    assert.equal(small, await digest(() => ({ b: "x".repeat(30_000) })));
    assert.equal(small, await digest((n) => ({ b: n === 1999 ? "late" : n })), "also when the file is written twice");
    assert.notEqual(small, await digest((n) => (n === 5 ? { a: 6 } : {})));
  });

  it("keeps row groups small, whatever the size of rows (S1.27)", async () => {
    const { stored, path } = await files.write(each(Array.from({ length: 60 }, (_, n) => ({ n, s: "x".repeat(1e6) }))));
    const batches = (await collect(await decodeValue(stored, path, { as: "stream" }))) as arrow.RecordBatch[];
    assert.ok(batches.length >= 3 && batches.every((batch) => batch.numRows <= 20), `${batches.length} row groups`);
  });

  it("takes a row as it is when it is given, also when a stage uses one object for all", async () => {
    async function* generate(): AsyncGenerator<object> {
      const row = { n: 0 };
      for (let n = 0; n < 3; n++) {
        row.n = await Promise.resolve(n);
        yield row;
      }
    }
    assert.deepEqual(await collect(await files.roundTrip(generate())), [{ n: 0 }, { n: 1 }, { n: 2 }]);
  });

  it("asks for the next row only when the rows before are taken care of, and stops asking when it cannot go on", async () => {
    const log: string[] = [];
    async function* generate(): AsyncGenerator<object> {
      try {
        for (let n = 0; ; n++) {
          log.push(`${n}`);
          yield await Promise.resolve(n < 2 ? { n } : { f: () => n });
        }
      } finally {
        log.push("closed");
      }
    }
    const path = files.path();
    // A function is refused when its row group is written, which is at the end or after 65,536 rows.
    await assert.rejects(encodeValue(generate(), path, {}), (error: unknown) => {
      assert.ok(error instanceof UnstorableValueError);
      assert.match(error.message, /^Row 2, column "f".*function/);
      return true;
    });
    assert.deepEqual([log.length, log.at(-1)], [65_536 + 1, "closed"]);
    assert.equal(existsSync(path), false);
  });

  it("passes on what the stage's own code throws, and leaves nothing", async () => {
    const mine = Object.assign(new Error("no such file"), { code: "ENOENT", syscall: "open" });
    const scratch = await CodecFolder.create();
    try {
      const path = scratch.path();
      function* generate(): Generator<object> {
        for (let n = 0; n < LATE; n++) yield { n };
        yield { n: "widened" };
        for (let n = 0; n < LATE; n++) yield { n };
        throw mine;
      }
      await assert.rejects(encodeValue(generate(), path, { scratch: scratch.folder }), (error) => error === mine);
      assert.deepEqual(await readdir(scratch.folder), []);
    } finally {
      await scratch.dispose();
    }
  });

  it("ends with the signal's reason and closes the source (F50)", async () => {
    const cancelling = new AbortController();
    let closed = false;
    async function* generate(): AsyncGenerator<object> {
      try {
        for (let n = 0; ; n++) {
          if (n === 100_000) cancelling.abort(new Error("cancelled"));
          yield await Promise.resolve({ n });
        }
      } finally {
        closed = true;
      }
    }
    const path = files.path();
    await assert.rejects(encodeValue(generate(), path, { signal: cancelling.signal }), /cancelled/);
    assert.deepEqual([closed, existsSync(path)], [true, false]);
  });

  it("closes the file when its reader stops early, and answers calls that did not wait for one another", async () => {
    const { stored, path } = await files.write(each(Array.from({ length: 10 }, (_, n) => ({ n }))));
    const open = async (): Promise<number> =>
      process.platform === "linux" ? (await readdir("/proc/self/fd")).length : 0;
    const back = (await decodeValue(stored, path, { as: "value" })) as AsyncIterable<{ n: number }>;
    const before = await open();
    for await (const { n } of back) if (n === 2) break;
    await assert.rejects(async () => {
      for await (const { n } of back) throw new Error(`at ${n}`);
    }, /at 0/);
    const iterator = back[Symbol.asyncIterator]();
    const three = await Promise.all([iterator.next(), iterator.next(), iterator.next()]);
    assert.deepEqual(
      three.map((result) => (result.value as { n: number }).n),
      [0, 1, 2],
    );
    await iterator.return?.();
    assert.deepEqual(await iterator.next(), { done: true, value: undefined });
    assert.equal(await open(), before);
  });

  for (const [title, item, message] of [
    ["arrays of rows", [{ a: 1 }], /Row 1 .*an array.*yield\* rows/],
    ["promises", Promise.resolve({ a: 1 }), /await/],
    ["bytes", new Uint8Array(3), /format: "file"/],
    ["record batches behind rows", arrow.tableFromArrays({ a: [1] }).batches[0], /rows or record batches, not both/],
    ["class instances", new URL("http://x"), /class URL/],
  ] as const) {
    it(`refuses ${title}, with the number of the row and what to do`, async () => {
      function* generate(): Generator {
        yield { a: 0 };
        yield item;
      }
      const path = files.path();
      await assert.rejects(
        encodeValue(generate(), path, {}),
        (error: unknown) => error instanceof UnstorableValueError && message.test(error.message),
      );
      assert.equal(existsSync(path), false);
    });
  }
});

describe("codec: streams of record batches", function () {
  this.timeout(300_000);
  let files: CodecFolder;
  before(async () => (files = await CodecFolder.create()));
  after(() => files.dispose());

  const table = (from: number, to: number): arrow.Table =>
    new arrow.Table({
      n: arrow.vectorFromArray(
        Array.from({ length: to - from }, (_, index) => ((from + index) % 3 ? from + index : null)),
        new arrow.Int32(),
      ),
      s: arrow.vectorFromArray(Array.from({ length: to - from }, (_, index) => `s${(from + index) % 5}`)),
    });
  const batchesOf = (...sizes: readonly number[]): arrow.RecordBatch[] => {
    let from = 0;
    return sizes.flatMap((size) => table(from, (from += size)).batches);
  };
  const cells = (batches: readonly unknown[]): unknown[] =>
    (batches as arrow.RecordBatch[]).flatMap((batch) =>
      batch.toArray().map((row) => (row as arrow.StructRow).toJSON()),
    );

  it("gives back the same rows as batches, and as rows", async () => {
    const batches = batchesOf(10, 1, 500);
    const { stored, path } = await files.write(each(batches));
    assert.deepEqual([stored.kind, stored.rows], ["stream", 511]);
    const back = await collect(await decodeValue(stored, path, { as: "value" }));
    assert.deepEqual(cells(back), cells(batches));
    assert.equal(((await decodeValue(stored, path, { as: "rows" })) as unknown[]).length, 511);
  });

  it("writes equal rows to equal bytes whatever the batches, each with a dictionary of its own (deterministic)", async () => {
    const one = await files.write(each(batchesOf(3000)));
    const two = await files.write(each(batchesOf(1, 999, 1024, 976)));
    assert.ok(one.bytes.equals(two.bytes));
    assert.deepEqual(one.stored.columns, two.stored.columns);
  });

  it("takes tables too, and no batch at all", async () => {
    assert.equal((await files.write(each([table(0, 5), table(5, 9)]))).stored.rows, 9);
    assert.equal((await files.write(each([table(0, 0)]))).stored.rows, 0);
  });

  it("keeps which columns cannot be null", async () => {
    const data = arrow.vectorFromArray([1, 2], new arrow.Int32()).data[0];
    const schema = new arrow.Schema([new arrow.Field("a", new arrow.Int32(), false)]);
    assert.ok(data !== undefined);
    const struct = arrow.makeData({ type: new arrow.Struct(schema.fields), length: 2, nullCount: 0, children: [data] });
    const back = (await collect(
      await files.roundTrip(each([new arrow.RecordBatch(schema, struct)])),
    )) as arrow.RecordBatch[];
    assert.equal(back[0]?.schema.fields[0]?.nullable, false);
  });

  it("refuses a batch of another schema, and says which column", async () => {
    const other = arrow.tableFromArrays({ n: Float64Array.of(1), s: ["x"] }).batches;
    await assert.rejects(
      encodeValue(each([...batchesOf(3), ...other]), files.path(), {}),
      /Batch 1 .*"n": Float64 instead of "n": Int32/,
    );
    await assert.rejects(
      encodeValue(each([...batchesOf(3), { n: 1 }]), files.path(), {}),
      /Batch 1 .*one or the other/,
    );
  });
});

describe("codec: rows that do not fit into memory", () => {
  const memory = (heapUsed: number) => () => ({ heapLimit: 1000, heapUsed, available: 1000 });

  it("are refused before they are made when their shapes alone are too large, and .stream() is named", () => {
    assert.throws(
      () => new RowsGuard({ rows: 100, columns: 10 }, memory(0)),
      (error: unknown) => error instanceof TooLargeError && /100 rows.*\.stream\(\)/.test(error.message),
    );
  });

  it("are refused while they are made when memory will not last for the rest, and not before", () => {
    new RowsGuard({ rows: 10, columns: 1 }, memory(700)).check(5);
    new RowsGuard({ rows: 10, columns: 1 }, memory(850)).check(10);
    assert.throws(() => new RowsGuard({ rows: 10, columns: 1 }, memory(850)).check(5), TooLargeError);
  });
});
