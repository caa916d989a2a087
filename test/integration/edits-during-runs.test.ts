/** What is edited, finished or asked for while something runs: named after complaints about other tools. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import * as path from "node:path";
import { DIST, Rig } from "../support/rig.js";
import { PIPELINE } from "./pipeline.js";

const FRESH = { orders: "fresh", complete: "fresh", large: "fresh", byCustomer: "fresh", default: "fresh" };

describe("edits during runs", () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await Rig.create(PIPELINE);
  });
  afterEach(() => rig.dispose());

  it("file a result under the helper's code that made it, when the helper is edited between planning and the end (nx#8828, dvc#11058)", async () => {
    rig.hold("orders");
    const run = rig.run(["complete"]);
    const held = await rig.next("orders");
    rig.unhold("orders");
    await rig.edit("src/lib/csv.ts", "Number(text)", "Number(text) + 1000");
    // What has not begun yet is of the code of the run's start, too.
    await rig.edit("src/orders.ts", "o.total !== null", "o.total === null");
    held.release();
    assert.ok((await run).ok);
    const states = await rig.states();
    assert.deepEqual([states["orders"], states["complete"]], ["stale", "stale"]);
    assert.equal((await rig.stage("complete")).lastResult?.rows, 3);
    await rig.edit("src/lib/csv.ts", "Number(text) + 1000", "Number(text)");
    await rig.edit("src/orders.ts", "o.total === null", "o.total !== null");
    rig.takeCalls();
    const back = await rig.states();
    assert.deepEqual([back["orders"], back["complete"], rig.takeCalls()], ["fresh", "fresh", []]);
  });

  it("show that a queued stage will run an older version, and let it be queued again at once (marimo-lsp#352)", async () => {
    rig.hold("orders");
    const first = rig.run(["large"]);
    const held = await rig.next("orders");
    rig.unhold("orders");
    assert.deepEqual([(await rig.stage("large")).state, (await rig.stage("large")).runningOlder], ["queued", false]);
    await rig.edit("src/orders.ts", "o.total! >= min", "o.total! > min + 100");
    assert.deepEqual([(await rig.stage("large")).state, (await rig.stage("large")).runningOlder], ["queued", true]);
    const second = rig.run(["large"]);
    held.release();
    assert.ok((await first).ok);
    assert.ok((await second).ok);
    const large = await rig.stage("large");
    assert.deepEqual([large.state, large.result?.rows], ["fresh", 1]);
    assert.deepEqual(
      rig.takeCalls().filter((name) => name === "orders"),
      ["orders"],
    );
  });

  it("do not call a stage fresh whose upstream got another result while it ran (dagster#10160)", async () => {
    assert.ok((await rig.run()).ok);
    await rig.edit("src/orders.ts", "o.total! >= min", "o.total! >= min + 0");
    rig.hold("large");
    const run = rig.run(["large"]);
    const held = await rig.next("large");
    rig.unhold("large");
    await rig.edit("src/orders.ts", "o.total !== null", "o.total !== null && o.id > 2");
    assert.ok((await rig.run(["complete"])).ok);
    held.release();
    assert.ok((await run).ok);
    const large = await rig.stage("large");
    assert.deepEqual([large.state, large.reasons.map((r) => r.kind)], ["stale", ["upstream-changed"]]);
    assert.ok((await rig.run()).ok);
    assert.deepEqual(await rig.states(), FRESH);
    assert.equal((await rig.stage("large")).result?.rows, 1);
  });

  it("never show what is below a running stage as fresh before its result is known (calkit#972)", async () => {
    assert.ok((await rig.run()).ok);
    await rig.edit("src/orders.ts", "o.total !== null", "o.total !== null && true");
    rig.hold("complete");
    const run = rig.run(["complete"]);
    const held = await rig.next("complete");
    assert.deepEqual(await rig.states(), {
      orders: "fresh",
      complete: "running",
      large: "blocked",
      byCustomer: "blocked",
      default: "blocked",
    });
    held.release();
    assert.ok((await run).ok);
    // The same bytes as before: everything below is fresh without a run.
    assert.deepEqual(await rig.states(), FRESH);
  });

  it("run a stage once when two windows and the command line ask at the same time (F55)", async () => {
    const other = rig.newEngine();
    await other.open([rig.root], { nested: false });
    rig.hold("orders");
    const first = rig.run(["large"]);
    const held = await rig.next("orders");
    rig.unhold("orders");
    const second = rig.run(["large"], { engine: other });
    const cli = spawn(process.execPath, [path.join(DIST, "cli.mjs"), "run", "large", "--project", rig.root], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let out = "";
    cli.stdout.on("data", (chunk: Buffer) => (out += chunk.toString("utf8")));
    const done = once(cli, "close");
    held.release();
    assert.ok((await first).ok);
    assert.ok((await second).ok);
    assert.deepEqual((await done)[0], 0, out);
    assert.deepEqual(rig.takeCalls().sort(), ["complete", "large", "orders"]);
  });
});
