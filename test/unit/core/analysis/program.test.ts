import assert from "node:assert/strict";
import { findCycles } from "../../../../src/core/analysis/stage-graph.js";
import type { StageId } from "../../../../src/protocol/ids.js";
import type { StageDeclaration } from "../../../../src/protocol/stage.js";
import { fingerprintOf, Workspace, type Files } from "./memory-host.js";

const STAGE = `import { stage } from "restage";\n`;
const using = (names: string, from: string, use: string): string =>
  `${STAGE}import { ${names} } from "${from}";\nexport const s = stage({}, () => ${use});\n`;

describe("A stage whose code cannot be known is unknown, never fresh (promise 1)", () => {
  const unknown: readonly (readonly [title: string, files: Files, file: string, message: RegExp])[] = [
    [
      "a helper's file does not parse",
      { "s.ts": using("h", "./h", "h()"), "h.ts": "export const h = (;" },
      "h.ts",
      /^h\.ts does not parse/,
    ],
    [
      "a file behind a barrel does not parse",
      { "s.ts": using("h", "./b", "h()"), "b.ts": `export * from "./h";`, "h.ts": "export const = 1" },
      "h.ts",
      /does not parse/,
    ],
    [
      "a barrel is cut: export * as of a file that does not parse",
      { "s.ts": using("ns", "./b", "ns.h()"), "b.ts": `export * as ns from "./h";`, "h.ts": "export {" },
      "h.ts",
      /does not parse/,
    ],
    [
      "a module it loads does not parse, though nothing of it is used",
      {
        "s.ts": using("h", "./h", "h()"),
        "h.ts": `import { x } from "./x"; export const h = () => 1; export const k = x;`,
        "x.ts": "}",
      },
      "x.ts",
      /does not parse/,
    ],
    ["a file does not exist", { "s.ts": using("h", "./h", "h()") }, "s.ts", /"\.\/h" is not there/],
    ["a package is not installed", { "s.ts": using("h", "left-pad", "h()") }, "s.ts", /"left-pad" is not installed/],
    [
      "a name is not exported",
      { "s.ts": using("h", "./h", "h()"), "h.ts": "export const k = 1;" },
      "s.ts",
      /h\.ts has no export named "h"/,
    ],
    [
      "a re-exported name is not there",
      { "s.ts": using("h", "./b", "h()"), "b.ts": `export { h } from "./h";`, "h.ts": "" },
      "s.ts",
      /no export named "h"/,
    ],
    [
      "a side effect is missing",
      { "s.ts": `import "./gone";\n${using("h", "./h", "h()")}`, "h.ts": "export const h = 1;" },
      "s.ts",
      /is not there/,
    ],
    [
      "an import() leads nowhere",
      { "s.ts": `${STAGE}export const s = stage({}, () => import("./gone"));` },
      "s.ts",
      /is not there/,
    ],
    [
      "two modules export a name from each other",
      { "s.ts": using("h", "./a", "h"), "a.ts": `export { h } from "./b";`, "b.ts": `export { h } from "./a";` },
      "s.ts",
      /no export named/,
    ],
    [
      "an export * hides in a file that does not parse",
      {
        "s.ts": using("h", "./b", "h"),
        "b.ts": `export * from "./a"; export * from "./h";`,
        "a.ts": "export const x = 1",
        "h.ts": "(",
      },
      "h.ts",
      /does not parse/,
    ],
  ];
  for (const [title, files, file, message] of unknown) {
    it(`when ${title}`, () => {
      const workspace = new Workspace(files);
      const state = workspace.code("s.ts", "s");
      assert.ok(!state.ok);
      assert.match(state.message, message);
      assert.equal(workspace.host.displayPath(state.location.file), file);
    });
  }

  const known: readonly (readonly [title: string, files: Files])[] = [
    [
      "an import of types only leads nowhere",
      {
        "s.ts": `import { Row } from "./rows"; import { G } from "geojson";\n${STAGE}export const s = stage({}, (r: Row & G) => r);`,
      },
    ],
    [
      "another stage of the file uses a package that is not installed",
      {
        "s.ts": `${STAGE}import { x } from "gone";\nexport const s = stage({}, () => 1);\nexport const t = stage({}, () => x);`,
      },
    ],
    ["a file beside it does not parse", { "s.ts": `${STAGE}export const s = stage({}, () => 1);`, "t.ts": "(" }],
    [
      "a namespace has no such member",
      {
        "s.ts": `${STAGE}import * as h from "./h";\nexport const s = stage({}, () => h.missing ?? 1);`,
        "h.ts": "export const x = 1",
      },
    ],
  ];
  for (const [title, files] of known) {
    it(`but known when ${title}`, () => assert.match(fingerprintOf(files), /^[0-9a-f]{64}$/));
  }

  it("becomes known when the missing file is created, and unknown when it is deleted", () => {
    const workspace = new Workspace({ "s.ts": using("h", "./h", "h()") });
    assert.equal(workspace.code("s.ts", "s").ok, false);
    workspace.edit({ "h.ts": "export const h = () => 1;" });
    const first = workspace.fingerprint("s.ts", "s");
    workspace.edit({ "h.ts": null });
    assert.equal(workspace.code("s.ts", "s").ok, false);
    workspace.edit({ "h.ts": "export const h = () => 1;" });
    assert.equal(workspace.fingerprint("s.ts", "s"), first);
  });

  it("follows an import to another file when one with a better name appears", () => {
    const workspace = new Workspace({ "s.ts": using("h", "./h", "h()"), "h/index.ts": "export const h = () => 1;" });
    const before = workspace.fingerprint("s.ts", "s");
    workspace.edit({ "h.ts": "export const h = () => 2;" });
    assert.notEqual(workspace.fingerprint("s.ts", "s"), before);
    workspace.edit({ "h.ts": null });
    assert.equal(workspace.fingerprint("s.ts", "s"), before);
  });
});

