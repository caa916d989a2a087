import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as path from "node:path";
import { describeState } from "../../src/core/describe.js";
import { DIST, Rig } from "../support/rig.js";
import { PIPELINE } from "./pipeline.js";

const ORDERS = `
import { readFileSync } from "node:fs";
import { parse, type Order } from "./lib/index.js";
import { at } from "../rig.mjs";

/** All orders.
 * @stage
 * @input raw file:data/orders.csv
 */
export async function orders(raw: string): Promise<Order[]> {
  await at("orders");
  return parse(readFileSync(raw, "utf8"));
}

/** @stage */
export async function complete(orders: readonly Order[]): Promise<Order[]> {
  await at("complete");
  return orders.filter((o) => o.total !== null);
}

/**
 * @stage
 * @param-input min 100
 */
export const large = async (complete: readonly Order[], min: number): Promise<Order[]> => {
  await at("large");
  return complete.filter((o) => o.total! >= min);
};
`;

const REPORT = `
import { large } from "./orders.js";
import * as orders from "./orders.js";
import { at } from "../rig.mjs";

const RATE = 2;

/**
 * @stage
 * @input rows stage:large.columns(customer, total)
 */
export async function byCustomer(rows) {
  await at("byCustomer");
  const sums: Record<string, number> = {};
  for (const row of rows) sums[row.customer] = (sums[row.customer] ?? 0) + row.total! * RATE;
  return Object.entries(sums).map(([customer, total]) => ({ customer, total }));
}

/**
 * @stage
 * @input all stage:orders.complete
 */
export default async function (byCustomer, all) {
  await at("report");
  return { customers: byCustomer.length, orders: all.length };
}
`;

/** The pipeline of the other suites, in the plain form: the same ids, inputs, bodies. */
const PLAIN = { ...PIPELINE, "src/orders.ts": ORDERS, "src/report.ts": REPORT };
const FRESH = { orders: "fresh", complete: "fresh", large: "fresh", byCustomer: "fresh", default: "fresh" };

