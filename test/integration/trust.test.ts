import assert from "node:assert/strict";
import type { AcceptReport } from "../../src/protocol/engine-api.js";
import type { StageId } from "../../src/protocol/ids.js";
import type { ResultRecord } from "../../src/protocol/record.js";
import { Rig } from "../support/rig.js";
import { PIPELINE } from "./pipeline.js";

describe("accepting a result without a run (F29, snakemake#1694)", () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await Rig.create(PIPELINE);
    await rig.run();
    rig.takeCalls();
  });
  afterEach(() => rig.dispose());

  async function accept(names: readonly string[], undo = false): Promise<AcceptReport["results"]> {
    const stages = await Promise.all(names.map(async (name) => (await rig.stage(name)).id));
    return (await rig.engine.accept({ root: rig.root, stages, undo })).results;
  }

  const edited = (): Promise<void> => rig.edit("src/lib/csv.ts", "Number(text)", "parseFloat(text)");

  it("makes a stage fresh with its last result, says so, and lets its users follow by content", async () => {
    const before = await rig.stage("orders");
    await edited();
    assert.equal((await rig.states())["byCustomer"], "blocked");
    assert.deepEqual(
      (await accept(["orders"])).map(({ outcome }) => outcome.outcome),
      ["accepted"],
    );
    const orders = await rig.stage("orders");
    assert.deepEqual([...new Set(Object.values(await rig.states()))], ["fresh"]);
    assert.equal(orders.result?.digest, before.result?.digest);
    assert.equal(orders.accepted?.from, before.key);
    assert.deepEqual(
      orders.accepted.reasons.map((r) => r.kind),
      ["code-changed"],
    );
    assert.deepEqual(rig.outcomes(await rig.run(["default"]))["orders"], "reused");
    assert.deepEqual(rig.takeCalls(), []);
    const { store } = await rig.engine.project(rig.root);
    const record = (await store.getRecord(orders.key!))!;
    assert.equal(record.accepted?.from, before.key);
  });

  it("is seen by another window, and holds after a restart", async () => {
    await edited();
    await accept(["orders"]);
    const other = rig.newEngine();
    await other.open([rig.root], { nested: false });
    const orders = (await rig.project(other)).stages.find((s) => s.name === "orders");
    assert.deepEqual([orders?.state, orders?.accepted?.reasons.length], ["fresh", 1]);
  });

  it("ends with the next edit, with a forced run, and can be taken back", async () => {
    await edited();
    await accept(["orders"]);
    assert.deepEqual(
      (await accept(["orders"], true)).map(({ outcome }) => outcome.outcome),
      ["undone"],
    );
    const orders = await rig.stage("orders");
    assert.deepEqual([orders.state, orders.reasons.map((r) => r.kind)], ["stale", ["code-changed"]]);
    await accept(["orders"]);
    await rig.run(["orders"], { force: true });
    const ran = await rig.stage("orders");
    assert.deepEqual([ran.state, ran.accepted], ["fresh", null]);
    await rig.edit("src/lib/csv.ts", "parseFloat(text)", "Number(text) + 1");
    assert.equal((await rig.stage("orders")).state, "stale");
    // The code before it all is still known, and was never touched.
    await rig.edit("src/lib/csv.ts", "Number(text) + 1", "Number(text)");
    assert.deepEqual([(await rig.stage("orders")).state, (await rig.stage("orders")).accepted], ["fresh", null]);
  });

  it("takes several stages, upstreams first whatever the order they were named in", async () => {
    await rig.edit("src/orders.ts", "o.total !== null", "o.total != null");
    await rig.edit("src/orders.ts", "o.total! >= min", "min <= o.total!");
    const results = await accept(["large", "complete"]);
    assert.deepEqual(
      results.map(({ stage, outcome }) => [stage.split("#")[1], outcome.outcome]),
      [
        ["complete", "accepted"],
        ["large", "accepted"],
      ],
    );
    assert.deepEqual([...new Set(Object.values(await rig.states()))], ["fresh"]);
  });

  it("is refused where nobody can know what is accepted", async () => {
    const why = async (name: string): Promise<string> => {
      const [result] = await accept([name]);
      const outcome = result?.outcome;
      return outcome?.outcome === "refused" ? outcome.why : String(outcome?.outcome);
    };
    assert.equal(await why("orders"), "already-fresh");
    await rig.edit("src/orders.ts", "o.total !== null", "o.total != null");
    await rig.edit("src/orders.ts", "o.total! >= min", "min <= o.total!");
    assert.equal(await why("large"), "upstream");
    await rig.edit("src/orders.ts", "min <= o.total!", "min <= ");
    assert.equal(await why("large"), "unknown");
    await rig.edit("src/orders.ts", "min <= ", "min <= o.total!");
    await rig.remove("data/orders.csv");
    assert.equal(await why("orders"), "input");
    const { store } = await rig.engine.project(rig.root);
    await store.remove("all");
    rig.write("data/orders.csv", "id,customer,total\n");
    assert.equal(await why("orders"), "no-result");
    const [none] = await accept(["orders"], true);
    assert.equal(none?.outcome.outcome === "refused" && none.outcome.why, "not-accepted");
  });

  it("renews a result that had expired, and taking it back makes it expired again", async () => {
    await rig.dispose();
    let now = Date.parse("2026-01-01T00:00:00Z");
    rig = await Rig.create(
      { "a.ts": `import { stage } from "restage";\nexport const a = stage({}, () => 1, { ttl: "1h" });\n` },
      { now: () => now },
    );
    await rig.run();
    now += 2 * 3_600_000;
    await (await rig.engine.project(rig.root)).refresh();
    assert.equal((await rig.stage("a")).reasons[0]?.kind, "expired");
    await accept(["a"]);
    assert.equal((await rig.stage("a")).state, "fresh");
    await accept(["a"], true);
    assert.equal((await rig.stage("a")).reasons[0]?.kind, "expired");
  });
});

