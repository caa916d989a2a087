import assert from "node:assert/strict";
import * as arrow from "apache-arrow";
import { writeFile } from "node:fs/promises";
import { CorruptObjectError, decodeValue } from "../../../src/store/codec.js";
import { previewText } from "../../../src/store/preview-text.js";
import { openTable } from "../../../src/store/table-reader.js";
import { CodecFolder } from "../../support/codec-round-trip.js";

describe("preview of stored values", function () {
  this.timeout(20_000);
  let files: CodecFolder;
  before(async () => void (files = await CodecFolder.create()));
  after(() => files.dispose());

  it("shows each sort of cell as text, and tells the absent ones apart", async () => {
    const rows = [
      { n: -0, s: "<b>&", d: new Date(0), i: 2n ** 70n, y: Uint8Array.of(1, 255), o: { a: [1] }, x: null },
      { n: 1.5, x: undefined },
    ];
    for (const format of ["parquet", "json"] as const) {
      const { stored, path } = await files.write(rows, { format });
      const table = await openTable(stored, path);
      assert.equal(table.rows, 2);
      assert.deepEqual(
        table.columns.map((column) => column.name),
        ["n", "s", "d", "i", "y", "o", "x"],
      );
      const missing = { text: "", type: "missing" };
      assert.deepEqual(await table.readRows(0, 100), [
        [
          { text: "-0", type: "number" },
          { text: "<b>&", type: "value" },
          { text: "1970-01-01T00:00:00.000Z", type: "value" },
          { text: "1180591620717411303424", type: "number" },
          { text: "2 bytes: 01ff", type: "value" },
          { text: "{ a: [ 1 ] }", type: "value" },
          { text: "null", type: "null" },
        ],
        [
          { text: "1.5", type: "number" },
          missing,
          missing,
          missing,
          missing,
          missing,
          { text: "undefined", type: "undefined" },
        ],
      ]);
      table.close();
    }
  });

  it("can be closed while it is read, more than once, and says so to who reads after", async () => {
    const { stored, path } = await files.write(Array.from({ length: 1000 }, (_, i) => ({ i })));
    const table = await openTable(stored, path);
    const reading = table.readRows(0, 3);
    table.close();
    table.close();
    assert.equal((await reading).length, 3);
    await assert.rejects(table.readRows(500, 3), /was closed/);
  });

  it("shows a struct's fields by their place, whatever they are called", async () => {
    const fields = ["constructor", "toJSON", "toString"].map((name) => new arrow.Field(name, new arrow.Utf8(), true));
    const builder = arrow.makeBuilder({ type: new arrow.Struct(fields) });
    builder.append({ constructor: "Ferrari", toJSON: "a", toString: "b" });
    const table = new arrow.Table({ car: builder.finish().toVector() });
    const { stored, path } = await files.write(table);
    const rows = (await decodeValue(stored, path, { as: "rows" })) as { car: object }[];
    assert.deepEqual(Object.entries(rows[0]!.car), [
      ["constructor", "Ferrari"],
      ["toJSON", "a"],
      ["toString", "b"],
    ]);
  });

  it("reads any window over the borders of row groups", async () => {
    const { stored, path } = await files.write(Array.from({ length: 200_000 }, (_, i) => ({ i, t: `t${i}` })));
    const table = await openTable(stored, path);
    for (const [start, count, expected] of [
      [0, 3, 3],
      [65_530, 20, 20],
      [131_070, 4, 4],
      [199_990, 100, 10],
      [200_000, 5, 0],
      [-5, 2, 2],
      [10, 0, 0],
    ] as const) {
      const rows = await table.readRows(start, count);
      assert.deepEqual(
        rows.map((row) => row[0]?.text),
        Array.from({ length: expected }, (_, i) => String(Math.max(0, start) + i)),
      );
    }
    const all = await Promise.all([table.readRows(0, 5), table.readRows(100_000, 5), table.readRows(199_000, 5)]);
    assert.deepEqual(
      all.map((rows) => rows[4]?.[1]?.text),
      ["t4", "t100004", "t199004"],
    );
    table.close();
  });

  it("shows an Arrow table", async () => {
    const { stored, path } = await files.write(
      new arrow.Table({
        a: arrow.vectorFromArray([1, 2], new arrow.Int32()),
        d: arrow.vectorFromArray([new Date(0), null], new arrow.TimestampMillisecond()),
      }),
    );
    const table = await openTable(stored, path);
    assert.deepEqual(await table.readRows(1, 5), [
      [
        { text: "2", type: "number" },
        { text: "null", type: "null" },
      ],
    ]);
    table.close();
  });

  it("cuts long cells", async () => {
    const { stored, path } = await files.write([{ a: "x".repeat(100_000) }]);
    const table = await openTable(stored, path);
    assert.equal((await table.readRows(0, 1))[0]?.[0]?.text.length, 1001);
    table.close();
  });

  it("shows other values as text, cut at a limit", async () => {
    const show = async (value: unknown) => {
      const { stored, path } = await files.write(value);
      return previewText(stored, path);
    };
    assert.deepEqual(await show({ a: [1, "x"] }), { text: '{\n  "a": [\n    1,\n    "x"\n  ]\n}', cut: false });
    assert.deepEqual(await show({ m: new Map([[1, undefined]]), n: -0 }), {
      text: "{ m: Map(1) { 1 => undefined }, n: -0 }",
      cut: false,
    });
    assert.deepEqual(await show("plain"), { text: "plain", cut: false });
    assert.deepEqual(await show(undefined), { text: "undefined", cut: false });
    assert.match((await show(Buffer.from("Hi\n"))).text, /^3 bytes\n00000000 {2}48 69 0a +Hi\.$/);
    assert.equal((await show("x".repeat(300_000))).cut, true);
  });

  it("refuses damaged objects", async () => {
    const { stored, path, bytes } = await files.write([{ a: 1 }]);
    await writeFile(path, bytes.subarray(1));
    await assert.rejects(openTable(stored, path), CorruptObjectError);
  });
});
