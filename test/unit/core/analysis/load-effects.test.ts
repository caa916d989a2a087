import assert from "node:assert/strict";
import { Workspace, type Files } from "./memory-host.js";

const READS_TABLE = `import { stage } from "restage"; import { table } from "./table.js"; import { other } from "./users.js";
export const s = stage({}, () => [...table, other]);\n`;
const TABLE = `export const table = new Map();
export class Named { static all = []; constructor(name) { Named.all.push(name); table.set(name, this); } }
export const register = (name, value) => { table.set(name, value); return value; };
export const through = (value) => register("users", value);
export const sum = (values) => { let total = 0; for (const value of values) total += value; return total; };
export const index = (values) => { const found = {}; const list = []; for (const v of values) { found[v] = v; list.push(v); } return { found, list }; };
export class Point { x = 0; constructor(y) { this.x = y; this.y = y; } move(by) { this.x += by; } }
export const rows = [1, 2, 3];
export const registry = { names: [], add(name) { this.names.push(name); return name; } };
`;

function project(users: string, s = READS_TABLE): Files {
  const imports = `import { table, Named, register, through, sum, index, Point, rows, registry } from "./table.js";\n`;
  return { "s.ts": s, "table.ts": TABLE, "users.ts": `${imports}export const other = 3;\n${users}\n` };
}

/** Whether the stage's fingerprint differs between two texts, in new programs and in one that is edited, alike. */
function differs(before: string, after: string, s?: string): boolean {
  const live = new Workspace(project(before, s));
  const first = live.fingerprint("s.ts", "s");
  const fresh = new Workspace(project(after, s)).fingerprint("s.ts", "s");
  live.edit({ "users.ts": project(after, s)["users.ts"] ?? "" });
  assert.equal(live.fingerprint("s.ts", "s"), fresh);
  return first !== fresh;
}

describe("Initialisers that change something else while their module loads (promise 1)", () => {
  const count: readonly string[] = [
    `export const users = register("users", N);`,
    `export const users = through(N);`,
    `export const users = new Named("a" + N);`,
    `export const users = table.set("users", N);`,
    `export const users = Object.assign(table, { users: N });`,
    `export const users = Object.defineProperty(Map.prototype, "n", { value: N });`,
    `export const users = (table.users = N);`,
    `export const users = rows.map((row) => register(row, N));`,
    `export const users = registry.add("users" + N);`,
    `const fill = (to) => { to.set("users", N); return to; }; export const users = fill(table);`,
    `const make = () => { const box = { inner: table }; box.inner.users = N; return box; }; export const users = make();`,
    `const make = () => { let box = {}; box = table; box.users = N; return box; }; export const users = make();`,
    `const copy = rows.map((row) => row); export const users = (copy[0].n = N);`,
    `export const users = [1].reduce((all) => { all.users = N; return all; }, table);`,
    `export class Users { static { register("users", N); } }`,
    `const mark = (value) => { register("users", value); return () => {}; }; @mark(N) export class Users {}`,
  ];
  for (const text of count) {
    it(`count for every user of the module: ${text}`, () => {
      assert.ok(differs(text.replace(/\bN\b/g, "1"), text.replace(/\bN\b/g, "2")));
    });
  }

  it("count in a module that is imported for its side effect only", () => {
    const s = READS_TABLE.replace("{ other } from ", "").replace(", other]", "]");
    assert.ok(differs(`export const a = register("a", 1);`, `export const a = register("a", 2);`, s));
  });

  const harmless: readonly string[] = [
    `export const total = sum([N]);`,
    `export const found = index([N]);`,
    `export const point = new Point(N);`,
    `export const twice = rows.map((row) => row * N);`,
    `export const byRow = rows.reduce((all, row) => { all[row] = N; return all; }, {});`,
    `export const groups = rows.reduce((all, row) => { (all[row] ??= []).push(N); return all; }, {});`,
    `const group = (list) => { const by = {}; for (const x of list) { by[x] = by[x] ?? []; by[x].push(N); } return by; }; export const g = group(rows);`,
    `export const frozen = Object.freeze({ n: N });`,
    `export const text = JSON.stringify(Object.assign({}, { n: N }));`,
    `export const later = () => register("users", N);`,
    `export const handlers = { later: () => { table.clear(); return N; } };`,
  ];
  for (const text of harmless) {
    it(`do not count when they only fill what they make themselves: ${text}`, () => {
      assert.ok(!differs(text.replace(/\bN\b/g, "1"), text.replace(/\bN\b/g, "2")));
    });
  }

  it("are found again when a function they call begins to change something, and when it no longer does", () => {
    const workspace = new Workspace(project(`export const users = sum([1]);`));
    const before = workspace.fingerprint("s.ts", "s");
    workspace.edit({ "table.ts": TABLE.replace("let total = 0;", "let total = 0; table.set(1, values);") });
    const changed = workspace.fingerprint("s.ts", "s");
    assert.notEqual(changed, before);
    workspace.edit({ "users.ts": project(`export const users = sum([2]);`)["users.ts"] ?? "" });
    assert.notEqual(workspace.fingerprint("s.ts", "s"), changed);
    workspace.edit({ "table.ts": TABLE });
    assert.equal(workspace.fingerprint("s.ts", "s"), before);
  });
});