describe("What a fingerprint is made of, as data", () => {
  const workspace = new Workspace({
    "s.ts": `${STAGE}import { h } from "./lib/h";\nimport data from "./d.json";\n\nexport const s = stage({}, () => h(data));\n`,
    "lib/h.ts": `import { map } from "lodash";\nimport fs from "node:fs";\nenum E { A }\nclass C {}\n/** Doc. */\nexport function h(x) { return map(x, [K, E.A, C, fs]); }\nconst K = 1;\nglobalThis.x = 1;\n`,
    "d.json": "[]",
  });
  const state = workspace.code("s.ts", "s");

  it("lists the stage first, then what it reaches, with text and line", () => {
    assert.ok(state.ok);
    assert.deepEqual(
      state.data.slice.map(({ kind, name, file, line, text }) => ({ kind, name, file, line, text })),
      [
        { kind: "stage", name: "s", file: "s.ts", line: 5, text: "export const s = stage({}, () => h(data));" },
        {
          kind: "function",
          name: "h",
          file: "lib/h.ts",
          line: 6,
          text: "export function h(x) { return map(x, [K, E.A, C, fs]); }",
        },
        { kind: "variable", name: "K", file: "lib/h.ts", line: 7, text: "const K = 1;" },
        { kind: "effects", name: "top level of lib/h.ts", file: "lib/h.ts", line: 8, text: "globalThis.x = 1;" },
        { kind: "enum", name: "E", file: "lib/h.ts", line: 3, text: "enum E { A }" },
        { kind: "class", name: "C", file: "lib/h.ts", line: 4, text: "class C {}" },
        { kind: "data", name: "d.json", file: "d.json", line: 1, text: "" },
      ],
    );
  });

  it("lists packages and built-ins by name", () => {
    assert.ok(state.ok);
    assert.deepEqual(state.data.packages, [
      { name: "lodash", version: "4.17.21" },
      { name: "node:fs", version: "" },
    ]);
  });

  it("names every file whose text counts", () => {
    const files = workspace.program.files(workspace.stage("s.ts", "s"));
    assert.deepEqual(files.map((file) => workspace.host.displayPath(file)).sort(), ["d.json", "lib/h.ts", "s.ts"]);
  });

  it("shows new lines after a comment moved them, with the same fingerprint", () => {
    assert.ok(state.ok);
    const text = workspace.host.files.get("lib/h.ts") ?? "";
    workspace.edit({ "lib/h.ts": `// One.\n// Two.\n${text}` });
    const moved = workspace.code("s.ts", "s");
    assert.ok(moved.ok);
    assert.equal(moved.data.fingerprint, state.data.fingerprint);
    assert.deepEqual(
      moved.data.slice.map((entry) => entry.line),
      [5, 8, 9, 10, 5, 6, 1],
    );
  });
});

