import assert from "node:assert/strict";
import { mkdirSync, renameSync, rmSync, statSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from "node:fs";
import type { StaleReason } from "../../src/protocol/reason.js";
import { Rig } from "../support/rig.js";

const STAGES = `
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { stage, file, files, env } from "restage";
export const one = stage({ raw: file("data/one.csv") }, ({ raw }) => readFileSync(raw, "utf8"));
export const many = stage({ raw: files("data/*.csv") }, ({ raw }) => raw.map((f) => readFileSync(f, "utf8")));
export const folder = stage({ dir: file("data") }, ({ dir }) =>
  readdirSync(dir, { recursive: true }).map(String).sort());
export const url = stage({ url: env("URL", "none") }, ({ url }) => url);
`;

describe("inputs", () => {
  let rig: Rig;

  beforeEach(async () => {
    rig = await Rig.create(
      { "a.ts": STAGES, "data/one.csv": "11", "data/two.csv": "22", "data/sub/deep.txt": "33" },
      { variables: { SET: "1" } },
    );
    await rig.run();
  });
  afterEach(() => rig.dispose());

  async function look(): Promise<Record<string, string>> {
    const project = await rig.engine.project(rig.root);
    await project.refresh();
    return rig.states();
  }
  const reasons = async (name: string): Promise<readonly StaleReason[]> => (await rig.stage(name)).reasons;

  it("that are edited make their stages stale although no code changed (framework#1148)", async () => {
    writeFileSync(rig.path("data/one.csv"), "12");
    assert.deepEqual(await look(), { one: "stale", many: "stale", folder: "stale", url: "fresh" });
    assert.equal((await reasons("one"))[0]?.kind, "input-changed");
    writeFileSync(rig.path("data/one.csv"), "11");
    assert.deepEqual(await look(), { one: "fresh", many: "fresh", folder: "fresh", url: "fresh" });
  });

  it("that are edited twice in a moment, with size and time as before, are seen each time (turborepo#1473)", async () => {
    const { atime, mtime } = statSync(rig.path("data/one.csv"));
    for (const text of ["12", "13", "14", "11", "15"]) {
      writeFileSync(rig.path("data/one.csv"), text);
      utimesSync(rig.path("data/one.csv"), atime, mtime);
      const expected = text === "11" ? "fresh" : "stale";
      const states = await look();
      assert.deepEqual([states["one"], states["many"], states["folder"]], [expected, expected, expected], text);
    }
  });

  it("of a glob count when they are added, removed or renamed", async () => {
    writeFileSync(rig.path("data/three.csv"), "33");
    assert.deepEqual((await look())["many"], "stale");
    const [added] = await reasons("many");
    assert.deepEqual(added?.kind === "files-changed" && added.added, ["data/three.csv"]);
    unlinkSync(rig.path("data/three.csv"));
    assert.equal((await look())["many"], "fresh");
    renameSync(rig.path("data/two.csv"), rig.path("data/zwei.csv"));
    assert.equal((await look())["many"], "stale");
    const [renamed] = await reasons("many");
    assert.deepEqual(renamed?.kind === "files-changed" && [renamed.added, renamed.removed], [
      ["data/zwei.csv"],
      ["data/two.csv"],
    ]);
  });

  it("that are folders count by the paths and contents of their files, at any depth", async () => {
    assert.deepEqual((await rig.stage("folder")).result?.kind, "json");
    const changes: [string, () => void, () => void][] = [
      ["edited", () => rig.write("data/sub/deep.txt", "34"), () => rig.write("data/sub/deep.txt", "33")],
      ["added", () => rig.write("data/sub/new/x", ""), () => rmSync(rig.path("data/sub/new"), { recursive: true })],
      [
        "renamed",
        () => renameSync(rig.path("data/sub"), rig.path("data/bus")),
        () => renameSync(rig.path("data/bus"), rig.path("data/sub")),
      ],
      ["hidden", () => rig.write("data/.hidden", "1"), () => unlinkSync(rig.path("data/.hidden"))],
    ];
    for (const [what, change, undo] of changes) {
      change();
      assert.equal((await look())["folder"], "stale", what);
      assert.equal((await reasons("folder"))[0]?.kind, "files-changed", what);
      undo();
      assert.equal((await look())["folder"], "fresh", what);
    }
    const old = new Date("2001-01-01");
    utimesSync(rig.path("data/sub/deep.txt"), old, old);
    mkdirSync(rig.path("data/empty"));
    rig.write("data/node_modules/x/index.js", "1");
    assert.equal((await look())["folder"], "fresh", "times, empty folders and packages");
  });

  it("that become a folder, or a file again, are a change", async () => {
    rmSync(rig.path("data/one.csv"));
    rig.write("data/one.csv/part", "11");
    assert.equal((await look())["one"], "stale");
    const [reason] = await reasons("one");
    assert.deepEqual(reason?.kind === "input-changed" && [reason.was, reason.now], ["a file", "a folder"]);
  });

  it("behind links count by what the links lead to; a link in a circle ends", async () => {
    rig.write("elsewhere/a.csv", "11");
    rig.write("elsewhere/b.csv", "12");
    unlinkSync(rig.path("data/one.csv"));
    symlinkSync("../elsewhere/a.csv", rig.path("data/one.csv"));
    symlinkSync("..", rig.path("data/sub/up"));
    assert.equal((await look())["one"], "fresh");
    unlinkSync(rig.path("data/one.csv"));
    symlinkSync("../elsewhere/b.csv", rig.path("data/one.csv"));
    const states = await look();
    assert.deepEqual([states["one"], states["many"], states["folder"]], ["stale", "stale", "stale"]);
    unlinkSync(rig.path("elsewhere/b.csv"));
    assert.equal((await look())["one"], "stale");
    assert.equal((await reasons("one"))[0]?.kind, "input-missing");
  });

  it("that are missing are a reason and a diagnostic, and a run that needs them says so", async () => {
    rmSync(rig.path("data"), { recursive: true });
    assert.deepEqual(await look(), { one: "stale", many: "stale", folder: "stale", url: "fresh" });
    assert.deepEqual(await reasons("one"), [
      { kind: "input-missing", input: "raw", path: "data/one.csv", detail: "there is no such file" },
    ]);
    const { problems } = await rig.project();
    assert.deepEqual(
      problems.map((p) => [p.code, p.range.line]),
      [
        ["missing-input-file", 5],
        ["missing-input-file", 7],
      ],
    );
    const summary = await rig.run(["one"]);
    const [outcome] = summary.outcomes;
    assert.equal(outcome?.outcome.outcome === "failed" && outcome.outcome.failure.reason, "input-missing");
  });

  it("from the environment may come from the files that restage.json names (nx#4662)", async () => {
    const value = async (): Promise<unknown> => {
      await rig.run(["url"]);
      const { engine, root } = rig;
      const preview = await engine.openPreview({ root, stage: (await rig.stage("url")).id, digest: null });
      return "type" in preview ? preview.text : preview.reason;
    };
    await rig.save(".env", "URL=https://one.example # comment\nOTHER=1\n");
    assert.equal((await rig.stage("url")).state, "fresh", "nobody named the file");
    await rig.save("restage.json", '{ "envFiles": [".env", ".env.local"] }');
    assert.deepEqual(await reasons("url"), [{ kind: "env-changed", variable: "URL", change: "changed" }]);
    assert.equal(await value(), "https://one.example");
    await rig.save(".env", "URL='https://two.example'\nOTHER=1\n");
    assert.equal((await rig.stage("url")).state, "stale");
    assert.equal(await value(), "https://two.example");
    await rig.save(".env", "# a comment, and a variable nobody declares\nURL=https://two.example\nOTHER=2\n");
    assert.equal((await rig.stage("url")).state, "fresh");
    await rig.save(".env.local", "URL=https://local.example\n");
    assert.equal(await value(), "https://local.example");
    const real = rig.newEngine({ URL: "https://one.example" });
    await real.open([rig.root], { nested: false });
    assert.equal((await rig.project(real)).stages.find((s) => s.name === "url")?.state, "fresh", "the real one wins");
    await rig.remove(".env.local");
    assert.equal((await rig.stage("url")).state, "fresh");
    await rig.remove(".env");
    assert.equal((await rig.stage("url")).state, "fresh", "as at first");
    rig.write(".env/x", "");
    await rig.save("restage.json", '{ "envFiles": [".env"] } ');
    assert.match((await rig.project()).problems[0]?.message ?? "", /"envFiles" names \.env, which is there but cannot/);
  });
});