describe("Syntax that means what comments and settings say", () => {
  const element = `import { stage } from "restage"; import { h, g } from "./h.js";\nexport const s = stage({}, () => <a />);`;
  const files = (head: string, h = "1"): Files => ({
    "s.tsx": head + element,
    "h.ts": `export const h = () => ${h}; export const g = () => 2;`,
  });
  const print = (given: Files): string => new Workspace(given).fingerprint("s.tsx", "s");

  it("counts what a @jsx comment names, and the comment", () => {
    const head = "/** @jsx h */ ";
    assert.notEqual(print(files(head)), print(files(head, "3")));
    assert.notEqual(print(files(head)), print(files("/** @jsx g */ ")));
    assert.equal(print(files("")), print(files("", "3")));
  });

  it("counts settings for code that they concern, and for no other", () => {
    const workspace = new Workspace({
      "s.ts": `import { stage } from "restage"; class A { x = 1 }
export const s = stage({}, () => new A()); export const t = stage({}, () => 1);`,
    });
    const before = workspace.fingerprints();
    workspace.host.settings = { ...workspace.host.settings, fields: "assign" };
    workspace.edit({ "tsconfig.json": "{}" });
    const after = workspace.fingerprints();
    assert.notEqual(after["s"], before["s"]);
    assert.equal(after["t"], before["t"]);
  });

  it("counts what unused imports load while settings keep them, and for whoever imports the module (F23)", () => {
    const workspace = new Workspace({
      "s.ts": `import { stage } from "restage"; import { helper } from "./helper.js"; export const s = stage({}, () => helper());`,
      "helper.ts": `import { Row } from "./rows.js"; export const helper = (): Row => globalThis.rows;`,
      "rows.ts": `export type Row = number; globalThis.rows = 1;`,
    });
    const dropped = workspace.fingerprint("s.ts", "s");
    workspace.edit({ "rows.ts": `export type Row = number; globalThis.rows = 2;` });
    assert.equal(workspace.fingerprint("s.ts", "s"), dropped);

    workspace.host.settings = { ...workspace.host.settings, unusedImports: "kept" };
    workspace.edit({ "tsconfig.json": "{}" });
    const kept = workspace.fingerprint("s.ts", "s");
    assert.notEqual(kept, dropped);
    workspace.edit({ "rows.ts": `export type Row = number; globalThis.rows = 3;` });
    assert.notEqual(workspace.fingerprint("s.ts", "s"), kept);

    workspace.host.settings = { ...workspace.host.settings, unusedImports: "" };
    workspace.edit({ "tsconfig.json": "{ }" });
    assert.equal(workspace.fingerprint("s.ts", "s"), dropped);
    workspace.edit({ "helper.ts": `import "./rows.js"; export const helper = () => globalThis.rows;` });
    const loaded = workspace.fingerprint("s.ts", "s");
    workspace.edit({ "rows.ts": `export type Row = number; globalThis.rows = 4;` });
    assert.notEqual(workspace.fingerprint("s.ts", "s"), loaded);
  });
});