describe("Deep hashes", function () {
  // Much work at once; a busy machine must not make it fail.
  this.timeout(60_000);

  const chain = (length: number, last: number): string =>
    Array.from({ length }, (_, i) =>
      i === length - 1 ? `const f${i} = () => ${last};` : `const f${i} = () => f${i + 1}();`,
    ).join("\n");

  it("reach the end of a chain of 5,000 units without running out of stack", () => {
    const files = (last: number): Files => ({
      "s.ts": `${STAGE}${chain(5000, last)}\nexport const s = stage({}, () => f0());`,
    });
    assert.notEqual(fingerprintOf(files(1)), fingerprintOf(files(2)));
  });

  it("reach the end of a chain of 3,000 files", () => {
    const files = (last: string): Files => {
      const all: Record<string, string> = { "s.ts": using("f", "./m0", "f()") };
      for (let i = 0; i < 3000; i++)
        all[`m${i}.ts`] = `import { f as g } from "./m${i + 1}"; export const f = () => g();`;
      all["m3000.ts"] = `export const f = () => ${last};`;
      return all;
    };
    assert.notEqual(fingerprintOf(files("1")), fingerprintOf(files("2")));
  });

  it("of a circle of 1,000 functions see a change anywhere, and not the order of their declarations", () => {
    const circle = (constant: number): string[] =>
      Array.from(
        { length: 1000 },
        (_, i) => `function f${i}() { return f${(i + 1) % 1000}() + ${i === 500 ? constant : 0}; }`,
      );
    const file = (lines: string[]): Files => ({
      "s.ts": `${STAGE}${lines.join("\n")}\nexport const s = stage({}, () => f0());`,
    });
    assert.notEqual(fingerprintOf(file(circle(1))), fingerprintOf(file(circle(2))));
    assert.equal(fingerprintOf(file(circle(1))), fingerprintOf(file(circle(1).reverse())));
  });

  it("tell members of a circle apart that look the same", () => {
    const text = (entry: string): Files => ({
      "s.ts": using("f", `./${entry}`, "f(3)"),
      "a.ts": `import { f as g } from "./b"; export const f = (n) => (n ? g(n - 1) : 0);`,
      "b.ts": `import { f as g } from "./c"; export const f = (n) => (n ? g(n - 1) : 0);`,
      "c.ts": `import { f as g } from "./a"; export const f = (n) => (n ? g(n - 1) : 1);`,
    });
    assert.notEqual(fingerprintOf(text("a")), fingerprintOf(text("b")));
    assert.notEqual(fingerprintOf(text("b")), fingerprintOf(text("c")));
  });
});

