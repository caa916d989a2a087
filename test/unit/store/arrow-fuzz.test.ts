import assert from "node:assert/strict";
import type { RecordBatch, Table } from "apache-arrow";
import fc from "fast-check";
import { UnstorableValueError } from "../../../src/store/codec-errors.js";
import { decodeValue } from "../../../src/store/codec.js";
import { arrowTable, cellsByBits, schemaText } from "../../support/arrow-arbitrary.js";
import { CodecFolder } from "../../support/codec-round-trip.js";

/** `FUZZ_RUNS=100000` for the long run; `FUZZ_SEED` repeats one. */
const RUNS = Number(process.env["FUZZ_RUNS"] ?? 1000);
const SEED = process.env["FUZZ_SEED"] === undefined ? undefined : Number(process.env["FUZZ_SEED"]);

describe("codec: random Arrow tables", function () {
  this.timeout(0);
  let files: CodecFolder;
  before(async () => void (files = await CodecFolder.create()));
  after(() => files.dispose());

  it(`gives back every table bit by bit or refuses it by name (${RUNS} tables, S3.13)`, async () => {
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(arrowTable, async (table) => {
        let written;
        try {
          written = await files.write(table);
        } catch (error) {
          if (!(error instanceof UnstorableValueError)) throw error;
          refused++;
          return;
        }
        const { stored, path } = written;
        const back = (await decodeValue(stored, path, { as: "value" })) as Table;
        assert.equal(schemaText(back.schema), schemaText(table.schema));
        assert.equal(back.numRows, table.numRows);
        assert.deepEqual(cellsByBits(back), cellsByBits(table));
        const streamed: string[] = [];
        for await (const batch of (await decodeValue(stored, path, { as: "stream" })) as AsyncIterable<RecordBatch>)
          streamed.push(...cellsByBits({ batches: [batch] } as unknown as Table));
        assert.deepEqual(streamed, cellsByBits(table));
        assert.equal((await files.write(table)).stored.digest, stored.digest);
      }),
      { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: SEED }) },
    );
    assert.ok(refused < RUNS / 4, `${refused} of ${RUNS} tables were refused`);
  });
});
