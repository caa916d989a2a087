import assert from "node:assert/strict";
import { DuckDBInstance, type DuckDBConnection } from "@duckdb/node-api";
import * as arrow from "apache-arrow";
import { CodecFolder } from "../../support/codec-round-trip.js";

/** A stored file is opened by other programs, and its columns have the types a person would expect there. */
describe("a stored table in DuckDB (S3.14)", function () {
  this.timeout(60_000);
  let files: CodecFolder;
  let duckdb: DuckDBConnection;
  before(async () => {
    files = await CodecFolder.create();
    duckdb = await (await DuckDBInstance.create()).connect();
  });
  after(async () => {
    duckdb.closeSync();
    await files.dispose();
  });

  async function read(value: unknown, sql = "select *"): Promise<{ types: Record<string, string>; rows: unknown[] }> {
    const { path } = await files.write(value);
    const reader = await duckdb.runAndReadAll(`${sql} from read_parquet('${path}')`);
    const types = Object.fromEntries(
      reader.columnNames().map((name, index) => [name, String(reader.columnType(index))]),
    );
    return { types, rows: reader.getRowObjectsJson() };
  }

  it("numbers, text, booleans, dates, big integers and bytes have types of their own, and the same values", async () => {
    const { types, rows } = await read([
      {
        n: 1.5,
        i: 3,
        t: "ä",
        b: true,
        d: new Date("2024-02-29T12:00:00.123Z"),
        big: 2n ** 60n,
        raw: Uint8Array.of(1, 255),
      },
      { n: -0.25, i: -4, t: "", b: false, d: new Date("1900-01-01T00:00:00Z"), big: -5n, raw: Uint8Array.of() },
    ]);
    assert.deepEqual(types, {
      n: "DOUBLE",
      i: "INTEGER",
      t: "VARCHAR",
      b: "BOOLEAN",
      d: "TIMESTAMP WITH TIME ZONE",
      big: "BIGINT",
      raw: "BLOB",
    });
    assert.deepEqual(rows, [
      { n: 1.5, i: 3, t: "ä", b: true, d: "2024-02-29 12:00:00.123+00", big: String(2n ** 60n), raw: "\\x01\\xFF" },
      { n: -0.25, i: -4, t: "", b: false, d: "1900-01-01 00:00:00+00", big: "-5", raw: "" },
    ]);
  });

  it("null, undefined and a missing key are all NULL there", async () => {
    const { rows } = await read([{ a: 1, b: "x" }, { a: null, b: undefined }, { a: 3 }], "select a, b");
    assert.deepEqual(rows, [
      { a: 1, b: "x" },
      { a: null, b: null },
      { a: 3, b: null },
    ]);
  });

  it("nested and mixed columns are JSON text that can be queried", async () => {
    const { types, rows } = await read(
      [
        { tags: ["a", "b"], point: { x: 1, y: null }, mixed: 1 },
        { tags: [], point: { x: 2 }, mixed: "one" },
      ],
      "select tags->>0 as first, (point->'x')::int as x, mixed",
    );
    assert.equal(types["mixed"], "VARCHAR");
    assert.deepEqual(rows, [
      { first: "a", x: 1, mixed: "1" },
      { first: null, x: 2, mixed: '"one"' },
    ]);
  });

  it("awkward column names stay what they are, but for __proto__, which Arrow would lose: it has a number", async () => {
    const names = ["a.b", "a b", "ü", "select", '"quoted"', "__proto__", "constructor", "😀"];
    // `fromEntries` makes an own property of `__proto__` too.
    const row: unknown = Object.fromEntries(names.map((name, index) => [name, index]));
    const { types } = await read([row]);
    const expected = names.map((name, index) => (name === "__proto__" ? `column_${index}` : name));
    assert.deepEqual(Object.keys(types).sort(), expected.sort());
  });

  it("an Arrow table has its own types", async () => {
    const table = new arrow.Table({
      id: arrow.vectorFromArray([1n, 2n], new arrow.Uint64()),
      day: arrow.vectorFromArray([new Date("2024-01-31"), null], new arrow.DateDay()),
      at: arrow.vectorFromArray([1, 2], new arrow.TimestampMicrosecond()),
      words: arrow.vectorFromArray(["x", "y"], new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32())),
      lists: arrow.vectorFromArray([[1, 2], []], new arrow.List(new arrow.Field("item", new arrow.Int32(), true))),
      part: arrow.vectorFromArray(
        [{ x: 1.5 }, null],
        new arrow.Struct([new arrow.Field("x", new arrow.Float64(), true)]),
      ),
    });
    const { types, rows } = await read(table);
    assert.deepEqual(types, {
      id: "UBIGINT",
      day: "DATE",
      at: "TIMESTAMP",
      words: "VARCHAR",
      lists: "INTEGER[]",
      part: 'STRUCT("x" DOUBLE)',
    });
    assert.equal(rows.length, 2);
  });

  it("several row groups are one table there", async () => {
    const count = 200_000;
    const rows = Array.from({ length: count }, (_, index) => ({ index, text: `row ${index}` }));
    const { rows: sums } = await read(
      rows,
      "select count(*)::int as n, sum(index)::double as total, max(text) as last",
    );
    assert.deepEqual(sums, [{ n: count, total: (count * (count - 1)) / 2, last: "row 99999" }]);
  });
});
