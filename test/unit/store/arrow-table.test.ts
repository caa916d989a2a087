import assert from "node:assert/strict";
import * as arrow from "apache-arrow";
import { decodeValue, encodeValue, UnstorableValueError } from "../../../src/store/codec.js";
import { decimalText } from "../../../src/store/arrow-rows.js";
import { CodecFolder } from "../../support/codec-round-trip.js";

const N = 100;
const values = <T>(make: (index: number) => T | null): (T | null)[] =>
  Array.from({ length: N }, (_, index) => (index % 7 === 3 ? null : make(index)));

/** One column for each type, built by Arrow's own builders from the values. */
const TYPES: readonly (readonly [string, arrow.DataType, readonly unknown[]])[] = [
  ["int8", new arrow.Int8(), values((i) => i - 50)],
  ["uint8", new arrow.Uint8(), values((i) => i * 2)],
  ["int16", new arrow.Int16(), values((i) => -i * 300)],
  ["uint16", new arrow.Uint16(), values((i) => i * 600)],
  ["int32", new arrow.Int32(), values((i) => -i * 20_000_000)],
  ["uint32", new arrow.Uint32(), values((i) => i * 40_000_000)],
  ["int64", new arrow.Int64(), values((i) => -BigInt(i) * 2n ** 55n)],
  ["uint64", new arrow.Uint64(), values((i) => BigInt(i) * 2n ** 56n)],
  ["float32", new arrow.Float32(), values((i) => (i === 5 ? -0 : i === 6 ? Number.NaN : Math.fround(i / 3)))],
  ["float64", new arrow.Float64(), values((i) => (i === 5 ? -Infinity : i / 3))],
  ["bool", new arrow.Bool(), values((i) => i % 3 === 0)],
  ["utf8", new arrow.Utf8(), values((i) => (i === 0 ? "" : `té\u0000xt ${i}`))],
  ["large utf8", new arrow.LargeUtf8(), values((i) => `t${i}`)],
  ["binary", new arrow.Binary(), values((i) => Uint8Array.of(i, 0, 255))],
  ["fixed-size binary", new arrow.FixedSizeBinary(3), values((i) => Uint8Array.of(i, 1, 2))],
  ["date day", new arrow.DateDay(), values((i) => new Date(i * 86_400_000 * 30 - 1e11))],
  ["date ms", new arrow.DateMillisecond(), values((i) => new Date(i * 86_400_000))],
  ["timestamp s", new arrow.TimestampSecond(), values((i) => i * 1000)],
  ["timestamp ms with zone", new arrow.TimestampMillisecond("Europe/Zurich"), values((i) => i * 1001)],
  ["timestamp us", new arrow.TimestampMicrosecond(), values((i) => i)],
  ["timestamp ns", new arrow.TimestampNanosecond("UTC"), values((i) => i)],
  ["time ms", new arrow.TimeMillisecond(), values((i) => i * 1000)],
  ["time ns", new arrow.TimeNanosecond(), values((i) => BigInt(i))],
  ["duration us", new arrow.DurationMicrosecond(), values((i) => BigInt(i))],
  [
    "list of int",
    new arrow.List(new arrow.Field("item", new arrow.Int32(), true)),
    values((i) => Array.from({ length: i % 4 }, (_, k) => (k === 2 ? null : k))),
  ],
  [
    "fixed-size list",
    new arrow.FixedSizeList(2, new arrow.Field("item", new arrow.Float64(), true)),
    values((i) => [i, i / 2]),
  ],
  [
    "list of lists of text",
    new arrow.List(new arrow.Field("item", new arrow.List(new arrow.Field("item", new arrow.Utf8(), true)), true)),
    values((i) => [[`${i}`], []]),
  ],
  [
    "struct",
    new arrow.Struct([new arrow.Field("a", new arrow.Int32(), true), new arrow.Field("b", new arrow.Utf8(), true)]),
    values((i) => ({ a: i, b: i % 2 ? `b${i}` : null })),
  ],
  ["dictionary", new arrow.Dictionary(new arrow.Utf8(), new arrow.Int8()), values((i) => `word ${i % 5}`)],
  ["null", new arrow.Null(), values(() => null)],
];

/** Every cell as text, which shows types, nulls and values. */
function cellsOf(table: arrow.Table): string[][] {
  return Array.from({ length: table.numRows }, (_, index) =>
    table.schema.fields.map((field) => JSON.stringify(table.getChild(field.name)?.get(index) ?? null, showNumber)),
  );
}

function showNumber(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "number") return value;
  return Object.is(value, -0) ? "-0" : Number.isFinite(value) ? value : String(value);
}

function assertSameTable(actual: unknown, expected: arrow.Table): void {
  assert.ok(actual instanceof arrow.Table);
  assert.deepEqual(
    actual.schema.fields.map((field) => `${field.name}: ${String(field.type)} ${field.nullable}`),
    expected.schema.fields.map((field) => `${field.name}: ${String(field.type)} ${field.nullable}`),
  );
  assert.deepEqual([...actual.schema.metadata], [...expected.schema.metadata]);
  assert.deepEqual(
    actual.schema.fields.map((field) => [...field.metadata]),
    expected.schema.fields.map((field) => [...field.metadata]),
  );
  assert.equal(actual.numRows, expected.numRows);
  assert.deepEqual(cellsOf(actual), cellsOf(expected));
}

