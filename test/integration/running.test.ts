import assert from "node:assert/strict";
import { describeFailure } from "../../src/core/describe.js";
import type { Failure } from "../../src/protocol/failure.js";
import type { RunSummary } from "../../src/protocol/events.js";
import { Rig } from "../support/rig.js";
import { PIPELINE } from "./pipeline.js";

const header = `import { stage, file } from "restage";\nimport { at } from "./rig.mjs";\n`;

function failureOf(summary: RunSummary, index = 0): Failure {
  const outcome = summary.outcomes[index]?.outcome;
  assert.ok(outcome !== undefined && "failure" in outcome, JSON.stringify(outcome));
  return outcome.failure;
}

describe("running", () => {
  let rig: Rig;
  afterEach(() => rig.dispose());

  it("files a result under the code that made it when the code is edited during the run (F34, P36, dvc#11058)", async () => {
    rig = await Rig.create(PIPELINE);
    rig.hold("large");
    const run = rig.run(["large"]);
    const held = await rig.next("large");
    await rig.edit("src/orders.ts", "o.total! >= min", "o.total! > 9999");
    assert.equal((await rig.stage("large")).state, "running");
    assert.equal((await rig.stage("large")).runningOlder, true);
    held.release();
    assert.ok((await run).ok);
    assert.equal((await rig.stage("large")).state, "stale");
    assert.equal((await rig.stage("large")).lastResult?.rows, 2);
    await rig.edit("src/orders.ts", "o.total! > 9999", "o.total! >= min");
    assert.equal((await rig.stage("large")).state, "fresh");
    rig.unhold("large");
    await rig.edit("src/orders.ts", "o.total! >= min", "o.total! > 9999");
    await rig.run(["large"]);
    assert.equal((await rig.stage("large")).result?.rows, 0);
  });

  it("discards a result whose input file changed while it ran, and says so (P38)", async () => {
    rig = await Rig.create(PIPELINE);
    rig.hold("orders");
    const run = rig.run(["orders"]);
    const held = await rig.next("orders");
    await rig.edit("data/orders.csv", "50", "51");
    held.release();
    const failure = failureOf(await run);
    assert.equal(failure.reason, "input-changed-during-run");
    assert.match(describeFailure(failure), /data\/orders\.csv changed while it ran/);
    assert.notEqual((await rig.stage("orders")).state, "fresh");
  });

  it("discards a result whose input was another file for a while, although it is the same again at the end", async () => {
    rig = await Rig.create(PIPELINE);
    rig.hold("orders");
    const run = rig.run(["orders"]);
    const held = await rig.next("orders");
    const text = rig.read("data/orders.csv");
    rig.write("data/orders.csv", "id,customer,total\n");
    rig.write("data/orders.csv", text);
    held.release();
    assert.equal(failureOf(await run).reason, "input-changed-during-run");
  });

  it("discards a result when a data file that its code reads by name changed while it ran", async () => {
    const text = `${header}import { readFileSync } from "node:fs";\nexport const a = stage({}, async () => { await at("a"); return JSON.parse(readFileSync(new URL("./d.csv", import.meta.url), "utf8")); });\n`;
    rig = await Rig.create({ "s.ts": text, "d.csv": "1" });
    rig.hold("a");
    const run = rig.run();
    const held = await rig.next("a");
    await rig.save("d.csv", "2");
    held.release();
    const failure = failureOf(await run);
    assert.deepEqual([failure.reason, "inputs" in failure && failure.inputs], ["input-changed-during-run", ["d.csv"]]);
    rig.unhold("a");
    assert.ok((await rig.run()).ok);
    assert.equal((await rig.stage("a")).state, "fresh");
    await rig.save("d.csv", "3");
    assert.equal((await rig.stage("a")).state, "stale");
  });

  it("is cancelled also before it has a plan, and a closed project leaves nothing running (F50)", async () => {
    rig = await Rig.create(PIPELINE);
    const { id } = await rig.stage("large");
    const request = { stages: [id], downstream: false, force: false };
    // In the same instant: the request has not reached its project.
    const atOnce = rig.engine.run({ root: rig.root, request, run: "at once" as never });
    await rig.engine.cancel({ run: "at once" as never });
    assert.deepEqual([(await atOnce).cancelled, rig.takeCalls()], [true, []]);
    const run = rig.engine.run({ root: rig.root, request, run: "early" as never });
    await rig.project();
    await rig.engine.cancel({ run: "early" as never });
    const summary = await run;
    assert.deepEqual([summary.cancelled, rig.takeCalls()], [true, []]);
    rig.hold("orders");
    const second = rig.run(["orders"]);
    const held = await rig.next("orders");
    await rig.engine.close();
    await held.gone;
    assert.equal((await second).cancelled, true);
  });

  it("does not wait for what a stage leaves running in its process group, nor beyond its time (C7)", async () => {
    const text = `${header}import { spawn } from "node:child_process";\nexport const a = stage({}, () => { spawn("sleep", ["60"], { stdio: "inherit" }).unref(); return 1; });\n`;
    rig = await Rig.create({ "s.ts": text });
    const started = performance.now();
    assert.ok((await rig.run()).ok);
    assert.ok(performance.now() - started < 30_000);
  });

  it("runs a fresh stage again when a forced one above it gives another result", async () => {
    const text = (name: string, rest: string): string =>
      `import { stage } from "restage";\n${rest}\nexport const ${name}Done = 1;\n`;
    rig = await Rig.create({
      "a.ts": text("a", "export const a = stage({}, () => ({ at: process.hrtime.bigint() }));"),
      "b.ts": text("b", 'import { a } from "./a.js";\nexport const b = stage({ a }, ({ a }) => ({ from: a.at }));'),
      "c.ts": text("c", 'import { b } from "./b.js";\nexport const c = stage({ b }, ({ b }) => ({ from: b.from }));'),
    });
    assert.ok((await rig.run()).ok);
    const summary = await rig.run(["a", "c"], { force: true });
    assert.deepEqual(rig.outcomes(summary), { a: "ran", b: "ran", c: "ran" });
  });

  it("answers for a stage that is gone, and takes a timeout of a month as one", async () => {
    rig = await Rig.create({ "s.ts": `${header}export const a = stage({}, () => 1, { timeout: "30d" });\n` });
    assert.ok((await rig.run()).ok);
    assert.equal(failureOf(await rig.run(["s.ts#gone"])).reason, "not-runnable");
  });

  it("holds to the given number at once also for stages without a cache", async () => {
    const one = (name: string): string =>
      `export const ${name} = stage({}, async () => { await at("${name}"); return 1; }, { cache: false });\n`;
    rig = await Rig.create({ "s.ts": header + one("a") + one("b"), "restage.json": '{"concurrency": 1}' });
    rig.hold("a");
    rig.hold("b");
    const run = rig.run(["a", "b"]);
    const a = rig.next("a");
    const b = rig.next("b");
    const first = await Promise.race([a, b]);
    assert.equal(rig.takeCalls().length, 1);
    first.release();
    (await (first.name === "a" ? b : a)).release();
    assert.ok((await run).ok);
  });

  it("runs a stage once when it is asked for twice at the same time, also from two engines on one store (F55, B1)", async () => {
    rig = await Rig.create(PIPELINE);
    const other = rig.newEngine();
    await other.open([rig.root], { nested: false });
    rig.hold("orders");
    const first = rig.run(["complete"]);
    const held = await rig.next("orders");
    const second = rig.run(["complete"]);
    const third = rig.run(["complete"], { engine: other });
    held.release();
    rig.unhold("orders");
    const summaries = await Promise.all([first, second, third]);
    assert.ok(summaries.every((s) => s.ok));
    assert.deepEqual(rig.takeCalls(), ["orders", "complete"]);
  });

  it("runs independent stages at the same time (F47, P40)", async () => {
    const text = `${header}export const a = stage({}, async () => { await at("a"); return [1]; });\nexport const b = stage({}, async () => { await at("b"); return [2]; });\n`;
    rig = await Rig.create({ "s.ts": text, "restage.json": '{"concurrency": 2}' });
    rig.hold("a");
    rig.hold("b");
    const run = rig.run();
    const both = await Promise.all([rig.next("a"), rig.next("b")]);
    for (const held of both) held.release();
    assert.ok((await run).ok);
  });

  it("reports an error at the user's TypeScript line, keeps the older result, and never shows it as fresh (F35)", async () => {
    rig = await Rig.create({
      "s.ts": `${header}interface Row { a: number }\n\nexport const a = stage({}, (): Row[] => {\n  return [{ a: 1 }];\n});\nexport const b = stage({ a }, ({ a }) => a);\n`,
    });
    await rig.run();
    await rig.edit(
      "s.ts",
      "  return [{ a: 1 }];",
      '  if (1 + 1 === 2) throw new TypeError("no luck");\n  return [{ a: 1 }];',
    );
    const failure = failureOf(await rig.run(["b"]));
    assert.ok(failure.reason === "stage-threw");
    assert.deepEqual(
      [failure.name, failure.message, failure.location?.file, failure.location?.line],
      ["TypeError", "no luck", rig.path("s.ts"), 6],
    );
    const a = await rig.stage("a");
    assert.deepEqual([a.state, a.result, a.lastResult?.rows], ["failed", null, 1]);
    assert.equal((await rig.stage("b")).state, "blocked");
    const again = rig.newEngine();
    await again.open([rig.root], { nested: false });
    assert.equal((await rig.project(again)).stages[0]?.state, "failed");
    await rig.edit("s.ts", '  if (1 + 1 === 2) throw new TypeError("no luck");\n', "");
    assert.deepEqual(await rig.states(), { a: "fresh", b: "fresh" });
  });

  const endings: readonly [string, string, Failure["reason"]][] = [
    ["calls process.exit(0) (C2)", "process.exit(0)", "exited"],
    ["waits for a promise that never settles (C2)", "await new Promise(() => {})", "exited"],
    [
      "kills itself (C4)",
      'process.kill(process.pid, "SIGSEGV"); await new Promise((r) => setTimeout(r, 5000))',
      "crashed",
    ],
    ["rejects with null (C1)", "throw null", "stage-threw"],
    ["overflows the stack (C1)", "const f = () => f() + 1; f()", "stage-threw"],
    ["returns a function", "return () => 1", "unstorable-value"],
    ["never returns and has a timeout (C3, F51)", "while (true) {}", "timed-out"],
  ];
  for (const [what, code, reason] of endings) {
    it(`says what happened when a stage ${what}, and leaves the store as it was`, async () => {
      rig = await Rig.create({
        "s.ts": `${header}export const a = stage({}, async () => { ${code}; return [1]; }, { timeout: 1500 });\nexport const b = stage({ a }, ({ a }) => a);\n`,
      });
      const summary = await rig.run(["b"]);
      assert.equal(failureOf(summary).reason, reason);
      assert.deepEqual(failureOf(summary, 1), { reason: "upstream-failed", stage: "s.ts#b", upstream: "s.ts#a" });
      assert.equal((await rig.project()).cache.objects, 0);
      assert.equal((await rig.stage("a")).state, "failed");
    });
  }

  it("cancels a run at once, ends the process, and can run again (F50)", async () => {
    rig = await Rig.create(PIPELINE);
    rig.hold("complete");
    const run = rig.run(["large"], { id: "r1" });
    const held = await rig.next("complete");
    await rig.engine.cancel({ run: "r1" as never });
    const summary = await run;
    await held.gone;
    assert.equal(summary.cancelled, true);
    assert.deepEqual(rig.outcomes(summary), { orders: "ran", complete: "skipped", large: "skipped" });
    assert.deepEqual([(await rig.stage("orders")).state, (await rig.stage("complete")).state], ["fresh", "new"]);
    rig.unhold("complete");
    assert.ok((await rig.run(["large"])).ok);
  });

  it("retries as often as it is told to, and then fails (F51)", async () => {
    const text = `${header}export const a = stage({}, async () => { await at("a"); throw new Error("flaky"); }, { retries: 2 });\n`;
    rig = await Rig.create({ "s.ts": text });
    assert.equal(failureOf(await rig.run()).reason, "stage-threw");
    assert.deepEqual(rig.takeCalls(), ["a", "a", "a"]);
  });

  it("gives every run its own module state, and no stage sees another's changes to a value (promise 3)", async () => {
    const text = `${header}let count = 0;\nexport const a = stage({}, () => { count++; return [{ n: count }]; });\nexport const b = stage({ a }, ({ a }) => { a[0]!.n = 99; count++; return { count }; });\nexport const c = stage({ a, b }, ({ a, b }) => ({ n: a[0]!.n, count: b.count }));\n`;
    rig = await Rig.create({ "s.ts": text });
    await rig.run();
    const preview = await rig.engine.openPreview({ root: rig.root, stage: "s.ts#c" as never, digest: null });
    assert.deepEqual(JSON.parse("text" in preview ? (preview.text ?? "") : ""), { n: 1, count: 1 });
  });

  it("runs a stage without a cache only when its value is needed, and keeps nothing of it (F8)", async () => {
    const text = `${header}export const a = stage({}, async () => { await at("a"); return [1, 2]; }, { cache: false });\nexport const b = stage({ a }, async ({ a }) => { await at("b"); return a.length; });\n`;
    rig = await Rig.create({ "s.ts": text });
    assert.ok((await rig.run(["b"])).ok);
    assert.deepEqual(rig.takeCalls().sort(), ["a", "b"]);
    assert.deepEqual(await rig.states(), { a: "uncached", b: "fresh" });
    assert.equal((await rig.project()).cache.objects, 1);
    await rig.run(["b"]);
    assert.deepEqual(rig.takeCalls(), []);
  });

  it("forces a stage, and says when the result is the same (F43)", async () => {
    rig = await Rig.create(PIPELINE);
    await rig.run();
    rig.takeCalls();
    const summary = await rig.run(["complete"], { force: true });
    assert.deepEqual(rig.takeCalls(), ["complete"]);
    const outcome = summary.outcomes.find((o) => o.stage === "src/orders.ts#complete")?.outcome;
    assert.equal(outcome?.outcome === "ran" && outcome.unchanged, true);
  });

  it("gives what a stage prints as live output, and bounds a flood (F71, C6)", async () => {
    const text = `${header}export const a = stage({}, () => { console.log("hello"); console.error("oh"); for (let i = 0; i < 200000; i++) console.log("flood flood flood flood flood flood"); console.log("last words"); return 1; });\n`;
    rig = await Rig.create({ "s.ts": text });
    assert.ok((await rig.run()).ok);
    const output = rig.events.flatMap((e) => (e.type === "stage-log" ? [e.text] : [])).join("");
    assert.match(output, /hello/);
    assert.match(output, /oh/);
    const record = await (await rig.engine.project(rig.root)).store.getRecord((await rig.stage("a")).key!);
    assert.match(record?.log ?? "", /last words/);
    assert.ok((record?.log.length ?? 0) <= 40_000);
  });

  it("runs nothing and makes no file when a folder is only opened and looked at (promise 6, F104)", async () => {
    const text = `import { writeFileSync } from "node:fs";\nwriteFileSync("ran.txt", "x");\nimport { stage } from "restage";\nexport const a = stage({}, () => 1);\n`;
    rig = await Rig.create({ "s.ts": text });
    assert.equal((await rig.stage("a")).state, "new");
    assert.throws(() => rig.read("ran.txt"), /ENOENT/);
    assert.throws(() => rig.read(".restage/.gitignore"), /ENOENT/);
  });
});
