import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as path from "node:path";
import type { StageOutcome } from "../../src/protocol/events.js";
import { DIST, Rig } from "../support/rig.js";

const SOURCE = `
import { stage, param } from "restage";
import { at } from "./rig.mjs";
export const steady = stage({ n: param("n", 5) }, async ({ n }, { random }) => {
  await at("steady");
  return Array.from({ length: n }, (_, i) => ({ i, draw: random() }));
});
export const moody = stage({ steady }, async ({ steady }) => {
  await at("moody");
  return steady.map((row) => ({ ...row, luck: row.i < 3 ? 0 : Math.random() }));
});
export const text = stage({}, () => "made in process " + process.pid);
export const throws = stage({}, () => { throw new Error("no"); });
`;

describe("the determinism check (F31, F32)", () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await Rig.create({ "a.ts": SOURCE });
  });
  afterEach(() => rig.dispose());

  async function check(name: string): Promise<StageOutcome | undefined> {
    const summary = await rig.run([name], { check: true });
    return summary.outcomes.find(({ stage }) => stage.endsWith(`#${name}`))?.outcome;
  }

  it("runs a stage twice in processes of their own, files what is equal, and says that it was checked", async () => {
    const outcome = await check("steady");
    assert.equal(outcome?.outcome === "checked" && outcome.check.same, true);
    assert.deepEqual(rig.takeCalls(), ["steady", "steady"]);
    const steady = await rig.stage("steady");
    assert.deepEqual([steady.state, steady.checked?.same], ["fresh", true]);
  });

  it("names the columns that differ and the first row, files nothing, and marks the result there is", async () => {
    const first = await check("moody");
    assert.deepEqual(first?.outcome === "checked" && [first.check.same, first.check.columns, first.check.row], [
      false,
      ["luck"],
      3,
    ]);
    assert.deepEqual(rig.takeCalls(), ["steady", "moody", "moody"]);
    assert.equal((await rig.stage("moody")).state, "new");
    await rig.run(["moody"]);
    const made = await rig.stage("moody");
    assert.equal(made.checked, null);
    await check("moody");
    const marked = await rig.stage("moody");
    assert.deepEqual(
      [marked.state, marked.result?.digest, marked.checked?.same],
      ["fresh", made.result?.digest, false],
    );
    // It is so with other inputs too, while the code is the same.
    await rig.save("restage.json", '{ "params": { "n": 6 } }');
    await rig.run(["moody"]);
    assert.equal((await rig.stage("moody")).checked?.same, false);
    await rig.edit("a.ts", "Math.random()", "row.draw");
    await rig.run(["moody"]);
    assert.equal((await rig.stage("moody")).checked, null);
  });

  it("compares values that are no tables, and tells a failure from a difference", async () => {
    const text = await check("text");
    assert.deepEqual(text?.outcome === "checked" && [text.check.same, text.check.columns, text.check.row], [
      false,
      [],
      null,
    ]);
    assert.equal((await check("throws"))?.outcome, "failed");
  });

  it("has an exit code for each end on the command line, and JSON", async () => {
    await rig.save("a.ts", SOURCE.replace(/^import \{ at \}.*$/m, "").replace(/^ *await at\(.*$/gm, ""));
    const restage = (...args: string[]): { code: number | null; out: string; err: string } => {
      const done = spawnSync(process.execPath, [path.join(DIST, "cli.mjs"), ...args], {
        cwd: rig.root,
        encoding: "utf8",
      });
      return { code: done.status, out: done.stdout, err: done.stderr };
    };
    const same = restage("check", "steady");
    assert.deepEqual([same.code, same.out], [0, "steady gave the same both times.\n"]);
    const different = restage("check", "steady", "moody");
    assert.equal(different.code, 4);
    assert.match(different.out, /moody is not deterministic: .* in the column luck, first in row 4\./);
    assert.equal(restage("check", "throws").code, 1);
    assert.equal(restage("check", "nothing").code, 2);
    restage("run", "moody");
    restage("check", "moody");
    assert.match(restage("status").out, /moody +fresh .*not deterministic/);
    const json = JSON.parse(restage("check", "moody", "--json").out) as {
      checks: { stage: string; outcome: { outcome: string; check: { same: boolean } } }[];
    };
    assert.deepEqual(
      json.checks.map((c) => [c.stage, c.outcome.outcome, c.outcome.check.same]),
      [["a.ts#moody", "checked", false]],
    );
  });
});