describe("Edits are taken in one file at a time", function () {
  // Much work at once; a busy machine must not make it fail.
  this.timeout(60_000);

  it("parses only the file that changed, and keeps what others said", () => {
    const files: Record<string, string> = {};
    for (let i = 0; i < 20; i++) files[`s${i}.ts`] = using("h", `./h${i}`, "h()").replace("const s", `const s${i}`);
    for (let i = 0; i < 20; i++) files[`h${i}.ts`] = `export const h = () => ${i};`;
    const workspace = new Workspace(files);
    const before = workspace.fingerprints();
    const unchanged = workspace.stages("s1.ts");
    const { parsed } = workspace.host;
    workspace.edit({ "h0.ts": "export const h = () => 'new';" });
    const after = workspace.fingerprints();
    assert.equal(workspace.host.parsed, parsed + 1);
    assert.deepEqual(
      Object.keys(before).filter((name) => before[name] !== after[name]),
      ["s0"],
    );
    assert.equal(workspace.stages("s1.ts"), unchanged);
  });

  it("sees an input's constant change in another module", () => {
    const workspace = new Workspace({
      "s.ts": `import { stage, file } from "restage"; import { P } from "./mid"; export const s = stage({ a: file(P) }, () => 1);`,
      "mid.ts": `import { Q } from "./far"; export const P = Q + "/x";`,
      "far.ts": `export const Q = "a";`,
    });
    assert.deepEqual(workspace.stage("s.ts", "s").inputs, [{ kind: "file", name: "a", path: "a/x" }]);
    workspace.edit({ "far.ts": `export const Q = "b";` });
    assert.deepEqual(workspace.stage("s.ts", "s").inputs, [{ kind: "file", name: "a", path: "b/x" }]);
  });

  it("sees a data file change", () => {
    const workspace = new Workspace({
      "s.ts": `${STAGE}import d from "./d.json"; export const s = stage({}, () => d);`,
      "d.json": "1",
    });
    const before = workspace.fingerprint("s.ts", "s");
    workspace.edit({ "d.json": "2" });
    assert.notEqual(workspace.fingerprint("s.ts", "s"), before);
    workspace.edit({ "d.json": "1" });
    assert.equal(workspace.fingerprint("s.ts", "s"), before);
  });

  it("gives the same as a new program after any sequence of edits", () => {
    // A fixed pseudo-random sequence: each step replaces one of six files by one of its versions, or deletes it.
    const versions: Record<string, readonly (string | null)[]> = {
      "s.ts": [
        using("h, k", "./b", "h(k)"),
        using("h", "./a", "h()"),
        `${STAGE}import "./e";\n${using("k", "./b", "k").split("\n").slice(1).join("\n")}`,
      ],
      "a.ts": [
        `export const h = () => 1;`,
        `import { k } from "./c"; export const h = () => k;`,
        "export const h = (",
        null,
      ],
      "b.ts": [
        `export * from "./a"; export * from "./c";`,
        `export { h } from "./a"; export { k } from "./c";`,
        `export const h = 1, k = 2;`,
      ],
      "c.ts": [
        `export let k = 1;`,
        `export let k = 1; export function set() { k = 2; }`,
        `import "./e"; export let k = 1;`,
        `import { h } from "./a"; export const k = () => h;`,
      ],
      "e.ts": [`globalThis.a = 1;`, `export {};`, `import { h } from "./a"; h();`, null],
    };
    const first = Object.fromEntries(Object.entries(versions).map(([name, [text]]) => [name, text ?? ""]));
    const workspace = new Workspace(first);
    let seed = 7;
    const next = (limit: number): number => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return Math.floor((seed / 2147483648) * limit);
    };
    const seen = new Set<string>();
    for (let step = 0; step < 400; step++) {
      const name = Object.keys(versions)[next(5)] ?? "";
      const list = versions[name] ?? [];
      workspace.edit({ [name]: list[next(list.length)] ?? null });
      const live = workspace.fingerprints();
      assert.deepEqual(live, new Workspace(Object.fromEntries(workspace.host.files)).fingerprints(), `step ${step}`);
      seen.add(JSON.stringify(live));
    }
    assert.ok(seen.size > 20);
  });
});

describe("Circles among stages (F21)", function () {
  // Much work at once; a busy machine must not make it fail.
  this.timeout(60_000);

  const declare = (id: string, ...needs: string[]): StageDeclaration => {
    const at = { file: "/s.ts", line: 1, column: 1, endLine: 1, endColumn: 1 };
    const inputs = needs.map((need) => ({
      kind: "stage" as const,
      name: need,
      stage: need as StageId,
      view: { as: "value" as const },
    }));
    return {
      id: id as StageId,
      name: id,
      form: "wrapped",
      file: "/s.ts",
      range: at,
      nameRange: at,
      inputs,
      options: {},
      problems: [],
    };
  };

  it("are found for each member, with the way round", () => {
    const cycles = findCycles([
      declare("a", "b"),
      declare("b", "c"),
      declare("c", "a", "d"),
      declare("d"),
      declare("e", "a"),
      declare("f", "f"),
    ]);
    assert.deepEqual(Object.fromEntries(cycles), {
      a: ["a", "b", "c"],
      b: ["b", "c", "a"],
      c: ["c", "a", "b"],
      f: ["f"],
    });
  });

  it("are not seen where there are none, nor do 20,000 stages in a row exhaust the stack", () => {
    const chain = Array.from({ length: 20_000 }, (_, i) => declare(`s${i}`, `s${i + 1}`));
    assert.equal(findCycles(chain).size, 0);
  });
});