describe("stages in the plain form", () => {
  let rig: Rig;
  const start = async (files: Readonly<Record<string, string>>, run = true): Promise<void> => {
    rig = await Rig.create(files);
    if (!run) return;
    const summary = await rig.run();
    assert.ok(summary.ok, JSON.stringify(summary.outcomes, null, 1));
    rig.takeCalls();
  };
  afterEach(() => rig.dispose());

  async function keys(): Promise<Record<string, string | null>> {
    return Object.fromEntries((await rig.project()).stages.map((s) => [s.name, s.key]));
  }

  async function value(name: string): Promise<unknown> {
    const stage = await rig.stage(name);
    assert.ok(stage.result, name);
    await rig.engine.openPreview({ root: rig.root, stage: stage.id, digest: null });
    const rows = await rig.engine.readRows({ root: rig.root, digest: stage.result.digest, start: 0, count: 9 });
    assert.ok("type" in rows);
    return rows.rows.map((row) => row.map((cell) => cell.text));
  }

  it("run, are fresh, and have the keys and results of the wrapped form; what ran in one is fresh in the other", async () => {
    await start(PLAIN);
    assert.deepEqual(await rig.states(), FRESH);
    const plain = await keys();
    assert.deepEqual(await value("large"), [
      ["2", "bob", "150"],
      ["3", "ann", "250"],
    ]);
    await rig.save("src/orders.ts", PIPELINE["src/orders.ts"] ?? "");
    assert.deepEqual(await keys(), plain, "plain stages take wrapped ones");
    assert.deepEqual(await rig.states(), FRESH);
    await rig.save("src/report.ts", PIPELINE["src/report.ts"] ?? "");
    assert.deepEqual(await keys(), plain);
    assert.deepEqual(await rig.states(), FRESH);
    assert.deepEqual(rig.takeCalls(), []);
    assert.deepEqual((await rig.run()).outcomes, []);
  });

  it("feed wrapped stages and are fed by them when they run", async () => {
    await start({
      ...PLAIN,
      "src/report.ts": (PIPELINE["src/report.ts"] ?? "").replace('large.columns("customer", "total")', "large"),
    });
    assert.deepEqual(await value("byCustomer"), [
      ["bob", "300"],
      ["ann", "500"],
    ]);
  });

  it("go stale for the reasons of the wrapped form: code, tag, file, and an upstream's columns (F11, F30, F33)", async () => {
    await start(PLAIN);
    await rig.edit("src/orders.ts", ">= min", "> min");
    assert.deepEqual(await rig.states(), { ...FRESH, large: "stale", byCustomer: "blocked", default: "blocked" });
    assert.equal(describeState(await rig.stage("large")), "stale: large() changed");
    await rig.edit("src/orders.ts", "> min", ">= min");
    assert.deepEqual(await rig.states(), FRESH);
    await rig.edit("src/orders.ts", "min 100", "min 200");
    assert.deepEqual((await rig.stage("large")).reasons, [{ kind: "param-changed", param: "min", was: 100, now: 200 }]);
    await rig.edit("src/orders.ts", "min 200", "min 100");
    await rig.edit("src/orders.ts", "All orders", "Every order");
    assert.deepEqual(await rig.states(), FRESH);
    await rig.save("data/orders.csv", `${PIPELINE["data/orders.csv"] ?? ""}5,dan,1\n`);
    assert.equal(describeState(await rig.stage("orders")), "stale: data/orders.csv changed");
    await rig.run();
    assert.deepEqual(rig.takeCalls().sort(), ["complete", "large", "orders", "report"], "large gave what it had given");
  });

  it("get inputs of every kind at their places, and the run context last", async () => {
    const text = `
/** @stage */
export function rows() { return [{ a: 1, b: "x" }, { a: 2, b: "y" }]; }
/** @stage
 * @input all files:data/*.csv
 * @input unset env:RESTAGE_TEST_UNSET
 * @input set env:RESTAGE_TEST_SET=none
 * @input table stage:rows.table()
 * @input a stage:rows.columns(a)
 * @input place stage:rows.path()
 * @param-input size {"least": [1, null]}
 */
export async function every(all, unset, set, table, a, rows, place, size, ctx) {
  ctx.log.info("hello");
  return JSON.stringify({
    all: all.map((file) => file.split("/").at(-1)), unset, set, table: table.numRows, a, rows: rows.length,
    place: place.endsWith(".parquet"), size, context: Object.keys(ctx).sort(), more: arguments.length,
  }, (key, value) => value === undefined ? null : value);
}
/** @stage */
export function chance({ random }) { return random() < 1; }`;
    await start({ "data/a.csv": "1", "data/b.csv": "2", "s.mjs": text });
    const { result } = await rig.stage("every");
    assert.ok(result);
    const info = await rig.engine.openPreview({ root: rig.root, stage: (await rig.stage("every")).id, digest: null });
    assert.ok("type" in info);
    assert.deepEqual(JSON.parse(info.text ?? ""), {
      all: ["a.csv", "b.csv"],
      unset: null,
      set: "none",
      table: 2,
      a: [{ a: 1 }, { a: 2 }],
      rows: 2,
      place: true,
      size: { least: [1, null] },
      context: ["log", "params", "progress", "random", "signal", "tmp"],
      more: 9,
    });
    assert.equal((await rig.stage("chance")).state, "fresh");
  });

  it("are code for the stages that call them, and stages of their own (promise 1)", async () => {
    await start({
      "s.ts": `
/** @stage */
export function base() { return [1, 2, 3]; }
/** @stage */
export function twice() { return [...base(), ...base()]; }
`,
    });
    await rig.edit("s.ts", "[1, 2, 3]", "[1, 2]");
    assert.deepEqual(await rig.states(), { base: "stale", twice: "stale" });
    assert.equal(describeState(await rig.stage("twice")), "stale: base() changed");
  });

  it("are run and shown by the command line as any other (F1)", async () => {
    await start({ "s.mjs": `/** One.\n * @stage\n */\nexport const one = () => [{ a: 1 }];\n` }, false);
    const restage = (...args: string[]): string =>
      execFileSync(process.execPath, [path.join(DIST, "cli.mjs"), ...args, "--project", rig.root], {
        encoding: "utf8",
      });
    assert.match(restage("run", "one"), /one ran · 1 row/);
    const { stages } = JSON.parse(restage("status", "--json")) as {
      stages: { id: string; state: string; line: number }[];
    };
    assert.deepEqual(
      stages.map(({ id, state, line }) => [id, state, line]),
      [["s.mjs#one", "fresh", 4]],
    );
    assert.match(restage("preview", "one"), /a/);
  });

  it("say at the place what cannot be, and never run then", async () => {
    await start({ "s.ts": `/** @stage */\nexport function x(unknown: number) { return unknown; }\n` }, false);
    const { problems, stages } = await rig.project();
    assert.deepEqual(
      problems.map((p) => [p.code, p.severity, p.range.line, p.range.column]),
      [["unknown-parameter", "error", 2, 19]],
    );
    assert.equal(stages[0]?.state, "stale");
    assert.equal((await rig.run(["x"])).ok, false);
  });

  it("that are no function any more when the module has run fail with what to do", async () => {
    await start({ "s.mjs": `/** @stage */\nexport let x = () => 1;\nx = 3;\n` }, false);
    const { outcomes } = await rig.run();
    const [outcome] = outcomes;
    assert.ok(outcome?.outcome.outcome === "failed");
    assert.match(
      JSON.stringify(outcome),
      /The export \\"x\\" is no function when the module has run.*without reassigning/,
    );
  });
});
