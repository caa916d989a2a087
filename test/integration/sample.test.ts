import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { DIST, REPOSITORY } from "../support/rig.js";

interface Status {
  readonly stages: readonly { readonly name: string; readonly state: string; readonly fullyTracked: boolean }[];
}

describe("the sample", () => {
  let root: string;
  before(() => {
    execFileSync(process.execPath, [path.join(REPOSITORY, "samples/setup.mjs")]);
    root = path.join(realpathSync(mkdtempSync(path.join(tmpdir(), "restage-sample-"))), "flights");
    cpSync(path.join(REPOSITORY, "samples/flights"), root, {
      recursive: true,
      filter: (file) => !/\.restage|node_modules/.test(path.relative(REPOSITORY, file)),
    });
  });
  after(() => rmSync(path.dirname(root), { recursive: true }));

  function restage(...args: string[]): string {
    const { status, stdout, stderr } = spawnSync(process.execPath, [path.join(DIST, "cli.mjs"), ...args], {
      cwd: root,
      encoding: "utf8",
    });
    assert.equal(status, 0, stderr);
    return stdout;
  }

  function stale(): readonly string[] {
    const { stages } = JSON.parse(restage("status", "--json")) as Status;
    return stages.filter((s) => s.state !== "fresh").map((s) => s.name);
  }

  it("runs with nothing installed, is fully tracked, and is reused as a whole the second time", () => {
    restage("run");
    const { stages } = JSON.parse(restage("status", "--json")) as Status;
    assert.ok(stages.length >= 6);
    assert.deepEqual(
      stages.filter((s) => s.state !== "fresh" || !s.fullyTracked),
      [],
    );
    assert.match(restage("run"), /Everything is fresh: \d+ stages reused/);
  });

  it("goes stale where a helper's change is felt, and is fresh again by undo", () => {
    const file = path.join(root, "src/lib/statistics.ts");
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace(/(export function median\([^]*?\{\n)/, "$1  if (Number.isNaN(1)) return 0;\n"));
    assert.notEqual(readFileSync(file, "utf8"), text);
    assert.deepEqual(stale(), ["topRoutes"]);
    writeFileSync(file, text);
    assert.deepEqual(stale(), []);
  });

  it("goes stale where its parameter is used", () => {
    const file = path.join(root, "restage.json");
    const text = readFileSync(file, "utf8");
    const changed = text.replace(/"minFlights": *\d+/, '"minFlights": 3');
    assert.notEqual(changed, text);
    writeFileSync(file, changed);
    assert.deepEqual(stale(), ["topRoutes"]);
    writeFileSync(file, text);
  });
});
