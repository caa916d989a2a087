import assert from "node:assert/strict";
import { fingerprintOf, Workspace, type Files } from "./memory-host.js";

/** Found by the differential fuzz; each pair gives other values when it runs. */
interface Case {
  readonly title: string;
  readonly before: Files;
  readonly after: Files;
}

const stage = (value: string, imports = ""): string =>
  `import { stage } from "restage";\n${imports}\nexport const s = stage({}, () => ${value});\n`;
const alone = (value: string, before: readonly string[], after: readonly string[]): Pick<Case, "before" | "after"> => ({
  before: { "s.ts": `${stage(value)}${before.join("\n")}\n` },
  after: { "s.ts": `${stage(value)}${after.join("\n")}\n` },
});

const TABLE = "const table = new Map();";
const FILL = `table.set("a", 1);`;
const counted: readonly Case[] = [
  {
    title: "a constant that reads a table moves to the other side of what fills it",
    ...alone("size", [TABLE, "const size = table.size;", FILL], [TABLE, FILL, "const size = table.size;"]),
  },
  {
    title: "a constant that copies an array moves to the other side of what sorts it",
    ...alone(
      "first",
      ["const list = [3, 1];", "const [first] = list;", "list.sort();"],
      ["const list = [3, 1];", "list.sort();", "const [first] = list;"],
    ),
  },
  {
    title: "a constant that reads a variable through a function moves to the other side of an assignment",
    ...alone(
      "seen",
      ["let n = 1;", "const get = () => n;", "const seen = get();", "n = 2;"],
      ["let n = 1;", "const get = () => n;", "n = 2;", "const seen = get();"],
    ),
  },
  {
    title: "a module that reads a global is imported before what sets it",
    before: {
      "s.ts": stage("seen", `import "./sets.js";\nimport { seen } from "./reads.js";`),
      "sets.ts": "globalThis.shared = 1;",
      "reads.ts": "export const seen = globalThis.shared ?? 0;",
    },
    after: {
      "s.ts": stage("seen", `import { seen } from "./reads.js";\nimport "./sets.js";`),
      "sets.ts": "globalThis.shared = 1;",
      "reads.ts": "export const seen = globalThis.shared ?? 0;",
    },
  },
  {
    title: "a constant that reads a global moves to the other side of what sets it",
    ...alone(
      "seen",
      ["const [seen = 0] = [globalThis.shared];", "globalThis.shared = 1;"],
      ["globalThis.shared = 1;", "const [seen = 0] = [globalThis.shared];"],
    ),
  },
  {
    title: "a constant is declared before what it uses when it is made",
    ...alone(
      "made",
      ["var made = make();", "var base = 2;", "function make() { return (base ?? 0) + 1; }"],
      ["var base = 2;", "var made = make();", "function make() { return (base ?? 0) + 1; }"],
    ),
  },
  {
    title: "an effect runs before what it uses is there",
    ...alone(
      "[...table]",
      [TABLE, `table.set("a", typeof base);`, "var base = 2;"],
      [TABLE, "var base = 2;", `table.set("a", typeof base);`],
    ),
  },
  {
    title: "a counter in a closure is advanced by a neighbour",
    ...alone(
      "b",
      ["const next = (() => { let k = 0; return () => ++k; })();", "export const a = next();", "const b = next();"],
      ["const next = (() => { let k = 0; return () => ++k; })();", "const b = next();"],
    ),
  },
  {
    title: "a counter that is handed out by name is advanced by a neighbour",
    ...alone(
      "b",
      [
        "const c = (() => { let k = 0; const up = () => { k += 1; return k; }; return { up }; })();",
        "export const a = c.up();",
        "const b = c.up();",
      ],
      [
        "const c = (() => { let k = 0; const up = () => { k += 1; return k; }; return { up }; })();",
        "const b = c.up();",
      ],
    ),
  },
  {
    title: "an iterator is advanced by a neighbour",
    ...alone(
      "b.value",
      ["const it = [1, 2, 3].values();", "export const a = it.next();", "const b = it.next();"],
      ["const it = [1, 2, 3].values();", "const b = it.next();"],
    ),
  },
  {
    title: "a regular expression that remembers where it was is used by a neighbour",
    ...alone(
      "b",
      ["const rx = /a/g;", `export const a = rx.test("aba");`, `const b = rx.test("ba");`],
      ["const rx = /a/g;", `const b = rx.test("ba");`],
    ),
  },
  {
    title: "a getter that counts is read by a neighbour",
    ...alone(
      "b",
      ["const o = { n: 0, get g() { return ++this.n; } };", "export const a = o.g;", "const b = o.g;"],
      ["const o = { n: 0, get g() { return ++this.n; } };", "const b = o.g;"],
    ),
  },
  {
    title: "a date is set by a neighbour",
    ...alone(
      "day.getTime()",
      ["const day = new Date(0);", "export const a = day.setTime(5);"],
      ["const day = new Date(0);", "export const a = day.setTime(6);"],
    ),
  },
];