const vectorOf = (type: arrow.DataType, items: readonly unknown[]): arrow.Vector => {
  const builder = arrow.makeBuilder({ type, nullValues: [null, undefined] });
  for (const item of items) builder.append(item);
  return builder.finish().toVector();
};

describe("codec: Arrow tables", function () {
  this.timeout(30_000);
  let files: CodecFolder;
  before(async () => void (files = await CodecFolder.create()));
  after(() => files.dispose());

  for (const [title, type, items] of TYPES) {
    it(`gives back a column of ${title} as it was, with nulls`, async () => {
      assertSameTable(
        await files.roundTrip(new arrow.Table({ x: vectorOf(type, items) })),
        new arrow.Table({ x: vectorOf(type, items) }),
      );
    });
  }

  it("gives back all types at once, sliced and in several batches, one of them empty", async () => {
    const columns = Object.fromEntries(TYPES.map(([title, type, items]) => [title, vectorOf(type, items)]));
    const table = new arrow.Table(columns);
    assertSameTable(await files.roundTrip(table), table);
    for (const [from, to] of [
      [3, 17],
      [8, 64],
      [99, 100],
    ] as const) {
      const part = table.slice(from, to);
      assertSameTable(await files.roundTrip(part), part);
    }
    const joined = new arrow.Table(table.schema, [
      ...table.slice(0, 10).batches,
      table.batches[0]!.slice(5, 5),
      ...table.slice(50, 90).batches,
    ]);
    const expected = [...cellsOf(table.slice(0, 10)), ...cellsOf(table.slice(50, 90))];
    assert.deepEqual(cellsOf((await files.roundTrip(joined)) as arrow.Table), expected);
  });

  it("keeps schema and field metadata, in order, also inside nested types", async () => {
    const inner = new arrow.Field("a", new arrow.Int32(), true, new Map([["unit", "m"]]));
    const fields = [
      new arrow.Field(
        "s",
        new arrow.Struct([inner]),
        true,
        new Map([
          ["z", "1"],
          ["b", "2"],
        ]),
      ),
    ];
    const schema = new arrow.Schema(
      fields,
      new Map([
        ["second", "2"],
        ["first", "ü"],
      ]),
    );
    const child = vectorOf(fields[0]!.type, [{ a: 1 }, null]).data[0]!;
    const table = new arrow.Table(
      schema,
      new arrow.RecordBatch(
        schema,
        arrow.makeData({ type: new arrow.Struct(fields), length: 2, nullCount: 0, children: [child] as arrow.Data[] }),
      ),
    );
    const back = (await files.roundTrip(table)) as arrow.Table;
    assertSameTable(back, table);
    const struct = back.schema.fields[0]!.type as arrow.Struct;
    assert.deepEqual([...struct.children[0]!.metadata], [["unit", "m"]]);
    const first = await files.write(table);
    assert.equal((await files.write(table)).stored.digest, first.stored.digest);
  });

  it("gives back a table without rows, with its schema", async () => {
    const table = new arrow.Table(new arrow.Schema(TYPES.map(([title, type]) => new arrow.Field(title, type, true))));
    const back = (await files.roundTrip(table)) as arrow.Table;
    assert.equal(back.numRows, 0);
    assert.deepEqual(back.schema.fields.map(String), table.schema.fields.map(String));
  });

  it("cuts a large table into row groups and gives it back whole", async () => {
    const count = 200_001;
    const numbers = arrow.makeVector(Float64Array.from({ length: count }, (_, index) => index / 7));
    const gaps = arrow.makeVector(
      arrow.makeData({
        type: new arrow.Int32(),
        length: count,
        data: Int32Array.from({ length: count }, (_, index) => index),
        nullBitmap: new Uint8Array(Math.ceil(count / 8)).fill(0b01110111),
      }),
    );
    const texts = vectorOf(
      new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32()),
      Array.from({ length: count }, (_, index) => `k${index % 11}`),
    );
    const lists = vectorOf(
      new arrow.List(new arrow.Field("item", new arrow.Int32(), true)),
      Array.from({ length: count }, (_, index) => (index % 13 === 0 ? null : [index, index + 1].slice(index % 3))),
    );
    const table = new arrow.Table({ numbers, gaps, texts, lists });
    const { stored, path } = await files.write(table);
    const back = (await decodeValue(stored, path, { as: "value" })) as arrow.Table;
    assert.equal(back.numRows, count);
    for (const index of [0, 1, 65_535, 65_536, 131_072, 199_999, 200_000])
      assert.equal(JSON.stringify(back.get(index)), JSON.stringify(table.get(index)));
    let rows = 0;
    for await (const batch of (await decodeValue(stored, path, { as: "stream" })) as AsyncIterable<arrow.RecordBatch>)
      rows += batch.numRows;
    assert.equal(rows, count);
    assert.equal(stored.columns?.[1]?.nulls, table.getChild("gaps")!.nullCount);
  });

  it("recognises a table of another copy of Arrow by its structure", async () => {
    const table = new arrow.Table({
      a: vectorOf(new arrow.Int32(), [1, null, 3]),
      t: vectorOf(new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32()), ["x", "y", "x"]),
    });
    const foreign = {
      schema: strip(table.schema),
      batches: table.batches.map((batch) => ({
        numRows: batch.numRows,
        data: batch.data,
        schema: strip(batch.schema),
      })),
      numRows: table.numRows,
      numCols: table.numCols,
    };
    assertSameTable(await files.roundTrip(foreign), table);
  });

  it("gives rows with JavaScript's values", async () => {
    const table = new arrow.Table({
      n: vectorOf(new arrow.Int64(), [5n, null]),
      d: vectorOf(new arrow.TimestampMillisecond(), [1000, null]),
      l: vectorOf(new arrow.List(new arrow.Field("item", new arrow.Utf8(), true)), [["a", null], []]),
      s: vectorOf(new arrow.Struct([new arrow.Field("x", new arrow.Bool(), true)]), [{ x: true }, null]),
      t: vectorOf(new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32()), ["x", null]),
    });
    assert.deepStrictEqual(await files.roundTrip(table, {}, { as: "rows" }), [
      { n: 5n, d: new Date(1000), l: ["a", null], s: { x: true }, t: "x" },
      { n: null, d: null, l: [], s: null, t: null },
    ]);
    assert.deepStrictEqual(await files.roundTrip(table, {}, { as: "columns", columns: ["t", "n"] }), [
      { t: "x", n: 5n },
      { t: null, n: null },
    ]);
    assert.equal(decimalText(Uint32Array.of(0xffffff85, 0xffffffff, 0xffffffff, 0xffffffff), 2), "-1.23");
    assert.equal(decimalText(Uint32Array.of(5, 0, 0, 0), 3), "0.005");
  });

  it("digests each column by its own content", async () => {
    const digests = async (table: arrow.Table) =>
      (await files.write(table)).stored.columns!.map((column) => column.digest);
    const a = vectorOf(new arrow.Int32(), [1, 2, 3]);
    const [one] = await digests(new arrow.Table({ a, b: vectorOf(new arrow.Utf8(), ["x", "y", "z"]) }));
    const [same, other] = await digests(new arrow.Table({ a, b: vectorOf(new arrow.Utf8(), ["x", "y", "!"]) }));
    assert.equal(one, same);
    assert.notEqual(one, other);
  });

  const one = vectorOf(new arrow.Int32(), [1]);
  const twice = new arrow.Schema([new arrow.Field("a", new arrow.Int32()), new arrow.Field("a", new arrow.Int32())]);
  const REFUSED: readonly (readonly [string, () => unknown, RegExp])[] = [
    [
      "a union",
      () =>
        new arrow.Table({
          u: vectorOf(
            new arrow.SparseUnion(
              [0, 1],
              [new arrow.Field("i", new arrow.Int32(), true), new arrow.Field("s", new arrow.Utf8(), true)],
            ),
            [],
          ),
        }),
      /Column "u" has the Arrow type .*Union/,
    ],
    [
      "months, days and nanoseconds",
      () => new arrow.Table(new arrow.Schema([new arrow.Field("i", new arrow.IntervalMonthDayNano())])),
      /Column "i" has the Arrow type/,
    ],
    [
      "a struct without fields",
      () => new arrow.Table(new arrow.Schema([new arrow.Field("s", new arrow.Struct([]))])),
      /Column "s"/,
    ],
    [
      "two columns of one name",
      () =>
        new arrow.Table(
          twice,
          new arrow.RecordBatch(
            twice,
            arrow.makeData({
              type: new arrow.Struct(twice.fields),
              length: 1,
              nullCount: 0,
              children: [one.data[0]!, one.data[0]!] as arrow.Data[],
            }),
          ),
        ),
      /two columns named "a"/,
    ],
    ["no columns", () => new arrow.Table(new arrow.Schema([])), /no columns/],
    ["half a surrogate pair in a name", () => new arrow.Table({ "\ud800": one }), /surrogate/],
  ];
  for (const [title, make, message] of REFUSED) {
    it(`refuses ${title}, by name`, async () => {
      await assert.rejects(
        encodeValue(make(), files.path(), {}),
        (error: unknown) =>
          (error instanceof UnstorableValueError && message.test(error.message)) || assert.fail(String(error)),
      );
    });
  }
});

function strip(schema: arrow.Schema): object {
  return {
    fields: schema.fields.map((field) => ({
      name: field.name,
      type: field.type as unknown,
      nullable: field.nullable,
      metadata: field.metadata,
    })),
    metadata: schema.metadata,
  };
}
