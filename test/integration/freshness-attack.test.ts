import assert from "node:assert/strict";
import { Rig } from "../support/rig.js";

const STAGE = `import { stage } from "restage";\n`;

/** Whatever a stage's code can see must be in its key, and the code that runs must be what Node would run. */
describe("the code that is frozen and the code that is counted", () => {
  let rig: Rig;
  afterEach(() => rig.dispose());

  async function value(name: string): Promise<unknown> {
    const summary = await rig.run([name]);
    assert.ok(summary.ok, JSON.stringify(summary.outcomes, null, 1));
    const preview = await rig.engine.openPreview({ root: rig.root, stage: (await rig.stage(name)).id, digest: null });
    assert.ok("text" in preview && preview.text !== null, JSON.stringify(preview));
    return JSON.parse(preview.text) as unknown;
  }

  it("tells a module its own place, in every spelling of import.meta and in CommonJS", async () => {
    rig = await Rig.create({
      "src/a.ts": `${STAGE}import place from "./place.cjs";
const meta = import.meta; const { dirname } = import.meta;
export const a = stage({}, () => ({ all: [meta.url, dirname, import.meta.filename, import.meta.resolve("./x.txt"), place.folder].join(" ") }));\n`,
      "src/place.cjs": "exports.folder = __dirname;\n",
    });
    const folder = rig.path("src");
    const all = `file://${folder}/a.ts ${folder} ${folder}/a.ts file://${folder}/x.txt ${folder}`;
    assert.deepEqual(await value("a"), { all });
  });

  it("imports CommonJS as Node does in a package of ES modules", async () => {
    rig = await Rig.create({
      "a.ts": `${STAGE}import all, { named } from "./c.cjs";\nexport const a = stage({}, () => ({ all, named }));\n`,
      "c.cjs": "exports.__esModule = true; exports.default = 1; exports.named = 2;\n",
    });
    assert.deepEqual(await value("a"), { all: { __esModule: true, default: 1, named: 2 }, named: 2 });
  });

  it("runs stages that a CommonJS file exports", async () => {
    rig = await Rig.create({
      "a.cjs": `const { stage } = require("restage");\nexports.a = stage({}, () => ({ n: 1 }));\n`,
      "b.cjs": `const { stage } = require("restage");\nconst b = stage({}, () => ({ n: 2 }));\nmodule.exports = { b, c: stage({}, () => ({ n: 3 })) };\n`,
    });
    assert.deepEqual([await value("a"), await value("b"), await value("c")], [{ n: 1 }, { n: 2 }, { n: 3 }]);
    assert.ok((await rig.project()).stages.every((stage) => stage.fullyTracked));
  });

  it("obeys tsconfig.json, and a setting that changes what code does makes stale what it concerns, and only that", async () => {
    const settings = (options: object): string => JSON.stringify({ compilerOptions: options });
    rig = await Rig.create({
      "tsconfig.json": settings({ experimentalDecorators: true }),
      "a.ts": `${STAGE}function twice(target: object, name: string, of: PropertyDescriptor) { const { value } = of; of.value = () => value() * 2; }
class Sum { @twice one() { return 1; } }
class Base { set x(v: number) { Object.assign(this, { seen: v }); } }
class Fields extends Base { x = 1; }
export const decorated = stage({}, () => ({ n: new Sum().one() }));
export const fields = stage({}, () => ({ keys: Object.keys(new Fields()).join() }));
export const other = stage({}, () => ({ n: 1 }));\n`,
    });
    assert.deepEqual(await value("decorated"), { n: 2 });
    assert.deepEqual(await value("fields"), { keys: "x" });
    await rig.run();
    await rig.save("tsconfig.json", settings({ experimentalDecorators: true, strict: true, target: "es2023" }));
    assert.deepEqual(await rig.states(), { decorated: "fresh", fields: "fresh", other: "fresh" });
    await rig.save("tsconfig.json", settings({ experimentalDecorators: true, useDefineForClassFields: false }));
    assert.deepEqual(await rig.states(), { decorated: "fresh", fields: "stale", other: "fresh" });
    assert.deepEqual(await value("fields"), { keys: "seen" });
  });

  it("makes elements with the factory of tsconfig.json, and counts it", async () => {
    rig = await Rig.create({
      "tsconfig.json": '{ "compilerOptions": { "jsx": "react", "jsxFactory": "h" } }',
      "a.tsx": `${STAGE}import { h } from "./h.js";\nexport const a = stage({}, () => <p>hi</p>);\n`,
      "h.ts": "export const h = (tag: string, props: null, text: string) => ({ tag, text, n: 1 });\n",
    });
    assert.deepEqual(await value("a"), { tag: "p", text: "hi", n: 1 });
    await rig.edit("h.ts", "n: 1", "n: 2");
    assert.deepEqual(await rig.states(), { a: "stale" });
  });

  it("sees what an exported initialiser of another module does to a table that a stage reads", async () => {
    rig = await Rig.create({
      "a.ts": `${STAGE}import { table } from "./table.js";\nimport "./users.js";\nexport const a = stage({}, () => ({ ...Object.fromEntries(table) }));\n`,
      "table.ts":
        "export const table = new Map();\nexport const register = (name: string, n: number) => (table.set(name, n), n);\n",
      "users.ts": `import { register } from "./table.js";\nexport const users = register("users", 1);\n`,
    });
    assert.deepEqual(await value("a"), { users: 1 });
    await rig.edit("users.ts", '"users", 1', '"users", 2');
    assert.deepEqual(await rig.states(), { a: "stale" });
  });

  it("finds and counts what require.resolve and createRequire name, from where the source is", async () => {
    rig = await Rig.create({
      "src/a.cjs": `const { stage } = require("restage");\nconst fs = require("fs");
exports.size = stage({}, () => ({ n: fs.readFileSync(require.resolve("./words.txt"), "utf8").length }));\n`,
      "src/words.txt": "abc",
      "src/b.ts": `${STAGE}import { createRequire } from "node:module";\nconst req = createRequire(import.meta.url);
export const loaded = stage({}, () => ({ n: req("./c.cjs").n }));\n`,
      "src/c.cjs": "exports.n = 1;\n",
    });
    assert.deepEqual([await value("size"), await value("loaded")], [{ n: 3 }, { n: 1 }]);
    await rig.edit("src/words.txt", "abc", "abcd");
    assert.equal((await rig.stage("size")).state, "stale");
    assert.equal((await rig.stage("loaded")).state, "fresh");
    await rig.edit("src/c.cjs", "n = 1", "n = 2");
    assert.deepEqual([await value("size"), await value("loaded")], [{ n: 4 }, { n: 2 }]);
  });

  it("runs what the TypeScript compiler made of stages, with their inputs (F3)", async () => {
    rig = await Rig.create({
      "a.cjs": `"use strict";\nObject.defineProperty(exports, "__esModule", { value: true });\nexports.b = exports.a = void 0;
const restage_1 = require("restage");
exports.a = (0, restage_1.stage)({}, () => ({ n: 1 }));
exports.b = (0, restage_1.stage)({ a: exports.a }, ({ a }) => ({ n: a.n + 1 }));\n`,
    });
    assert.deepEqual(await value("b"), { n: 2 });
    await rig.edit("a.cjs", "n: 1 }", "n: 2 }");
    assert.deepEqual(await value("b"), { n: 3 });
  });

  it("sees a package that was patched in place, and is fresh again when that is undone (F15)", async () => {
    rig = await Rig.create({
      "a.ts": `${STAGE}import n from "patched";\nexport const a = stage({}, () => ({ n }));\nexport const other = stage({}, () => ({ n: 1 }));\n`,
      "node_modules/patched/package.json": `{ "name": "patched", "version": "1.0.0", "main": "x.js" }`,
      "node_modules/patched/x.js": `module.exports = require("./y.js");\n`,
      "node_modules/patched/y.js": "module.exports = 1;\n",
    });
    assert.deepEqual([await value("a"), await value("other")], [{ n: 1 }, { n: 1 }]);
    await rig.edit("node_modules/patched/y.js", "= 1", "= 2");
    const { state, reasons } = await rig.stage("a");
    assert.deepEqual([state, reasons.map((reason) => reason.kind)], ["stale", ["package-changed"]]);
    assert.equal((await rig.stage("other")).state, "fresh");
    assert.deepEqual(await value("a"), { n: 2 });
    await rig.edit("node_modules/patched/y.js", "= 2", "= 1");
    assert.equal((await rig.stage("a")).state, "fresh");
  });

  it("does not mind how imported JSON is written, and still freezes it (turborepo#7578)", async () => {
    rig = await Rig.create({
      "a.ts": `${STAGE}import settings from "./settings.json";\nexport const a = stage({}, () => ({ rows: settings.rows }));\nexport const b = stage({}, () => ({ rows: settings.rows * 2 }));\n`,
      "settings.json": `{ "rows": 10 }`,
    });
    assert.deepEqual(await value("a"), { rows: 10 });
    await rig.edit("settings.json", `{ "rows": 10 }`, `{\r\n  "rows": 10\r\n}\r\n`);
    assert.equal((await rig.stage("a")).state, "fresh");
    assert.deepEqual(await value("b"), { rows: 20 });
    await rig.edit("settings.json", "10", "11");
    assert.equal((await rig.stage("a")).state, "stale");
  });
});
