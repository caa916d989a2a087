import assert from "node:assert/strict";
import { describeTally, runCampaign } from "../../../support/fuzz/campaign.js";

/** `npm run fuzz -- --edits 50000` is the long run; `FUZZ_SEED` and `FUZZ_PATH`, as printed, repeat one. */
const EDITS = Number(process.env["FUZZ_EDITS"] ?? (process.env["CI"] === undefined ? 250 : 1000));
const SEED = Number(process.env["FUZZ_SEED"] ?? Date.now() % 0x7fffffff);

describe("Random programs under random edits, against running everything cold (promises 1 and 2)", function () {
  this.timeout(600_000);

  it(`no key gives two values, and a program that lives through the edits agrees with a new one (seed ${SEED})`, async () => {
    const { tally, failure } = await runCampaign({ edits: EDITS, seed: SEED, path: process.env["FUZZ_PATH"] });
    assert.equal(failure, null, failure ?? "");
    console.log(`      ${describeTally(tally)}`);
  });
});
