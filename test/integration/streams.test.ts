import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync, writeFileSync, chmodSync } from "node:fs";
import type { Digest, RunId } from "../../src/protocol/ids.js";
import type { Failure } from "../../src/protocol/failure.js";
import type { RunSummary } from "../../src/protocol/events.js";
import { LocalStore } from "../../src/store/local-store.js";
import { Rig } from "../support/rig.js";

const header = `import { stage } from "restage";\nimport { at } from "./rig.mjs";\n`;

const CHAIN = `${header}
const ROWS = 150_000;
export const numbers = stage({}, async function* () {
  await at("numbers");
  for (let n = 0; n < ROWS; n++) yield { n, half: n / 2, s: "s" + (n % 10) };
});
export const odd = stage({ numbers }, async function* ({ numbers }) {
  await at("odd");
  for await (const row of numbers) if (row.n % 2 === 1) yield row;
});
export const count = stage({ odd, batches: odd.stream() }, async ({ odd, batches }) => {
  let rows = 0, again = 0, inBatches = 0;
  for await (const row of odd) rows += row.n % 2;
  for await (const row of odd) { again++; if (again === 5) break; }
  for await (const batch of batches) inBatches += batch.numRows;
  return { rows, again, inBatches };
});
export const names = stage({ rows: numbers.columns("s") }, ({ rows }) => new Set(rows.map((r) => r.s)).size);
`;

function failureOf(summary: RunSummary, stage: string): Failure {
  const outcome = summary.outcomes.find((one) => one.stage.endsWith(`#${stage}`))?.outcome;
  assert.ok(outcome !== undefined && "failure" in outcome, JSON.stringify(summary));
  return outcome.failure;
}