describe("invalidating a stage (F30)", () => {
  it("drops trust in all its results and keeps the data; a run or accepting it brings trust back", async () => {
    const rig = await Rig.create(PIPELINE);
    try {
      await rig.run();
      await rig.edit("src/orders.ts", "o.total! >= min", "o.total! > min");
      await rig.run();
      const large = await rig.stage("large");
      const report = await rig.engine.invalidate({ root: rig.root, stages: [large.id] });
      assert.equal(report.records, 2);
      const stale = await rig.stage("large");
      assert.deepEqual([stale.state, stale.reasons.map((r) => r.kind)], ["stale", ["invalidated"]]);
      assert.equal(stale.lastResult?.digest, large.result?.digest);
      const { store } = await rig.engine.project(rig.root);
      const record = (await store.getRecord(large.key!)) as ResultRecord;
      assert.equal((await store.check(record.result)).state, "ok");
      assert.equal((await rig.states())["byCustomer"], "blocked");
      // Undo does not find the other one either.
      await rig.edit("src/orders.ts", "o.total! > min", "o.total! >= min");
      assert.equal((await rig.stage("large")).state, "stale");
      await rig.engine.accept({ root: rig.root, stages: [large.id], undo: false });
      assert.equal((await rig.stage("large")).state, "fresh");
      await rig.engine.accept({ root: rig.root, stages: [large.id], undo: true });
      assert.equal((await rig.stage("large")).reasons[0]?.kind, "invalidated");
      await rig.run(["large"]);
      assert.equal((await rig.stage("large")).state, "fresh");
    } finally {
      await rig.dispose();
    }
  });
});

describe("light runs (F46, calkit#1700)", () => {
  it("leave out heavy stages and what waits for them, and are no failure", async () => {
    const rig = await Rig.create({
      "a.ts": `import { stage, param } from "restage";
import { at } from "./rig.mjs";
export const light = stage({ n: param("n", 1) }, async ({ n }) => { await at("light"); return { n }; });
export const heavy = stage({ light }, async ({ light }) => { await at("heavy"); return light; }, { heavy: true });
export const after = stage({ heavy }, async ({ heavy }) => { await at("after"); return heavy; });
`,
    });
    try {
      const id = (name: string): StageId => `a.ts#${name}` as StageId;
      const first = await rig.run("stale", { light: true });
      assert.equal(first.ok, true);
      assert.deepEqual(rig.outcomes(first), { light: "ran", heavy: "skipped", after: "skipped" });
      assert.deepEqual(
        first.outcomes.flatMap(({ outcome }) => (outcome.outcome === "skipped" ? [outcome.failure] : [])),
        [
          { reason: "held-back", stage: id("heavy"), heavy: id("heavy") },
          { reason: "held-back", stage: id("after"), heavy: id("heavy") },
        ],
      );
      assert.deepEqual(rig.takeCalls(), ["light"]);
      await rig.run();
      await rig.edit("a.ts", 'await at("after")', 'await at("after2")');
      // A heavy stage that is fresh is no obstacle.
      assert.deepEqual(rig.outcomes(await rig.run("stale", { light: true })), {
        light: "reused",
        heavy: "reused",
        after: "ran",
      });
    } finally {
      await rig.dispose();
    }
  });
});
