/**
 * The long run of the differential fuzz: `npm run fuzz -- --edits 50000 [--seed n] [--stale 3]`. `--stale` prints so many
 * edits that left a stage's minified code as it was and changed its fingerprint.
 */
import { parseArgs } from "node:util";
import { describeEdit, describeTally, runCampaign } from "../support/fuzz/campaign.js";
import { newTally, type Tally } from "../support/fuzz/differential.js";

const { values } = parseArgs({
  options: {
    edits: { type: "string", default: "50000" },
    seed: { type: "string" },
    stale: { type: "string", default: "0" },
  },
});
const edits = Number(values.edits);
const seed = values.seed === undefined ? Date.now() % 0x7fffffff : Number(values.seed);
const total = newTally();
for (let part = 0; total.edits < edits; part++) {
  const { tally, failure } = await runCampaign({ edits: Math.min(1000, edits - total.edits), seed: seed + part });
  add(total, tally);
  console.log(`seed ${seed + part}: ${describeTally(total)}`);
  if (failure !== null) {
    console.log(failure);
    process.exitCode = 1;
    break;
  }
}
for (const { stage, before, after } of total.staleExamples.slice(0, Number(values.stale))) {
  console.log(`\n${stage} is stale, and need not be:\n${describeEdit(before, after)}`);
}

function add(sum: Tally, part: Tally): void {
  sum.edits += part.edits;
  sum.stages += part.stages;
  sum.changed += part.changed;
  sum.failed += part.failed;
  sum.sameSlice += part.sameSlice;
  sum.falselyStale += part.falselyStale;
  sum.staleExamples.push(...part.staleExamples);
}