describe("streams, files and responses between stages", function () {
  this.timeout(120_000);
  let rig: Rig;
  afterEach(() => rig.dispose());

  const json = async (name: string): Promise<unknown> => {
    const { id } = await rig.stage(name);
    const info = await rig.engine.openPreview({ root: rig.root, stage: id, digest: null });
    assert.ok("text" in info, JSON.stringify(info));
    return info.text;
  };
  const leftovers = (): readonly string[] => readdirSync(rig.path(".restage/tmp"));

  it("run in a chain, can be read again and in batches, and count by their columns (F7, F25, S1.27)", async () => {
    rig = await Rig.create({ "a.ts": CHAIN });
    const summary = await rig.run();
    assert.ok(summary.ok, JSON.stringify(summary));
    assert.deepEqual(JSON.parse(String(await json("count"))), { rows: 75_000, again: 5, inBatches: 75_000 });
    assert.deepEqual(await rig.states(), { numbers: "fresh", odd: "fresh", count: "fresh", names: "fresh" });
    const status = await rig.stage("numbers");
    assert.deepEqual([status.result?.kind, status.result?.rows], ["stream", 150_000]);
    rig.takeCalls();
    await rig.edit("a.ts", "half: n / 2", "half: n / 4");
    const again = await rig.run(["names"]);
    assert.deepEqual(rig.outcomes(again), { numbers: "ran", names: "reused" });
    assert.deepEqual(leftovers(), []);
  });

  it("show in a preview as the table they are, rows from the middle too", async () => {
    rig = await Rig.create({ "a.ts": CHAIN });
    await rig.run(["numbers"]);
    const { id } = await rig.stage("numbers");
    const info = await rig.engine.openPreview({ root: rig.root, stage: id, digest: null });
    assert.ok("digest" in info && info.rows === 150_000, JSON.stringify(info));
    const page = await rig.engine.readRows({ root: rig.root, digest: info.digest, start: 140_000, count: 2 });
    assert.ok("rows" in page);
    assert.deepEqual(
      page.rows.map((row) => row.map((cell) => cell.text)),
      [
        ["140000", "70000", "s0"],
        ["140001", "70000.5", "s1"],
      ],
    );
  });

  it("fail at the user's line when the generator throws, and leave nothing", async () => {
    rig = await Rig.create({
      "a.ts": `${header}
export const broken = stage({}, async function* () {
  for (let n = 0; n < 70_000; n++) yield { n };
  throw new Error("no more");
});
export const odd = stage({}, function* () { yield { a: 1 }; yield { a: () => 1 }; });
`,
    });
    const summary = await rig.run();
    const failure = failureOf(summary, "broken");
    assert.ok(failure.reason === "stage-threw" && failure.message === "no more" && failure.location?.line === 6);
    const refused = failureOf(summary, "odd");
    assert.ok(refused.reason === "unstorable-value" && /Row 1, column "a"/.test(refused.message));
    assert.deepEqual([leftovers(), readdirSync(rig.path(".restage/objects"))], [[], []]);
  });

  it("end when the run is cancelled, and leave nothing (F50)", async () => {
    rig = await Rig.create({
      "a.ts": `${header}
export const endless = stage({}, async function* () {
  for (let n = 0; ; n++) {
    if (n === 200_000) await at("middle");
    yield { n };
  }
});
`,
    });
    rig.hold("middle");
    const run = rig.run(["endless"], { id: "r" });
    const held = await rig.next("middle");
    await rig.engine.cancel({ run: "r" as RunId });
    held.release();
    assert.ok((await run).cancelled);
    assert.deepEqual([leftovers(), readdirSync(rig.path(".restage/objects"))], [[], []]);
  });

  it("are found out when their file is damaged, before a row of it is used (A7)", async () => {
    rig = await Rig.create({ "a.ts": CHAIN });
    await rig.run(["numbers"]);
    const { result } = await rig.stage("numbers");
    assert.ok(result);
    const path = new LocalStore({ folder: rig.path(".restage") }).objectPath(result.digest as Digest, "parquet");
    const bytes = readFileSync(path);
    bytes[1000] = (bytes[1000] ?? 0) ^ 1;
    chmodSync(path, 0o644);
    writeFileSync(path, bytes);
    const summary = await rig.run(["odd"]);
    assert.ok(summary.ok, "the stage above ran again");
    assert.equal(rig.outcomes(summary)["numbers"], "ran");
  });

  it("a file that a stage wrote comes as the path of a copy with its extension, which nobody can change (F7)", async () => {
    rig = await Rig.create({
      "a.ts": `${header}
import { writeFileSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
export const report = stage({}, (_, { tmp }) => {
  const path = join(tmp, "report.csv");
  writeFileSync(path, "a,b\\n1,2\\n");
  return path;
}, { format: "file" });
export const inProject = stage({}, () => {
  writeFileSync("out.txt", "kept");
  return "out.txt";
}, { format: "file" });
export const passing = stage({}, (_, { tmp }) => {
  writeFileSync(join(tmp, "x.tsv"), "t");
  return join(tmp, "x.tsv");
}, { format: "file", cache: false });
export const reader = stage({ report, inProject, passing, again: report.path() }, ({ report, inProject, passing, again }) => ({
  ends: [report, inProject, passing].map((path) => path.slice(path.lastIndexOf("."))),
  texts: [report, inProject, passing].map((path) => readFileSync(path, "utf8")),
  writable: (statSync(report).mode & 0o222) !== 0,
  same: report === again,
}));
export const nothing = stage({}, () => "not-there.csv", { format: "file" });
`,
    });
    const summary = await rig.run();
    assert.deepEqual(JSON.parse(String(await json("reader"))), {
      ends: [".csv", ".txt", ".tsv"],
      texts: ["a,b\n1,2\n", "kept", "t"],
      writable: false,
      same: true,
    });
    assert.equal(readFileSync(rig.path("out.txt"), "utf8"), "kept", "the stage's own file stays");
    assert.ok((statSync(rig.path("out.txt")).mode & 0o200) !== 0, "and stays writable");
    const failure = failureOf(summary, "nothing");
    assert.ok(failure.reason === "unstorable-value" && /not-there\.csv.*no such file/.test(failure.message));
    assert.equal(await json("report"), "a,b\n1,2\n");
    // The same bytes under another extension are another value.
    await rig.edit("a.ts", '"report.csv"', '"report.tsv"');
    await rig.run(["report"]);
    assert.notEqual((await rig.stage("reader")).state, "fresh");
  });

  it("a Response comes back as one, with its body, content type and status", async () => {
    rig = await Rig.create({
      "a.ts": `${header}
export const page = stage({}, () => new Response("[1,2]", { status: 201, headers: { "content-type": "application/json", date: new Date().toUTCString() } }));
export const read = stage({ page }, async ({ page }) => ({ status: page.status, type: page.headers.get("content-type"), date: page.headers.get("date"), body: await page.json() }));
export const error = stage({}, () => new Response("gone", { status: 404 }));
`,
    });
    const summary = await rig.run();
    const back = { status: 201, type: "application/json", date: null, body: [1, 2] };
    assert.deepEqual(JSON.parse(String(await json("read"))), back);
    assert.equal(await json("page"), "[1,2]");
    const failure = failureOf(summary, "error");
    assert.ok(failure.reason === "unstorable-value" && /status 404.*response\.ok/.test(failure.message));
    await rig.edit("a.ts", "application/json", "text/plain");
    await rig.run(["page"]);
    assert.notEqual((await rig.stage("read")).state, "fresh", "the same bytes of another type are another value");
  });
});
