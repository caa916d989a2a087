import assert from "node:assert/strict";
import { renameSync } from "node:fs";
import { describeState } from "../../src/core/describe.js";
import { Rig } from "../support/rig.js";
import { PIPELINE } from "./pipeline.js";

const ALL = ["orders", "complete", "large", "byCustomer", "report"];
const FRESH = { orders: "fresh", complete: "fresh", large: "fresh", byCustomer: "fresh", default: "fresh" };

describe("freshness", () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await Rig.create(PIPELINE);
  });
  afterEach(() => rig.dispose());

  async function runAll(): Promise<void> {
    const summary = await rig.run();
    assert.ok(summary.ok, JSON.stringify(summary.outcomes, null, 1));
    rig.takeCalls();
  }

  it("is new before the first run, and fresh for every stage after it; a second run runs nothing (F39, F42)", async () => {
    assert.deepEqual(await rig.states(), {
      orders: "new",
      complete: "new",
      large: "new",
      byCustomer: "new",
      default: "new",
    });
    const summary = await rig.run();
    assert.deepEqual(rig.outcomes(summary), {
      orders: "ran",
      complete: "ran",
      large: "ran",
      byCustomer: "ran",
      default: "ran",
    });
    assert.deepEqual(rig.takeCalls().sort(), [...ALL].sort());
    assert.deepEqual(await rig.states(), FRESH);
    assert.deepEqual((await rig.run()).outcomes, []);
    assert.deepEqual(rig.takeCalls(), []);
  });

  it("goes stale exactly downstream of an edited stage, with the declaration named, and is fresh again after undo without a run (F11, F27, F36)", async () => {
    await runAll();
    await rig.edit("src/orders.ts", "o.total! >= min", "o.total! > min");
    assert.deepEqual(await rig.states(), { ...FRESH, large: "stale", byCustomer: "blocked", default: "blocked" });
    assert.equal(describeState(await rig.stage("large")), "stale: large() changed");
    const reason = (await rig.stage("default")).reasons[0];
    assert.equal(reason?.kind, "upstream-stale");
    assert.equal(reason.root, "src/orders.ts#large");
    assert.equal(reason.distance, 2);
    await rig.edit("src/orders.ts", "o.total! > min", "o.total! >= min");
    assert.deepEqual(await rig.states(), FRESH);
    assert.deepEqual(rig.takeCalls(), []);
  });

  it("sees an edited helper behind a barrel in another file, and only where it is used (F12, F13, P1, P5, P16)", async () => {
    await runAll();
    await rig.edit("src/lib/csv.ts", 'text === "" ? null', 'text.trim() === "" ? null');
    assert.deepEqual(await rig.states(), {
      orders: "stale",
      complete: "blocked",
      large: "blocked",
      byCustomer: "blocked",
      default: "blocked",
    });
    assert.equal(describeState(await rig.stage("orders")), "stale: toNumber() changed");
    assert.equal(describeState(await rig.stage("default")), "blocked: upstream orders: toNumber() changed");
  });

  it("does not change for comments, types, formatting or an unused helper (F23, F24, P13, P14, P16)", async () => {
    await runAll();
    await rig.edit("src/lib/csv.ts", "/** Reads a number; an empty cell is no value. */", "// other words");
    await rig.edit("src/lib/csv.ts", "total: number | null }", "readonly total: number | null; note?: string }");
    await rig.edit("src/lib/csv.ts", "unusedHere(): number { return 1; }", "unusedHere(): number { return 2; }");
    await rig.edit(
      "src/lib/csv.ts",
      'text === "" ? null : Number(text)',
      "(text === ''\n    ? null\n    : Number(text as string))",
    );
    assert.deepEqual(await rig.states(), FRESH);
  });

  it("sees a changed constant in the same module (F14, P4)", async () => {
    await runAll();
    await rig.edit("src/report.ts", "const RATE = 2", "const RATE = 3");
    assert.deepEqual(await rig.states(), { ...FRESH, byCustomer: "stale", default: "blocked" });
  });

  it("sees a changed input file by its content and not by its time (F17, F22)", async () => {
    await runAll();
    await rig.save("data/orders.csv", rig.read("data/orders.csv"));
    assert.deepEqual(await rig.states(), FRESH);
    await rig.edit("data/orders.csv", "50", "51");
    assert.equal(describeState(await rig.stage("orders")), "stale: data/orders.csv changed");
    await rig.remove("data/orders.csv");
    const { state, reasons } = await rig.stage("orders");
    assert.equal(state, "stale");
    assert.equal(reasons[0]?.kind, "input-missing");
    const failed = (await rig.run(["orders"])).outcomes[0];
    assert.equal(failed?.outcome.outcome === "failed" && failed.outcome.failure.reason, "input-missing");
  });

  it("keeps downstream fresh when a re-run gives the same bytes (early cut-off, F25)", async () => {
    await runAll();
    await rig.edit("src/orders.ts", "o.total !== null", "o.total != null");
    const summary = await rig.run(["default"]);
    assert.deepEqual(rig.outcomes(summary), {
      orders: "reused",
      complete: "ran",
      large: "reused",
      byCustomer: "reused",
      default: "reused",
    });
    assert.deepEqual(rig.takeCalls(), ["complete"]);
  });

  it("keeps a stage fresh when only columns it does not read changed (F26)", async () => {
    await runAll();
    await rig.edit(
      "src/orders.ts",
      "complete.filter((o) => o.total! >= min)",
      "complete.filter((o) => o.total! >= min).map((o) => ({ ...o, id: o.id + 1000 }))",
    );
    const summary = await rig.run();
    assert.deepEqual(rig.takeCalls(), ["large"]);
    assert.equal(rig.outcomes(summary)["byCustomer"], "reused");
    assert.deepEqual(await rig.states(), FRESH);
  });

  it("takes parameters from restage.json and from the run, by value (F4)", async () => {
    await runAll();
    await rig.save("restage.json", '{ "params": { "min": 200 } }');
    const large = await rig.stage("large");
    assert.deepEqual(large.reasons, [{ kind: "param-changed", param: "min", was: 100, now: 200 }]);
    await rig.run(["large"]);
    assert.equal((await rig.stage("large")).result?.rows, 1);
    await rig.save("restage.json", '{ "params": { "min": 100 } }');
    assert.deepEqual(await rig.states(), FRESH);
    const project = await rig.engine.project(rig.root);
    await project.setParams({ min: 0 });
    assert.deepEqual((await rig.stage("large")).reasons, [{ kind: "param-changed", param: "min", was: 100, now: 0 }]);
    assert.equal(rig.outcomes(await rig.run(["large"]))["large"], "ran");
    await project.setParams({});
    assert.equal((await rig.stage("large")).state, "fresh");
  });

  it("keeps results when a stage is renamed or its file moved (P17)", async () => {
    await runAll();
    await rig.save("src/orders.ts", rig.read("src/orders.ts").replace("const large =", "const big ="));
    await rig.save("src/report.ts", rig.read("src/report.ts").replace("import { large }", "import { big as large }"));
    assert.deepEqual(await rig.states(), {
      orders: "fresh",
      complete: "fresh",
      big: "fresh",
      byCustomer: "fresh",
      default: "fresh",
    });
  });

  it("is unknown, and never fresh, while a file it reaches does not parse; the stages stay listed (F4, F35)", async () => {
    await runAll();
    const good = rig.read("src/lib/csv.ts");
    await rig.save("src/lib/csv.ts", `${good}\nexport function broken( {`);
    assert.equal((await rig.states())["orders"], "unknown");
    assert.match(describeState(await rig.stage("orders")), /^unknown: /);
    await rig.save("src/lib/csv.ts", good);
    assert.deepEqual(await rig.states(), FRESH);
    const orders = rig.read("src/orders.ts");
    await rig.save("src/orders.ts", orders.replace("o.total! >= min);", "o.total! >="));
    const states = await rig.states();
    assert.deepEqual(Object.keys(states), ["orders", "complete", "large", "byCustomer", "default"]);
    assert.ok(!Object.values(states).includes("fresh"), JSON.stringify(states));
  });

  it("is the same after moving the whole workspace, from a second engine that knows nothing (F38)", async () => {
    await runAll();
    const other = rig.newEngine();
    await other.open([rig.root], { nested: false });
    const status = await rig.project(other);
    assert.deepEqual(
      status.stages.map((s) => s.state),
      ["fresh", "fresh", "fresh", "fresh", "fresh"],
    );
  });

  it("sees what another window or the command line made, without an edit (P38)", async () => {
    const other = rig.newEngine();
    await other.open([rig.root], { nested: false });
    await rig.project(other);
    await runAll();
    await other.filesChanged({ files: [rig.path(".restage/records/00/x.json")] });
    assert.deepEqual(
      (await rig.project(other)).stages.map((s) => s.state),
      ["fresh", "fresh", "fresh", "fresh", "fresh"],
    );
  });

  it("follows a folder that goes and comes back as a whole, as in a branch switch (F98)", async () => {
    await runAll();
    renameSync(rig.path("src/lib"), rig.path("aside"));
    await rig.engine.filesChanged({ files: [rig.path("src/lib")] });
    assert.equal((await rig.states())["orders"], "unknown");
    renameSync(rig.path("aside"), rig.path("src/lib"));
    await rig.engine.filesChanged({ files: [rig.path("src/lib")] });
    assert.deepEqual(await rig.states(), FRESH);
  });

  it("tells an expired result by its time to live", async () => {
    let now = Date.now();
    await rig.dispose();
    rig = await Rig.create(
      { "a.ts": `import { stage } from "restage";\nexport const a = stage({}, () => [1], { ttl: "1h" });\n` },
      { now: () => now },
    );
    await runAll();
    assert.deepEqual(await rig.states(), { a: "fresh" });
    now += 3_700_000;
    await rig.engine.filesChanged({ files: [rig.path("a.ts")] });
    assert.deepEqual(
      (await rig.stage("a")).reasons.map((r) => r.kind),
      ["expired"],
    );
    assert.equal(rig.outcomes(await rig.run())["a"], "ran");
  });

  it("goes stale by itself when its time to live is over, without any event", async () => {
    await rig.dispose();
    rig = await Rig.create({
      "a.ts": `import { stage } from "restage";\nexport const a = stage({}, () => [1], { ttl: 1500 });\n`,
    });
    await runAll();
    assert.deepEqual(await rig.states(), { a: "fresh" });
    await rig.until((status) => status.stages[0]?.state === "stale");
    assert.deepEqual(
      (await rig.stage("a")).reasons.map((r) => r.kind),
      ["expired"],
    );
  });

  it("follows declared environment variables without ever storing their values (F18, P9)", async () => {
    await rig.dispose();
    const text = `import { stage, env } from "restage";\nexport const a = stage({ key: env("API_KEY"), mode: env("MODE", "x") }, ({ key, mode }) => [{ length: key?.length ?? 0, mode, secret: process.env.OTHER ?? "none" }]);\n`;
    rig = await Rig.create({ "a.ts": text }, { variables: { API_KEY: "hunter2", OTHER: "visible" } });
    await runAll();
    const { digest } = (await rig.stage("a")).result!;
    const preview = await rig.engine.openPreview({ root: rig.root, stage: (await rig.stage("a")).id, digest: null });
    assert.ok("type" in preview);
    const rows = await rig.engine.readRows({ root: rig.root, digest, start: 0, count: 10 });
    assert.deepEqual("type" in rows && rows.rows.map((r) => r.map((c) => c.text)), [["7", "x", "none"]]);
    const record = await (await rig.engine.project(rig.root)).store.getRecord((await rig.stage("a")).key!);
    assert.doesNotMatch(JSON.stringify(record), /hunter2/);
  });
});
