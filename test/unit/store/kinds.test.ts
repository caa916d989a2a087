import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type * as arrow from "apache-arrow";
import pl from "nodejs-polars";
import { UnstorableValueError, UnsuitableViewError } from "../../../src/store/codec-errors.js";
import { decodeValue, encodeValue } from "../../../src/store/codec.js";
import { CodecFolder } from "../../support/codec-round-trip.js";

describe("codec: Polars data frames", function () {
  this.timeout(60_000);
  let files: CodecFolder;
  before(async () => (files = await CodecFolder.create()));
  after(() => files.dispose());

  const frame = pl.DataFrame({
    a: [1, 2, null],
    s: ["x", null, "zé"],
    d: [new Date(0), new Date(1e12), null],
    b: [true, false, null],
    l: [[1, 2], [3], []],
    c: pl.Series("c", ["u", "v", "u"]).cast(pl.Categorical),
    i: pl.Series("i", [1n, 2n, 3n], pl.Int64),
    u: pl.Series("u", [1, 2, 3], pl.UInt8),
    m: pl.Series("m", [1, 2, 3]).cast(pl.Duration("ms")),
    day: pl.Series("day", [1, 2, 3]).cast(pl.Date),
    t: pl.Series("t", [1, 2, 3]).cast(pl.Time),
    st: pl.Series("st", [
      { x: 1, y: "a" },
      { x: 2, y: "b" },
      { x: 3, y: "c" },
    ]),
  });

  const typesOf = (of: pl.DataFrame): string[] =>
    of.columns.map((name) => `${name}: ${String(of.getColumn(name).dtype)}`);

  it("come back as data frames, equal in cells and types", async () => {
    const { stored, path } = await files.write(frame);
    assert.deepEqual([stored.kind, stored.format, stored.rows], ["frame", "parquet", 3]);
    const back = (await decodeValue(stored, path, { as: "value" })) as pl.DataFrame;
    assert.ok(back.frameEqual(frame));
    assert.deepEqual(typesOf(back), typesOf(frame));
  });

  it("have all views of a table, and digests of their columns", async () => {
    const { stored, path } = await files.write(frame);
    const rows = (await decodeValue(stored, path, { as: "columns", columns: ["a", "s"] })) as object[];
    assert.deepEqual(rows[2], { a: null, s: "zé" });
    assert.equal(((await decodeValue(stored, path, { as: "table" })) as arrow.Table).numRows, 3);
    const other = await files.write(frame.withColumn(pl.Series("a", [9, 9, 9])));
    const changed = stored.columns?.filter((column, index) => column.digest !== other.stored.columns?.[index]?.digest);
    assert.deepEqual(changed?.map((column) => column.name), ["a"]); // prettier-ignore
  });

  it("say what to do where nodejs-polars is not installed", async () => {
    const { stored, path } = await files.write(frame);
    await assert.rejects(
      decodeValue(stored, path, { as: "value" }, { projectRoot: files.folder }),
      (error: unknown) => error instanceof UnsuitableViewError && /nodejs-polars.*\.rows\(\)/.test(error.message),
    );
  });
});

describe("codec: files and responses", () => {
  let files: CodecFolder;
  before(async () => (files = await CodecFolder.create()));
  after(() => files.dispose());

  it("moves a file of the stage's own folder, and copies one from elsewhere (F7)", async () => {
    const scratch = join(files.folder, "tmp");
    await mkdir(scratch);
    const [own, other] = [join(scratch, "a.csv"), join(files.folder, "b.tar.gz")];
    await writeFile(own, "own");
    await writeFile(other, "other");
    const first = await files.write(own, { format: "file", scratch });
    const second = await files.write(other, { format: "file", scratch });
    assert.deepEqual([first.stored.kind, first.stored.format, second.stored.format], ["file", "file.csv", "file.gz"]);
    assert.deepEqual([existsSync(own), existsSync(other)], [false, true]);
    assert.equal(await decodeValue(second.stored, second.path, { as: "value" }), second.path);
    assert.equal(await readFile(second.path, "utf8"), "other");
    await assert.rejects(decodeValue(second.stored, second.path, { as: "rows" }), /a file, not a table/);
  });

  it("leaves out an extension that is not safe in a name", async () => {
    const path = join(files.folder, "x. weird");
    await writeFile(path, "x");
    assert.equal((await files.write(path, { format: "file" })).stored.format, "file");
  });

  for (const [title, value, message] of [
    ["a path without a file", "missing.csv", /no such file.*await/],
    ["a folder", ".", /a folder.*one file/],
    ["something that is no path", { path: "x" }, /instead of a path/],
  ] as const) {
    it(`refuses ${title} as a file`, async () => {
      await assert.rejects(
        encodeValue(value, files.path(), { format: "file" }),
        (error: unknown) => error instanceof UnstorableValueError && message.test(error.message),
      );
    });
  }

  it("gives back a Response with body, content type and status, anew for each reader", async () => {
    const response = (): Response =>
      new Response("ü", { status: 203, headers: { "content-type": "text/plain; charset=utf-8", age: "5" } });
    const { stored, path } = await files.write(response());
    assert.deepEqual(stored.media, { type: "text/plain; charset=utf-8", status: 203 });
    for (let reader = 0; reader < 2; reader++) {
      const back = (await decodeValue(stored, path, { as: "value" })) as Response;
      assert.deepEqual([back.status, back.headers.get("content-type"), back.headers.get("age")], [203, "text/plain; charset=utf-8", null]); // prettier-ignore
      assert.equal(await back.text(), "ü");
    }
    const empty = (await files.roundTrip(new Response(null, { status: 204 }))) as Response;
    assert.deepEqual([empty.status, empty.body, empty.headers.get("content-type")], [204, null, null]);
  });

  it("refuses a Response that was read, or that is an error", async () => {
    const read = new Response("x");
    await read.text();
    await assert.rejects(encodeValue(read, files.path(), {}), /already read/);
    await assert.rejects(encodeValue(new Response("x", { status: 500 }), files.path(), {}), /status 500.*response\.ok/);
  });

  it("passes on a transfer that breaks off, and leaves no file", async () => {
    const body = new ReadableStream({
      pull: (controller) => controller.error(new TypeError("terminated")),
    });
    const path = files.path();
    await assert.rejects(encodeValue(new Response(body), path, {}), /terminated/);
    assert.equal(existsSync(path), false);
  });
});
