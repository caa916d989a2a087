import assert from "node:assert/strict";
import fc from "fast-check";
import { readdir, rm } from "node:fs/promises";
import type { StoredValue } from "../../../src/protocol/record.js";
import { UnstorableValueError } from "../../../src/store/codec-errors.js";
import { decodeValue } from "../../../src/store/codec.js";
import type { Row } from "../../../src/store/row-shapes.js";
import { RowStreamWriter } from "../../../src/store/row-stream-writer.js";
import { CodecFolder } from "../../support/codec-round-trip.js";

/** `FUZZ_RUNS=100000` for the long run; `FUZZ_SEED` repeats one. */
const RUNS = Number(process.env["FUZZ_RUNS"] ?? 1000);
const SEED = process.env["FUZZ_SEED"] === undefined ? undefined : Number(process.env["FUZZ_SEED"]);

const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string(),
  fc.constantFrom(
    "",
    "null",
    "1",
    '{"$restage":["undefined"]}',
    "\ud800",
    "\udc00x",
    "\uFEFF",
    "\u0000",
    "\uFFFD",
    "__proto__",
    "😀",
  ),
);
const lone = fc
  .array(fc.integer({ min: 0xd700, max: 0xe000 }), { maxLength: 4 })
  .map((units) => String.fromCharCode(...units));
const number = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.constantFrom(-0, Number.NaN, Infinity, -Infinity, 2 ** 31, -(2 ** 31), 2 ** 53 + 2, 5e-324),
);
const date = fc.date({ noInvalidDate: true });
const bytes = fc.uint8Array({ maxLength: 20 });
const scalar = fc.oneof(
  number,
  text,
  lone,
  fc.boolean(),
  date,
  fc.bigInt(),
  fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }),
  bytes,
  bytes.map((value) => Buffer.from(value)),
  fc.constant(null),
  fc.constant(undefined),
);
const nested = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    scalar,
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.oneof(text, fc.constantFrom("$restage", "toJSON", "constructor")), tie("value"), {
      maxKeys: 4,
      noNullPrototype: false,
    }),
    fc.array(fc.tuple(tie("value"), tie("value")), { maxLength: 3 }).map((entries) => new Map(entries)),
    fc.array(tie("value"), { maxLength: 3 }).map((items) => new Set(items)),
    fc.float64Array({ maxLength: 3 }),
    fc.sparseArray(tie("value"), { maxLength: 5 }),
  ),
})).value;

/** Columns are mostly of one kind, as in real data; each has its own sort of gap. */
const column = fc.tuple(
  fc.oneof(text, fc.constantFrom("a", "A", "a.b", "b", "$restage", "restage_keys", "1", "0")),
  fc.constantFrom(
    number,
    fc.integer(),
    fc.nat(),
    text,
    fc.constantFrom("x", "y", "z"),
    fc.boolean(),
    date,
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    bytes,
    scalar,
    nested,
    fc.array(number, { maxLength: 3 }),
  ),
  fc.constantFrom<readonly unknown[]>(
    [],
    [null],
    [undefined],
    ["missing"],
    [null, undefined],
    [null, undefined, "missing"],
  ),
);

const table = fc
  .tuple(fc.array(column, { maxLength: 6 }), fc.nat({ max: 90 }), fc.boolean(), fc.boolean())
  .chain(([columns, count, shuffle, bare]) =>
    fc.array(
      fc
        .tuple(
          fc.tuple(
            ...columns.map(([name, values, gaps]) =>
              (gaps.length === 0
                ? values
                : fc.oneof(
                    { weight: 3, arbitrary: values },
                    {
                      weight: 1,
                      arbitrary: fc.constantFrom(...gaps).map((gap) => (gap === "missing" ? MISSING : gap)),
                    },
                  )
              ).map((value): [string, unknown] => [name, value]),
            ),
          ),
          fc.nat(),
          fc.nat({ max: 9 }),
        )
        .map(([entries, turn, odd]) => {
          const order =
            shuffle && entries.length > 0
              ? [...entries.slice(turn % entries.length), ...entries.slice(0, turn % entries.length)]
              : entries;
          const row = (bare && odd === 0 ? Object.create(null) : {}) as object;
          for (const [name, value] of order)
            if (value !== MISSING)
              Object.defineProperty(row, name, { value, writable: true, enumerable: true, configurable: true });
          return row;
        }),
      { minLength: count, maxLength: count },
    ),
  );
const MISSING = Symbol("missing");

describe("codec: random values come back identical or are refused (F7)", function () {
  this.timeout(Math.max(180_000, RUNS * 200));
  let files: CodecFolder;
  before(async () => void (files = await CodecFolder.create()));
  after(() => files.dispose());

  let tried = 0;
  let refused = 0;
  // Refusing everything would pass too.
  after(() => assert.ok(refused < tried / 10, `${refused} of ${tried} were refused`));

  /** As a stream whose row groups are given; each may need the file's schema to widen. */
  async function streamed(groups: readonly (readonly Row[])[]): Promise<unknown[]> {
    const output = files.path();
    const writer = await RowStreamWriter.create({ output, scratch: files.folder, compression: "none" });
    try {
      for (const rows of groups) if (rows.length > 0) await writer.add(rows);
      const written = await writer.finish();
      const stored: StoredValue = { ...written, kind: "stream", format: "parquet" };
      const back: unknown[] = [];
      for await (const row of (await decodeValue(stored, output, { as: "value" })) as AsyncIterable<unknown>)
        back.push(row);
      return back;
    } catch (error) {
      await writer.abandon();
      throw error;
    } finally {
      await rm(output, { force: true });
    }
  }

  async function check(value: unknown, form?: "json" | readonly (readonly Row[])[]): Promise<void> {
    let back: unknown;
    tried++;
    try {
      if (form === undefined || form === "json")
        back = await files.roundTrip(value, form === undefined ? {} : { format: form });
      else back = await streamed(form);
    } catch (error) {
      refused++;
      assert.ok(error instanceof UnstorableValueError, String(error instanceof Error ? error.stack : error));
      return;
    }
    assert.deepStrictEqual(back, value);
    if (!Array.isArray(value)) return;
    value.forEach((row: unknown, index) => {
      if (typeof row === "object" && row !== null)
        assert.deepStrictEqual(Reflect.ownKeys((back as object[])[index] ?? {}), Reflect.ownKeys(row));
    });
  }

  it(`tables of ${RUNS} sorts`, () =>
    fc.assert(
      fc.asyncProperty(table, (rows) => check(rows)),
      { numRuns: RUNS, seed: SEED },
    ));
  it(`rows as JSON of ${RUNS} sorts`, () =>
    fc.assert(
      fc.asyncProperty(table, (rows) => check(rows, "json")),
      { numRuns: Math.ceil(RUNS / 4), seed: SEED },
    ));
  it(`streams of ${RUNS} sorts, in row groups of any size`, async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(table, sizes, (rows, wanted) => {
        const groups: Row[][] = [];
        let at = 0;
        for (const size of wanted) groups.push((rows as Row[]).slice(at, (at += size)));
        return check(rows, [...groups, (rows as Row[]).slice(at)]);
      }),
      { numRuns: Math.ceil(RUNS / 2), seed: SEED },
    );
    assert.deepEqual(await readdir(files.folder), [], "no temporary file is left");
  });
  it(`other values of ${RUNS} sorts`, () =>
    fc.assert(
      fc.asyncProperty(nested, (value) => check(value)),
      { numRuns: RUNS, seed: SEED },
    ));
});