const harmless: readonly Case[] = [
  {
    title: "independent constants change places",
    ...alone(
      "a + b",
      ["const list = [1, 2];", "const a = list.length;", "const b = Math.max(...list);"],
      ["const list = [1, 2];", "const b = Math.max(...list);", "const a = list.length;"],
    ),
  },
  {
    title: "a constant moves to the other side of an effect that concerns others",
    ...alone(
      "size",
      [TABLE, "const size = Math.sqrt(4);", FILL, "console.log(1);"],
      [TABLE, FILL, "console.log(1);", "const size = Math.sqrt(4);"],
    ),
  },
  {
    title: "a neighbour that reads constants only changes",
    ...alone(
      "1",
      ["const rates = { a: 1 };", "export const rate = rates.a * 2;", "export const other = Object.keys(rates);"],
      ["const rates = { a: 1 };", "export const rate = rates.a * 3;", "export const other = Object.values(rates);"],
    ),
  },
  {
    title: "a neighbour that sums up with a callback changes",
    ...alone(
      "1",
      ["const sum = (l) => { let t = 0; l.forEach((v) => { t += v; }); return t; };", "export const a = sum([1]);"],
      ["const sum = (l) => { let t = 0; l.forEach((v) => { t += v; }); return t; };", "export const a = sum([2]);"],
    ),
  },
  {
    title: "a neighbour that walks a tree with a named helper changes",
    ...alone(
      "1",
      [
        "const count = (l) => { let t = 0; const visit = (x) => { t++; x.forEach((y) => visit(y)); }; visit(l); return t; };",
        "export const a = count([]);",
      ],
      [
        "const count = (l) => { let t = 0; const visit = (x) => { t++; x.forEach((y) => visit(y)); }; visit(l); return t; };",
        "export const a = count([[]]);",
      ],
    ),
  },
  {
    title: "functions that use each other and constants after them change places",
    ...alone(
      "f()",
      ["const f = () => g() + N;", "function g() { return N; }", "const N = 1;"],
      ["const N = 1;", "function g() { return N; }", "const f = () => g() + N;"],
    ),
  },
];

describe("What runs while modules load, and in which order", () => {
  for (const { title, before, after } of counted) {
    it(`counts when ${title} (promise 1)`, () => {
      assert.notEqual(fingerprintOf(before), fingerprintOf(after));
      alive(before, after);
    });
  }
  for (const { title, before, after } of harmless) {
    it(`does not count when ${title} (promise 2)`, () => {
      assert.equal(fingerprintOf(before), fingerprintOf(after));
      alive(before, after);
    });
  }
});

/** A program that is edited there and back says the same as new ones. */
function alive(before: Files, after: Files): void {
  const live = new Workspace(before);
  for (const files of [before, after, before]) {
    live.edit(files);
    assert.equal(live.fingerprint("s.ts", "s"), fingerprintOf(files));
  }
}
