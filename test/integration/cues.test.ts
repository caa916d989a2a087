import assert from "node:assert/strict";
import { Rig } from "../support/rig.js";

/** One stage with every sort of input; each writes what it was given. */
const source = (options: string): string => `
import { readFileSync } from "node:fs";
import { version } from "dep";
import { stage, file, param, env } from "restage";
import { at } from "./rig.mjs";
const FACTOR = 2;
export const base = stage({ raw: file("base.txt") }, ({ raw }) => ({ n: readFileSync(raw, "utf8").length }), { cue: { node: false } });
export const made = stage(
  { base, raw: file("a.txt"), min: param("min", 1), region: env("REGION", "eu") },
  async ({ base, raw, min, region }) => {
    await at("made");
    return { n: base.n * FACTOR, raw: readFileSync(raw, "utf8"), min, region, version };
  },
  ${options},
);
export const after = stage({ made }, ({ made }) => ({ ...made, after: true }));
`;

function dependency(version: string): Record<string, string> {
  return {
    "node_modules/dep/package.json": JSON.stringify({ name: "dep", version, type: "module", exports: "./index.js" }),
    "node_modules/dep/index.js": `export const version = ${JSON.stringify(version)};\n`,
  };
}

describe("cues (F28)", () => {
  let rig: Rig;
  let node: string;

  afterEach(() => rig.dispose());

  async function start(options: string): Promise<void> {
    node = "v20.1.0";
    rig = await Rig.create(
      { ...dependency("1.0.0"), "a.ts": source(options), "a.txt": "a", "base.txt": "base" },
      { node: () => node },
    );
    await rig.run();
    rig.takeCalls();
  }

  async function upgrade(): Promise<void> {
    for (const [file, text] of Object.entries(dependency("2.0.0"))) rig.write(file, text);
    await rig.engine.filesChanged({ files: [rig.path("node_modules/dep/package.json")] });
  }

  /** Every sort of change, by the name of its cause. */
  const CHANGES: Readonly<Record<string, () => Promise<unknown>>> = {
    code: () => rig.edit("a.ts", "FACTOR = 2", "FACTOR = 3"),
    packages: upgrade,
    inputs: () => rig.save("a.txt", "b"),
    params: () => rig.save("restage.json", '{ "params": { "min": 7 } }'),
    upstream: () => rig.save("base.txt", "longer base"),
    node: async () => {
      node = "v22.1.0";
      const project = await rig.engine.project(rig.root);
      await project.refresh();
    },
    options: () => rig.edit("a.ts", "{ cue: { options", '{ format: "json", cue: { options'),
  };

  for (const [cause, kind] of [
    ["code", "code-changed"],
    ["packages", "package-changed"],
    ["inputs", "input-changed"],
    ["params", "param-changed"],
    ["upstream", "upstream-stale"],
    ["node", "node-changed"],
    ["options", "options-changed"],
  ] as const) {
    it(`keep a stage fresh when only its ${cause} changed, and say that they did`, async () => {
      await start(`{ cue: { ${cause}: false } }`);
      await CHANGES[cause]?.();
      const made = await rig.stage("made");
      assert.equal(made.state, "fresh");
      assert.deepEqual(
        made.ignored.map((reason) => reason.kind),
        [kind],
      );
      assert.notEqual(made.result, null);
      // A run of the stage alone agrees: nothing of it is executed.
      const summary = await rig.run(["made"]);
      assert.deepEqual([rig.outcomes(summary)["made"], rig.takeCalls()], ["reused", []]);
    });

    it(`count every other change beside suppressed ${cause}`, async () => {
      await start(`{ cue: { ${cause}: false } }`);
      const other = cause === "inputs" ? "params" : "inputs";
      await CHANGES[cause]?.();
      await CHANGES[other]?.();
      const made = await rig.stage("made");
      // With an upstream that must run first too, all of it is why.
      assert.equal(made.state, "stale");
      assert.ok(made.reasons.some((r) => r.kind === (other === "inputs" ? "input-changed" : "param-changed")));
      if (cause !== "upstream") assert.equal(made.ignored[0]?.kind, kind);
    });
  }

  it("leave out environment variables when told so", async () => {
    node = "v20.1.0";
    const variables: Record<string, string> = { REGION: "eu" };
    rig = await Rig.create(
      { ...dependency("1.0.0"), "a.ts": source("{ cue: { env: false } }"), "a.txt": "a", "base.txt": "base" },
      { variables, node: () => node },
    );
    await rig.run();
    const other = rig.newEngine({ REGION: "us" });
    await other.open([rig.root], { nested: false });
    const made = (await rig.project(other)).stages.find((s) => s.name === "made");
    assert.deepEqual([made?.state, made?.ignored.map((r) => r.kind)], ["fresh", ["env-changed"]]);
  });

  it("can be added after the fact: a change that made the stage stale stops counting", async () => {
    await start("{}");
    await CHANGES["packages"]?.();
    assert.equal((await rig.stage("made")).state, "stale");
    await rig.edit("a.ts", "{},\n);", "{ cue: { packages: false } },\n);");
    assert.equal((await rig.stage("made")).state, "fresh");
    await rig.edit("a.ts", "{ cue: { packages: false } },", "{ cue: { packages: true } },");
    assert.equal((await rig.stage("made")).state, "stale");
  });

  it("never take a helper for another that was swapped with it while packages do not count", async () => {
    rig = await Rig.create({
      ...dependency("1.0.0"),
      "a.ts": `import { stage } from "restage";
import "dep";
const one = () => 1;
const two = () => 2;
export const a = stage({}, () => ({ n: one() - two() }), { cue: { packages: false } });
`,
    });
    await rig.run();
    await upgrade();
    await rig.edit("a.ts", "one() - two()", "two() - one()");
    assert.equal((await rig.stage("a")).state, "stale");
    await rig.edit("a.ts", "two() - one()", "one() - two()");
    assert.equal((await rig.stage("a")).state, "fresh");
  });

  it("keep a stage fresh whose input file went away, when its inputs do not count", async () => {
    await start("{ cue: { inputs: false } }");
    await rig.remove("a.txt");
    const made = await rig.stage("made");
    assert.deepEqual([made.state, made.ignored.map((r) => r.kind)], ["fresh", ["input-missing"]]);
  });

  it("do not run an upstream that does not count for a fresh stage", async () => {
    await start("{ cue: { upstream: false } }");
    await CHANGES["upstream"]?.();
    assert.deepEqual(await rig.states(), { base: "stale", made: "fresh", after: "fresh" });
    assert.deepEqual(rig.outcomes(await rig.run(["after"])), { made: "reused", after: "reused" });
  });

  it("make a stage run each time it is asked for, and its users only when it gave something else", async () => {
    await start('{ cue: { mode: "always" } }');
    assert.deepEqual(
      (await rig.stage("made")).reasons.map((r) => r.kind),
      ["always-runs"],
    );
    assert.deepEqual(await rig.states(), { base: "fresh", made: "stale", after: "blocked" });
    const summary = await rig.run();
    assert.deepEqual(rig.outcomes(summary), { base: "reused", made: "ran", after: "reused" });
    assert.deepEqual(rig.takeCalls(), ["made"]);
  });

  it("freeze a stage: its last result is used whatever changed, and what changed is said", async () => {
    await start("{}");
    await rig.edit("a.ts", "{},\n);", '{ cue: { mode: "never" } },\n);');
    assert.deepEqual(await rig.states(), { base: "fresh", made: "frozen", after: "fresh" });
    await CHANGES["code"]?.();
    await CHANGES["inputs"]?.();
    await CHANGES["upstream"]?.();
    const made = await rig.stage("made");
    assert.deepEqual(
      [made.state, made.ignored.map((r) => r.kind)],
      ["frozen", ["code-changed", "input-changed", "upstream-stale"]],
    );
    assert.deepEqual(rig.outcomes(await rig.run(["after"])), { made: "reused", after: "reused" });
    assert.deepEqual(rig.outcomes(await rig.run(["made"], { force: true })), { made: "reused" });
    assert.deepEqual(rig.takeCalls(), []);
  });

  it("keep a frozen stage in use while code it reaches does not parse", async () => {
    await start("{}");
    await rig.save("lib.ts", "export const lib = 1;\n");
    await rig.edit("a.ts", "{},\n);", '{ cue: { mode: "never" } },\n);');
    await rig.edit("a.ts", "const FACTOR = 2;", 'import { lib } from "./lib.js";\nconst FACTOR = 2 * lib;');
    await rig.save("lib.ts", "export const lib = ;\n");
    const made = await rig.stage("made");
    assert.deepEqual([made.state, made.ignored.map((r) => r.kind)], ["frozen", ["unknown-code"]]);
  });

  it("refuse a frozen stage without a result, with what to do", async () => {
    await start("{}");
    const project = await rig.engine.project(rig.root);
    await rig.edit("a.ts", "{},\n);", '{ cue: { mode: "never" } },\n);');
    await project.store.remove("all");
    await project.refresh();
    const made = await rig.stage("made");
    assert.deepEqual([made.state, made.reasons.map((r) => r.kind)], ["stale", ["frozen-without-result"]]);
    const problem = (await rig.project()).problems.find((p) => p.code === "frozen-without-result");
    assert.match(problem?.message ?? "", /Take the mode out, run it once, and put it back/);
    const summary = await rig.run(["made"]);
    const outcome = summary.outcomes.find(({ stage }) => stage.endsWith("#made"))?.outcome;
    assert.equal(outcome?.outcome === "failed" && outcome.failure.reason, "not-runnable");
    assert.deepEqual(rig.takeCalls(), []);
  });

  it("that are misspelt are errors at their place, and the stage is not fresh", async () => {
    for (const cue of ["{ package: false }", '{ mode: "sometimes" }', "{ code: 0 }", "true"]) {
      rig = await Rig.create({
        "a.ts": `import { stage } from "restage";\nexport const a = stage({}, () => 1, { cue: ${cue} });\n`,
      });
      const { problems } = await rig.project();
      assert.deepEqual([problems[0]?.severity, problems[0]?.range.line], ["error", 2], cue);
      assert.match(problems[0]?.message ?? "", /"cue" must be an object of causes that do not count/);
      if (cue !== "true") await rig.dispose();
    }
  });
});

describe("Node's version (F16)", () => {
  it("counts by its major number, and is a reason with both", async () => {
    let node = "v20.1.0";
    const rig = await Rig.create(
      { "a.ts": `import { stage } from "restage";\nexport const a = stage({}, () => 1);\n` },
      { node: () => node },
    );
    try {
      await rig.run();
      const project = await rig.engine.project(rig.root);
      node = "v20.9.3";
      await project.refresh();
      assert.equal((await rig.stage("a")).state, "fresh");
      node = "v22.0.0";
      await project.refresh();
      assert.deepEqual((await rig.stage("a")).reasons, [{ kind: "node-changed", was: 20, now: 22 }]);
      await rig.run();
      node = "v20.1.0";
      await project.refresh();
      assert.equal((await rig.stage("a")).state, "fresh");
    } finally {
      await rig.dispose();
    }
  });
});
