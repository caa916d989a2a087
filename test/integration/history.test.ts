/** Results are found again wherever the code goes: back, to another branch, to another name or file. Nothing runs for it. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { renameSync } from "node:fs";
import { seedResults } from "../bench/scale-seed.js";
import { Rig } from "../support/rig.js";
import { PIPELINE } from "./pipeline.js";

const STAGES = 100;
/** With the stages' own files 500 files, all of which differ between the branches. */
const HELPERS = 400;

function manyFiles(): Record<string, string> {
  const files: Record<string, string> = { ".gitignore": ".restage/\nrig.sock\n" };
  for (let n = 0; n < HELPERS; n++) {
    const next = n % 4 === 3 ? "0" : `help${n + 1}(x)`;
    const lead = n % 4 === 3 ? "" : `import { help${n + 1} } from "./h${n + 1}.js";\n`;
    files[`src/h${n}.ts`] =
      `${lead}const OF_${n} = ${n} + 1;\nexport const help${n} = (x: number): number => x + OF_${n} + ${next};\n`;
  }
  for (let n = 0; n < STAGES; n++) {
    const up = n % 10 === 0 ? "" : `s${n - 1}`;
    const lead = up === "" ? "" : `import { ${up} } from "./s${n - 1}.js";\n`;
    files[`src/s${n}.ts`] =
      `import { stage } from "restage";\nimport { help${n * 4} } from "./h${n * 4}.js";\n${lead}` +
      `export const s${n} = stage({ ${up} }, () => ({ n: help${n * 4}(1) }));\n`;
  }
  return files;
}

