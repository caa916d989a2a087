import assert from "node:assert/strict";
import { ALL_IN_PIPELINE, PROJECT } from "./edit-matrix-files.js";
import { Workspace } from "./memory-host.js";

/** An edit, and exactly the stages whose fingerprint it changes. */
interface Edit {
  readonly title: string;
  readonly file: string;
  readonly from: string | RegExp;
  readonly to: string;
  readonly also?: readonly (readonly [file: string, from: string, to: string])[];
  readonly changes: readonly string[];
}

const P = "pipeline.ts";
const edits: readonly Edit[] = [
  // Code that is reached counts: F11, F12, F14, pains 1 to 5.
  {
    title: "the body of a run function",
    file: P,
    from: "orders.slice(0",
    to: "orders.slice(1",
    changes: ["configured"],
  },
  { title: "a constant a helper uses", file: P, from: "LIMIT = 100", to: "LIMIT = 101", changes: ["large"] },
  { title: "a local helper's body", file: P, from: "row.total > LIMIT", to: "row.total >= LIMIT", changes: ["large"] },
  {
    title: "a helper behind a barrel",
    file: "lib/parse.ts",
    from: 'split("\\n")',
    to: 'split("\\r")',
    changes: ["orders"],
  },
  {
    title: "a private helper of a helper",
    file: "lib/parse.ts",
    from: "Number(total)",
    to: "parseFloat(total)",
    changes: ["orders"],
  },
  { title: "a constant three files away", file: "lib/split.ts", from: "/,\\s*/", to: "/;\\s*/", changes: ["orders"] },
  {
    title: "the flags of a regular expression",
    file: "lib/split.ts",
    from: "/,\\s*/",
    to: "/,\\s*/g",
    changes: ["orders"],
  },
  {
    title: "a helper imported under another name",
    file: "lib/tidy.ts",
    from: "lower(trim(id))",
    to: "trim(id)",
    changes: ["tidied"],
  },
  {
    title: "a helper's helper in another file",
    file: "lib/text.ts",
    from: "s.trim()",
    to: "s.trimEnd()",
    changes: ["tidied"],
  },
  {
    title: "a swap of two imported bindings",
    file: "lib/tidy.ts",
    from: "{ trim, lower }",
    to: "{ trim as lower, lower as trim }",
    changes: ["tidied"],
  },
  {
    title: "a member of a namespace import",
    file: "lib/maths.ts",
    from: "b), 0)",
    to: "b), 1)",
    changes: ["summed", "anyMaths"],
  },
  {
    title: "a helper of a namespace member",
    file: "lib/maths.ts",
    from: "return a + b",
    to: "return a - b",
    changes: ["summed", "anyMaths"],
  },
  {
    title: "a member that only a computed access can reach",
    file: "lib/maths.ts",
    from: "/ values.length",
    to: "/ 2",
    changes: ["anyMaths"],
  },
  {
    title: "a new export that only a computed access can reach",
    file: "lib/maths.ts",
    from: "export function mean",
    to: "export const z = 1; export function mean",
    changes: ["anyMaths"],
  },
  { title: "an imported JSON file", file: "settings.json", from: "10", to: "11", changes: ["configured"] },
  {
    title: "another function of the same package",
    file: P,
    from: "map(orders, (o) => o.id)",
    to: "filter(orders, (o) => o.id)",
    changes: ["mapped"],
  },
  { title: "another entry of the same package", file: P, from: '"lodash"', to: '"lodash/fp"', changes: ["mapped"] },
  { title: "an enum's value", file: "lib/levels.ts", from: "1_0", to: "11", changes: ["levelled"] },
  {
    title: "the order of an enum",
    file: "lib/levels.ts",
    from: "Low, High = 1_0",
    to: "High = 1_0, Low",
    changes: ["levelled"],
  },
  {
    title: "an anonymous default export",
    file: "lib/levels.ts",
    from: "return Level.Low",
    to: "return Level.High",
    changes: ["levelled"],
  },
  { title: "a class's method", file: "lib/money.ts", from: "* 100", to: "* 1000", changes: ["priced"] },
  { title: "a class's static field", file: "lib/money.ts", from: "#made = 0", to: "#made = 1", changes: ["priced"] },
  {
    title: "a parameter property that becomes a parameter",
    file: "lib/money.ts",
    from: "public currency",
    to: "currency",
    changes: ["priced"],
  },
  { title: "what a class uses", file: "lib/round.ts", from: "Math.round", to: "Math.floor", changes: ["priced"] },
  {
    title: "one of two functions that call each other, from the far side",
    file: "lib/pong.ts",
    from: "? 1",
    to: "? 2",
    changes: ["pinged"],
  },
  {
    title: "one of two functions that call each other, from the near side",
    file: "lib/ping.ts",
    from: "? 0",
    to: "? 3",
    changes: ["pinged"],
  },
  { title: "a variable's first value", file: "lib/state.ts", from: "0.2", to: "0.3", changes: ["taxed"] },
  {
    title: "a function that writes the variable",
    file: "lib/state.ts",
    from: "tax = value",
    to: "tax = value * 2",
    changes: ["taxed"],
  },
  {
    title: "a module loaded by import()",
    file: "lib/lazy.ts",
    from: "rows.length",
    to: "rows.length + 1",
    changes: ["lazy"],
  },
  { title: "a file named by new URL", file: "lib/words.txt", from: "a b c", to: "a b", changes: ["workered"] },
  { title: "a named run function", file: P, from: "orders.length;", to: "orders.length + 1;", changes: ["named"] },
  {
    title: "a module imported for its side effect",
    file: "lib/polyfill.ts",
    from: '"flat"',
    to: '"flatMap"',
    changes: ["registered"],
  },
  { title: "what a side effect calls", file: "lib/define.ts", from: "= true", to: "= false", changes: ["registered"] },
  {
    title: "a top-level statement of a module that is used",
    file: "lib/registry.ts",
    from: '"a", 1',
    to: '"a", 2',
    changes: ["registered"],
  },
  {
    title: "a new top-level statement in a module that is used",
    file: "lib/round.ts",
    from: "export",
    to: "console.log(1);\nexport",
    changes: ALL_IN_PIPELINE,
  },
  {
    title: "an impure initialiser that nothing names",
    file: "lib/registry.ts",
    from: "table.set",
    to: "const _ = (globalThis.n = 1);\ntable.set",
    changes: ["registered"],
  },
  {
    title: "the order of two side effects",
    file: "effects.ts",
    from: /import "\.\/lib\/polyfill.js";\n(import .*\n)/,
    to: '$1import "./lib/polyfill.js";\n',
    changes: ["registered"],
  },
  {
    title: "a side effect that is no longer imported",
    file: "effects.ts",
    from: 'import "./lib/polyfill.js";',
    to: "",
    changes: ["registered"],
  },
  {
    title: "a package imported for its side effect",
    file: "effects.ts",
    from: 'import "./lib',
    to: 'import "zod";import "./lib',
    changes: ["registered"],
  },
  {
    title: "a constant of a CommonJS module",
    file: "lib/old-maths.cjs",
    from: "factor = 2",
    to: "factor = 3",
    changes: ["common"],
  },
  {
    title: "a function of a CommonJS module",
    file: "lib/old-maths.cjs",
    from: "x * factor",
    to: "x + factor",
    changes: ["common"],
  },
  {
    title: "const to var, where a closure sees the difference",
    file: "lib/tidy.ts",
    from: "const { id",
    to: "var { id",
    changes: ["tidied"],
  },
  { title: "a property name", file: P, from: "{ count, first:", to: "{ count, head:", changes: ["named"] },
  {
    title: "the order of operands",
    file: "lib/maths.ts",
    from: "sum(values) / values.length",
    to: "values.length / sum(values)",
    changes: ["anyMaths"],
  },
  {
    title: "async",
    file: "lib/lazy.ts",
    from: "export function heavy",
    to: "export async function heavy",
    changes: ["lazy"],
  },
  { title: "an optional chain", file: "lib/text.ts", from: "s.trim()", to: "s?.trim()", changes: ["tidied"] },
  { title: "negative zero", file: P, from: "orders.slice(0,", to: "orders.slice(-0,", changes: ["configured"] },
  { title: "text inside a template", file: "lib/money.ts", from: "} ${this", to: "}_${this", changes: ["priced"] },
  {
    title: "a local that now shadows a helper",
    file: P,
    from: "orders.map(clean)",
    to: "orders.map((clean) => clean(clean))",
    changes: ["tidied"],
  },
  {
    title: "a helper name that is no longer shadowed",
    file: "lib/lazy.ts",
    from: "rows.length",
    to: "rows.length + never()",
    changes: ["lazy"],
  },
  // Nothing that does not count changes anything: F13, F23, F24, pains 13 to 17, dvc#3439.
  { title: "a comment", file: "lib/parse.ts", from: "// One row a line.", to: "// Changed.", changes: [] },
  {
    title: "a comment that moves lines",
    file: P,
    from: "const LIMIT",
    to: "\n\n/* more\n lines */\nconst LIMIT",
    changes: [],
  },
  {
    title: "white space and line breaks",
    file: "lib/maths.ts",
    from: "return a + b;",
    to: "return (\n    a +\n    b\n  );",
    changes: [],
  },
  { title: "line ends (F38, pain 19)", file: "lib/tidy.ts", from: /\n/g, to: "\r\n", changes: [] },
  { title: "quotes", file: "lib/polyfill.ts", from: '"flat"', to: "'flat'", changes: [] },
  { title: "a template without parts for a text", file: "lib/polyfill.ts", from: '"flat"', to: "`flat`", changes: [] },
  { title: "numeric separators and bases", file: "lib/levels.ts", from: "1_0", to: "0xa", changes: [] },
  { title: "parentheses", file: "lib/round.ts", from: "Math.round", to: "(Math.round)", changes: [] },
  { title: "a trailing comma", file: "lib/maths.ts", from: "add(a, b), 0)", to: "add(a, b), 0,)", changes: [] },
  { title: "semicolons", file: "lib/ping.ts", from: "pong(n - 1); }", to: "pong(n - 1);; }", changes: [] },
  { title: "quoted property keys", file: P, from: "{ count, first:", to: '{ count, "first":', changes: [] },
  { title: "a property written out", file: P, from: "{ count, first:", to: "{ count: count, first:", changes: [] },
  {
    title: "a local variable's name",
    file: P,
    from: /\bcount = orders\.length;\n {2}return \{ count,/,
    to: "n = orders.length;\n  return { count: n,",
    changes: [],
  },
  {
    title: "a parameter's name",
    file: "lib/maths.ts",
    from: "add(a: number, b: number) { return a + b; }",
    to: "add(x: number, y: number) { return x + y; }",
    changes: [],
  },
  { title: "let for const", file: "lib/split.ts", from: "const SEPARATOR", to: "let SEPARATOR", changes: [] },
  {
    title: "a parameter's type",
    file: "lib/maths.ts",
    from: "values: number[]): number",
    to: "values: readonly number[]): number",
    changes: [],
  },
  { title: "a return type", file: "lib/maths.ts", from: "): number {", to: ") {", changes: [] },
  {
    title: "an interface",
    file: "lib/parse.ts",
    from: "total: number }",
    to: "total: number; extra?: string }",
    changes: [],
  },
  {
    title: "as",
    file: "lib/parse.ts",
    from: "({ id, total: Number(total) })",
    to: "({ id, total: Number(total) } as Row)",
    changes: [],
  },
  {
    title: "satisfies and !",
    file: "lib/parse.ts",
    from: "Number(total)",
    to: "Number(total! satisfies string)",
    changes: [],
  },
  {
    title: "overloads",
    file: "lib/lazy.ts",
    from: "export function",
    to: "export function heavy(rows: string[]): number;\nexport function",
    changes: [],
  },
  { title: "declare", file: "lib/lazy.ts", from: "export", to: "declare const VERSION: string;\nexport", changes: [] },
  {
    title: "type parameters",
    file: "lib/lazy.ts",
    from: "heavy(rows: unknown[])",
    to: "heavy<T>(rows: T[])",
    changes: [],
  },
  {
    title: "an import type",
    file: P,
    from: "import type { Unused }",
    to: 'import type { More } from "./more.js";\nimport type { Unused }',
    changes: [],
  },
  {
    title: "a type import without the word type",
    file: P,
    from: "import type { Unused }",
    to: "import { Unused }",
    changes: [],
  },
  {
    title: "accessibility of a parameter property",
    file: "lib/money.ts",
    from: "private readonly amount",
    to: "public amount",
    changes: [],
  },
  {
    title: "a namespace of types",
    file: "lib/lazy.ts",
    from: "export",
    to: "export namespace T { export type A = string }\nexport",
    changes: [],
  },
  { title: "an unused function of the same file", file: "lib/parse.ts", from: "return 1", to: "return 2", changes: [] },
  {
    title: "a function of the same file that another name uses",
    file: "lib/state.ts",
    from: '"tax"',
    to: '"taxes"',
    changes: [],
  },
  {
    title: "a new unused declaration",
    file: P,
    from: "const LIMIT",
    to: "const EXTRA = [1, () => 2];\nconst LIMIT",
    changes: [],
  },
  {
    title: "an unused import of a package",
    file: "lib/text.ts",
    from: "export const trim",
    to: 'import { z } from "zod";\nexport const trim',
    changes: [],
  },
  { title: "an export nobody reaches behind a barrel", file: "lib/extra.ts", from: "1", to: "2", changes: [] },
  {
    title: "the order of declarations",
    file: "lib/text.ts",
    from: /(export const trim.*\n)(export const lower.*\n)/,
    to: "$2$1",
    changes: [],
  },
  {
    title: "the order of imports without effects",
    file: P,
    from: /(import \* as maths.*\n)(import settings.*\n)/,
    to: "$2$1",
    changes: [],
  },
  {
    title: "the alias of an import",
    file: "lib/ping.ts",
    from: 'import { pong } from "./pong.js"',
    to: 'import { pong as p } from "./pong.js"',
    also: [["lib/ping.ts", "pong(n - 1)", "p(n - 1)"]],
    changes: [],
  },
  {
    title: "a barrel taken out of the way",
    file: P,
    from: 'import { parse, tidy as clean, type Row } from "./lib/index.js"',
    to: 'import { parse, type Row } from "./lib/parse.js"; import { tidyRow as clean } from "./lib/tidy.js"',
    changes: [],
  },
  {
    title: "named imports for a namespace",
    file: P,
    from: "maths.sum(orders.map",
    to: "sum(orders.map",
    also: [[P, "import settings", 'import { sum } from "./lib/maths.js";\nimport settings']],
    changes: [],
  },
  {
    title: "a helper moved to another file",
    file: "lib/split.ts",
    from: /const SEPARATOR.*\n/,
    to: 'import { SEPARATOR } from "./extra.js";\n',
    also: [["lib/extra.ts", "export", "export const SEPARATOR = /,\\s*/;\nexport"]],
    changes: [],
  },
  {
    title: "an alias of tsconfig paths",
    file: "lib/tidy.ts",
    from: '"./text.js"',
    to: '"../lib/text.ts"',
    changes: [],
  },
  { title: "a stage's inputs", file: P, from: '"data/orders.csv"', to: '"data/other.csv"', changes: [] },
  { title: "a stage's options", file: P, from: '"1h"', to: '"2h"', changes: [] },
  { title: "a parameter's default", file: P, from: '"op", "sum"', to: '"op", "mean"', changes: [] },
  {
    title: "a stage that is new",
    file: P,
    from: "export const orders",
    to: "export const extra = stage({}, () => 1);\nexport const orders",
    changes: ["extra"],
  },
  { title: "the body of a neighbour", file: P, from: "parse(raw)", to: "parse(raw).reverse()", changes: ["orders"] },
  {
    title: "a stage that is no longer exported",
    file: P,
    from: "export const mapped",
    to: "const mapped",
    changes: [],
  },
  { title: "a local type alias", file: P, from: "const LIMIT", to: "type Limit = number;\nconst LIMIT", changes: [] },
  {
    title: "a definite assignment",
    file: "lib/round.ts",
    from: "round =",
    to: "round: (n: number) => number =",
    changes: [],
  },
  { title: "a this parameter", file: "lib/lazy.ts", from: "heavy(rows", to: "heavy(this: void, rows", changes: [] },
  {
    title: "an abstract member's type",
    file: "lib/money.ts",
    from: "export class Money {",
    to: "export class Money {\n  declare kind: string;",
    changes: [],
  },
];

function apply(edit: Edit): Record<string, string> {
  const changed: Record<string, string> = {};
  const replace = (file: string, from: string | RegExp, to: string): void => {
    const before = changed[file] ?? PROJECT[file] ?? "";
    const after = typeof from === "string" ? before.replace(from, () => to) : before.replace(from, to);
    assert.notEqual(after, before, `"${edit.title}" changes nothing in ${file}`);
    changed[file] = after;
  };
  replace(edit.file, edit.from, edit.to);
  for (const [file, from, to] of edit.also ?? []) replace(file, from, to);
  return changed;
}

function difference(before: Record<string, string>, after: Record<string, string>): string[] {
  return Object.keys(after).filter((name) => after[name] !== before[name]);
}

describe("A stage's fingerprint over edits", function () {
  // Much work at once; a busy machine must not make it fail.
  this.timeout(60_000);

  const before = new Workspace(PROJECT).fingerprints();
  const live = new Workspace(PROJECT);
  live.fingerprints();

  it("is known for every stage of the project", () => {
    assert.deepEqual(Object.keys(before), [...ALL_IN_PIPELINE, "registered", "common"]);
    assert.deepEqual(
      Object.values(before).filter((value) => !/^[0-9a-f]{64}$/.test(value)),
      [],
    );
  });

  for (const edit of edits) {
    const says =
      edit.changes.length === 0 ? "stays" : `changes for ${edit.changes.length > 4 ? "all" : edit.changes.join(", ")}`;
    it(`${says}: ${edit.title}`, () => {
      const changes = apply(edit);
      const fresh = new Workspace({ ...PROJECT, ...changes }).fingerprints();
      assert.deepEqual(difference(before, fresh).sort(), [...edit.changes].sort());
      // The same from a program that has seen the file before, and again when the edit is undone.
      live.edit(changes);
      assert.deepEqual(live.fingerprints(), fresh);
      live.edit(Object.fromEntries(Object.keys(changes).map((file) => [file, PROJECT[file] ?? null])));
      assert.deepEqual(live.fingerprints(), before);
    });
  }

  it("changes with the version of a package that is used, and only then (F15)", () => {
    const workspace = new Workspace(PROJECT);
    workspace.host.versions = { lodash: "4.17.22", zod: "9.0.0" };
    assert.deepEqual(difference(before, workspace.fingerprints()), ["mapped"]);
  });

  it("does not depend on where the folder is (F38)", () => {
    assert.deepEqual(new Workspace(PROJECT, "/somewhere/else").fingerprints(), before);
  });

  it("does not depend on the order in which files are looked at", () => {
    const reversed = Object.fromEntries(Object.entries(PROJECT).reverse());
    assert.deepEqual(difference(before, new Workspace(reversed).fingerprints()), []);
  });

  it("is the same for a stage that is renamed or moved to another folder (pain 17)", () => {
    const text = (PROJECT["pipeline.ts"] ?? "")
      .replaceAll('"./lib', '"../lib')
      .replaceAll('"./settings', '"../settings');
    const moved = text.replace("export const taxed", "export const withTax");
    const others = Object.fromEntries(Object.entries(PROJECT).filter(([name]) => name !== "pipeline.ts"));
    const workspace = new Workspace({ ...others, "deep/other.ts": moved });
    assert.equal(workspace.fingerprint("deep/other.ts", "withTax"), before["taxed"]);
    assert.equal(workspace.fingerprint("deep/other.ts", "orders"), before["orders"]);
  });
});
