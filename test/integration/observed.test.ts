import assert from "node:assert/strict";
import type { Observation } from "../../src/protocol/record.js";
import { Rig } from "../support/rig.js";

const HEAD = 'import { stage, file, files, env } from "restage";\n';

describe("what a run does beside its inputs is noticed and never changed (F19, F32)", () => {
  let rig: Rig;
  afterEach(() => rig.dispose());

  /** Runs the only stage `a` of `a.ts` and tells what was noticed, as `kind name line count`. */
  async function noticed(source: string, files: Record<string, string> = {}): Promise<readonly string[]> {
    rig = await Rig.create({ "a.ts": HEAD + source, ...files }, { variables: { SECRET: "x", REGION: "eu" } });
    const summary = await rig.run();
    assert.equal(summary.ok, true, JSON.stringify(summary.outcomes));
    const { hints } = await rig.stage("a");
    return hints.map(text);
  }
  const text = ({ kind, name, count, place }: Observation): string =>
    `${kind} ${name} ${place?.file ?? "?"}:${place?.line ?? "?"} ×${count}`;

  it("chance, in all its forms, with the first place and the count", async () => {
    const seen = await noticed(`
import { randomUUID, randomBytes as bytes } from "node:crypto";
import * as crypto from "node:crypto";
export const a = stage({}, () => {
  const n = [1, 2, 3].map(() => Math.random());
  const m = [1, 2].map(Math.random);
  return { n, m, u: randomUUID(), b: bytes(2).length, i: crypto.randomInt(5),
    g: globalThis.crypto.randomUUID(), v: globalThis.crypto.getRandomValues(new Uint8Array(1)).length };
});`);
    assert.deepEqual(seen, [
      "random Math.random() a.ts:6 ×5",
      "random crypto.randomUUID() a.ts:8 ×2",
      "random crypto.randomBytes() a.ts:8 ×1",
      "random crypto.randomInt() a.ts:8 ×1",
      "random crypto.getRandomValues() a.ts:9 ×1",
    ]);
    const { problems } = await rig.project();
    assert.deepEqual([...new Set(problems.map((p) => `${p.severity} ${p.code}`))], ["information not-repeatable"]);
    assert.deepEqual([problems[0]?.range.file, problems[0]?.range.line], [rig.path("a.ts"), 6]);
  });

  it("the clock, and not dates made from values; dates are what they were", async () => {
    const seen = await noticed(`
class Own extends Date {}
export const a = stage({}, () => {
  const fixed = new Date(0);
  const now = new Date();
  const own = new Own(5);
  Date.now(); performance.now();
  return [fixed.constructor === Date, now instanceof Date, own instanceof Date, own instanceof Own, own.getTime(),
    Date.length, Date.name, Date.UTC(2000, 0), typeof Date(), Object.prototype.toString.call(now),
    String(Math.random).includes("native code"), Date.now.name];
});`);
    assert.deepEqual(seen, [
      "clock new Date() a.ts:6 ×1",
      "clock Date.now() a.ts:8 ×1",
      "clock performance.now() a.ts:8 ×1",
      "clock Date() a.ts:10 ×1",
    ]);
    const preview = await rig.engine.openPreview({
      root: rig.root,
      stage: (await rig.stage("a")).id,
      digest: null,
    });
    assert.deepEqual("type" in preview && (JSON.parse(preview.text ?? "") as unknown[]), [
      ...[true, true, true, true, 5, 7, "Date", 946684800000, "string", "[object Date]", true, "now"],
    ]);
  });

  it("nothing of it in packages, in Restage itself, or through the seeded random", async () => {
    const seen = await noticed(
      `
import { roll } from "dice";
export const a = stage({}, (_, { random, progress, log }) => {
  progress(0.5); log.info("x"); progress(1);
  return { n: random(), roll: roll() };
});`,
      {
        "node_modules/dice/package.json":
          '{ "name": "dice", "version": "1.0.0", "type": "module", "exports": "./i.js" }',
        "node_modules/dice/i.js": "export const roll = () => Math.random() + Date.now();\n",
      },
    );
    assert.deepEqual(seen, []);
  });

  it("variables and files of the project that were read but not declared", async () => {
    const seen = await noticed(
      `
import { readFileSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import * as fs from "node:fs";
import { load } from "./lib.js";
const table = readFileSync(["table", "json"].join("."), "utf8");
export const a = stage({ raw: file("data/in.csv"), all: files("more/*.csv"), dir: file("dir"), region: env("REGION") },
  async ({ raw, all, dir }, { tmp }) => {
    readFileSync(raw); readFileSync(all[0]!); readFileSync(dir + "/deep/x"); readdirSync(dir);
    fs.writeFileSync(tmp + "/t", "1"); readFileSync(tmp + "/t");
    readFileSync("/etc/hostname");
    const found = [process.env.SECRET, process.env["REGION"], process.env.HOME === undefined];
    process.env.MINE = "1";
    return { table, found, mine: Object.keys(process.env).includes("MINE"), other: await readFile("data/other.csv", "utf8"), lib: await load() };
  });`,
      {
        "table.json": "{}",
        "data/in.csv": "1",
        "data/other.csv": "2",
        "more/1.csv": "3",
        "dir/deep/x": "4",
        "lib.ts": `import { createReadStream } from "node:fs";
export const load = async () => { let n = 0; for await (const part of createReadStream("data/late.csv")) n += part.length; return n; };\n`,
        "data/late.csv": "5",
      },
    );
    assert.deepEqual(seen, [
      "file table.json a.ts:7 ×1",
      "env SECRET a.ts:13 ×1",
      "env HOME a.ts:13 ×1",
      "file data/other.csv a.ts:15 ×1",
      "file data/late.csv lib.ts:2 ×1",
    ]);
    const { problems } = await rig.project();
    const message = problems.find((p) => p.message.includes("other.csv"))?.message ?? "";
    assert.match(
      message,
      /It read data\/other\.csv at a\.ts:15, which is not declared.*Add an input file\("data\/other\.csv"\)/,
    );
  });

  it("and does not slow a loop that draws millions of numbers to a crawl, nor count on for ever", async () => {
    const seen = await noticed(
      `export const a = stage({}, () => { let n = 0; for (let i = 0; i < 3e6; i++) n += Math.random(); return n > 0; });`,
    );
    assert.deepEqual(seen, ["random Math.random() a.ts:2 ×1000"]);
  });
});
