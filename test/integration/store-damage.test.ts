import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { DIST, Rig } from "../support/rig.js";
import { PIPELINE } from "./pipeline.js";

function objects(rig: Rig): string[] {
  const folder = rig.path(".restage/objects");
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((e) => e.isFile())
    .map((e) => path.join(e.parentPath, e.name));
}

async function objectOf(rig: Rig, stage: string): Promise<string> {
  const { digest } = (await rig.stage(stage)).result!;
  const found = objects(rig).find((file) => file.includes(digest.slice(2)) || file.includes(digest));
  assert.ok(found);
  return found;
}

function flipBit(file: string): void {
  const bytes = readFileSync(file);
  const at = Math.floor(bytes.length / 2);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  chmodSync(file, 0o644);
  writeFileSync(file, bytes);
}

async function commandLine(
  rig: Rig,
  ...args: string[]
): Promise<{ readonly code: number | null; readonly err: string }> {
  const cli = spawn(process.execPath, [path.join(DIST, "cli.mjs"), ...args, "--project", rig.root], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let err = "";
  cli.stderr.on("data", (chunk: Buffer) => (err += chunk.toString("utf8")));
  const [code] = (await once(cli, "close")) as [number | null];
  return { code, err };
}

describe("a damaged or shared store", () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await Rig.create(PIPELINE);
    assert.ok((await rig.run()).ok);
    rig.takeCalls();
  });
  afterEach(() => rig.dispose());

  it("shows a stage whose stored bytes were changed as stale with the reason, keeps the damaged file aside, and heals by running it (A7, A8)", async () => {
    const file = await objectOf(rig, "complete");
    flipBit(file);
    await rig.engine.filesChanged({ files: [file] });
    const stage = await rig.stage("complete");
    assert.deepEqual([stage.state, stage.reasons.map((r) => r.kind)], ["stale", ["result-corrupt"]]);
    const other = rig.newEngine();
    await other.open([rig.root], { nested: false });
    assert.deepEqual(
      (await rig.project(other)).stages.find((s) => s.name === "complete")?.reasons.map((r) => r.kind),
      ["result-corrupt"],
    );
    assert.ok(readdirSync(rig.path(".restage/quarantine")).length > 0);
    assert.ok((await rig.run(["default"])).ok);
    assert.deepEqual(rig.takeCalls(), ["complete"]);
    assert.equal((await rig.stage("default")).state, "fresh");
  });

  it("never uses damaged bytes even when size and time were put back (A7)", async () => {
    const file = await objectOf(rig, "complete");
    const before = statSync(file);
    flipBit(file);
    utimesSync(file, before.atime, before.mtime);
    await rig.edit("src/orders.ts", "o.total! >= min", "o.total! > min");
    const summary = await rig.run(["large"]);
    assert.ok(summary.ok, JSON.stringify(summary.outcomes));
    assert.ok(rig.takeCalls().includes("complete"));
  });

  it("heals a damaged input within the run: it is made anew once, for all that need it, and nobody is asked to run again (A7, A8)", async () => {
    await rig.edit("src/orders.ts", "o.total! >= min", "o.total! > min");
    await rig.edit("src/report.ts", "orders: all.length", "orders: all.length + 0");
    rig.hold("large");
    const run = rig.run(["large", "default"]);
    const held = await rig.next("large");
    rig.unhold("large");
    // What byCustomer and the report read is damaged after the run was planned, and looks untouched.
    const file = await objectOf(rig, "complete");
    const before = statSync(file);
    flipBit(file);
    utimesSync(file, before.atime, before.mtime);
    held.release();
    const summary = await run;
    assert.ok(summary.ok, JSON.stringify(summary.outcomes, null, 1));
    assert.deepEqual(await rig.states(), {
      orders: "fresh",
      complete: "fresh",
      large: "fresh",
      byCustomer: "fresh",
      default: "fresh",
    });
    assert.equal(rig.takeCalls().filter((name) => name === "complete").length, 1);
  });

  it("says on the command line what is wrong with a cache folder that is somebody's data", async () => {
    await rig.engine.close();
    rmSync(rig.path(".restage"), { recursive: true });
    writeFileSync(rig.path(".restage"), "mine");
    const { code, err } = await commandLine(rig, "run");
    assert.equal(code, 1);
    assert.match(err, /\.restage/);
    assert.doesNotMatch(err, /Internal error/);
  });

  it("notices a result that was deleted (A7)", async () => {
    const file = await objectOf(rig, "large");
    rmSync(file);
    await rig.engine.filesChanged({ files: [file] });
    const stage = await rig.stage("large");
    assert.deepEqual([stage.state, stage.reasons.map((r) => r.kind)], ["stale", ["result-missing"]]);
  });

  it("lists versions, says what clearing removes, removes it, and can clear from a stage on (F30, F62)", async () => {
    await rig.edit("src/orders.ts", "o.total! >= min", "o.total! > min + 100");
    await rig.run();
    const large = (await rig.stage("large")).id;
    assert.deepEqual(
      (await rig.engine.versions({ root: rig.root, stage: large })).map((v) => [v.current, v.present, v.result.rows]),
      [
        [true, true, 1],
        [false, true, 2],
      ],
    );
    const plan = await rig.engine.planClear({ root: rig.root, scope: { what: "from", stage: large } });
    assert.deepEqual([plan.stages.length, plan.bytes > 0], [3, true]);
    const done = await rig.engine.clear({ root: rig.root, scope: { what: "from", stage: large } });
    assert.equal(done.bytes, plan.bytes);
    assert.deepEqual(await rig.states(), {
      orders: "fresh",
      complete: "fresh",
      large: "new",
      byCustomer: "new",
      default: "new",
    });
    const all = await rig.engine.clear({ root: rig.root, scope: { what: "all" } });
    assert.ok(all.bytes > 0);
    assert.deepEqual(objects(rig), []);
  });

  it("is whole after kill -9 of the command line in the middle of a run, and the next run goes on (A2, B2)", async () => {
    rig.hold("large");
    await rig.edit("src/orders.ts", "o.total !== null", "o.total !== null && o.id > 1");
    const cli = spawn(process.execPath, [path.join(DIST, "cli.mjs"), "run", "default", "--project", rig.root], {
      stdio: "ignore",
    });
    const held = await rig.next("large");
    cli.kill("SIGKILL");
    await once(cli, "exit");
    await held.gone;
    rig.unhold("large");
    rig.takeCalls();
    const summary = await rig.run(["default"]);
    assert.ok(summary.ok, JSON.stringify(summary.outcomes));
    // The large orders are the same rows as before, so what sums them up is reused.
    assert.deepEqual(rig.takeCalls(), ["large", "report"]);
  });
});