describe("history", () => {
  let rig: Rig;
  afterEach(() => rig.dispose());

  const git = (...args: string[]): string =>
    execFileSync(
      "git",
      ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false", ...args],
      {
        cwd: rig.root,
        encoding: "utf8",
      },
    );

  async function count(): Promise<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { state } of (await rig.project()).stages) counts[state] = (counts[state] ?? 0) + 1;
    return counts;
  }

  async function reopened(): Promise<void> {
    rig.engine = rig.newEngine();
    await rig.engine.open([rig.root], { nested: false });
  }

  it("has the right statuses after a stash and after switching branches of 500 changed files, whatever the order of events, and after a restart; with no run (F27, F98, targets#686, nx-console#2980)", async () => {
    const files = manyFiles();
    rig = await Rig.create(files);
    const sources = Object.keys(files).filter((file) => file.endsWith(".ts"));
    assert.equal(sources.length, 500);
    const seed = async (): Promise<void> => {
      await seedResults(await rig.engine.project(rig.root));
      await (await rig.engine.project(rig.root)).refresh();
    };
    await rig.project();
    await seed();
    assert.deepEqual(await count(), { fresh: STAGES });
    git("init", "-q", "-b", "main");
    git("add", "-A");
    git("commit", "-qm", "main");
    git("checkout", "-qb", "other");
    for (const file of sources) {
      const text = rig.read(file).replace(/(const OF_\d+ = \d+ \+ )1/, "$12");
      rig.write(file, text.replace("(1) }));", "(2) }));"));
    }
    await rig.engine.filesChanged({ files: sources.map((file) => rig.path(file)) });
    assert.equal((await count())["fresh"], undefined);
    await seed();
    git("commit", "-qam", "other");
    assert.deepEqual(await count(), { fresh: STAGES });

    // Told of in pieces, backwards, each piece with a status in between: none may be called fresh that is not.
    git("checkout", "-q", "main");
    const backwards = [...sources].reverse().map((file) => rig.path(file));
    for (let at = 0; at < backwards.length; at += 90)
      await rig.engine.filesChanged({ files: backwards.slice(at, at + 90) });
    assert.deepEqual(await count(), { fresh: STAGES });

    // All at once, and two switches faster than the events come.
    git("checkout", "-q", "other");
    git("checkout", "-q", "main");
    git("checkout", "-q", "other");
    await Promise.all([
      rig.engine.filesChanged({ files: backwards.slice(0, 250) }),
      rig.engine.filesChanged({ files: backwards.slice(250) }),
    ]);
    assert.deepEqual(await count(), { fresh: STAGES });

    rig.write("src/h0.ts", rig.read("src/h0.ts").replace("x + OF_0", "x - OF_0"));
    await rig.engine.filesChanged({ files: [rig.path("src/h0.ts")] });
    assert.deepEqual(await count(), { stale: 1, blocked: 9, fresh: STAGES - 10 });
    git("stash", "-q");
    await rig.engine.filesChanged({ files: [rig.path("src/h0.ts")] });
    assert.deepEqual(await count(), { fresh: STAGES });
    git("stash", "pop", "-q");
    await rig.engine.filesChanged({ files: [rig.path("src/h0.ts")] });
    assert.deepEqual(await count(), { stale: 1, blocked: 9, fresh: STAGES - 10 });
    git("checkout", "-q", "--", "src/h0.ts");
    git("checkout", "-q", "main");
    await reopened();
    assert.deepEqual(await count(), { fresh: STAGES });
    assert.deepEqual((await rig.run()).outcomes, []);
  });

  describe("under another name", () => {
    beforeEach(async () => {
      rig = await Rig.create(PIPELINE);
      assert.ok((await rig.run()).ok);
      await rig.edit("src/orders.ts", "o.total! >= min", "o.total! > min + 100");
      assert.ok((await rig.run()).ok);
      rig.takeCalls();
    });

    async function allFresh(): Promise<void> {
      const states = await rig.states();
      assert.ok(
        Object.values(states).every((state) => state === "fresh"),
        JSON.stringify(states),
      );
      assert.deepEqual(rig.takeCalls(), []);
    }

    it("keeps the results and the list of versions of a stage that is renamed and whose file and helpers move, all at once (F27, P17)", async () => {
      const before = await rig.engine.versions({ root: rig.root, stage: (await rig.stage("large")).id });
      assert.equal(before.length, 2);
      const orders = rig.read("src/orders.ts");
      renameSync(rig.path("src/lib"), rig.path("src/tools"));
      renameSync(rig.path("src/tools/csv.ts"), rig.path("src/tools/comma.ts"));
      rig.write("src/tools/index.ts", `export * from "./comma.js";\n`);
      renameSync(rig.path("src/orders.ts"), rig.path("src/input.ts"));
      rig.write(
        "src/input.ts",
        orders.replace("./lib/index.js", "./tools/index.js").replace("const large =", "const big ="),
      );
      rig.write(
        "src/report.ts",
        rig
          .read("src/report.ts")
          .replaceAll("./orders.js", "./input.js")
          .replace("import { large }", "import { big as large }"),
      );
      await reopened();
      await allFresh();
      const after = await rig.engine.versions({ root: rig.root, stage: (await rig.stage("big")).id });
      assert.deepEqual(
        after.map((v) => [v.key, v.current]),
        before.map((v) => [v.key, v.current]),
      );
      // The older version is found, too: undoing the edit under the new name needs no run.
      await rig.edit("src/input.ts", "o.total! > min + 100", "o.total! >= min");
      await allFresh();
    });

    it("knows a renamed stage that must wait for another, and what it was like", async () => {
      await rig.save("src/orders.ts", rig.read("src/orders.ts").replace("const large =", "const big ="));
      rig.write("src/report.ts", rig.read("src/report.ts").replace("import { large }", "import { big as large }"));
      await rig.edit("src/orders.ts", "o.total !== null", "o.total !== null && o.id > 1");
      await rig.engine.filesChanged({ files: [rig.path("src/report.ts")] });
      const big = await rig.stage("big");
      assert.deepEqual([big.state, big.lastResult?.rows], ["blocked", 1]);
      assert.deepEqual(
        big.reasons.map((r) => r.kind),
        ["upstream-stale"],
      );
    });

    it("gives a copied stage its result, and keeps the two apart from then on", async () => {
      const text = rig.read("src/orders.ts");
      const large = text.slice(text.indexOf("export const large"));
      await rig.save("src/orders.ts", `${text}\n${large.replace("const large", "const copy")}`);
      await allFresh();
      const copy = await rig.stage("copy");
      assert.equal((await rig.engine.versions({ root: rig.root, stage: copy.id })).length, 1);
      assert.equal((await rig.engine.versions({ root: rig.root, stage: (await rig.stage("large")).id })).length, 2);
      await rig.save(
        "src/orders.ts",
        rig.read("src/orders.ts").replace(/(const copy[^]*)o\.total! > min/, "$1o.total! >= min"),
      );
      assert.deepEqual([(await rig.stage("copy")).state, (await rig.stage("large")).state], ["stale", "fresh"]);
    });
  });
});
