import assert from "node:assert/strict";
import { mayDeclareStages } from "../../../../src/core/analysis/summarise.js";
import { Workspace, type Files } from "./memory-host.js";

/** Declarations of `s.ts` in short: inputs, options and problems of each stage by id. */
function read(text: string, others: Files = {}, name = "s.ts"): Record<string, unknown> {
  const found = new Workspace({ [name]: text, ...others }).stages(name);
  return Object.fromEntries(
    found.map(({ id, inputs, options, problems }) => [
      id,
      {
        inputs: Object.fromEntries(inputs.map(({ name: input, ...rest }) => [input, rest])),
        ...(Object.keys(options).length > 0 ? { options } : {}),
        ...(problems.length > 0
          ? { problems: problems.map((p) => `${p.code} ${p.range.line}:${p.range.column}`) }
          : {}),
      },
    ]),
  );
}

const LIB = `import { stage, file, files, param, env } from "restage";\n`;
const NONE = { inputs: {} };

describe("Stages are found without running anything (F3, F10)", () => {
  const spellings: readonly (readonly [title: string, text: string, id: string, others?: Files, name?: string])[] = [
    ["an exported constant", `import { stage } from "restage"; export const x = stage({}, () => 1);`, "s.ts#x"],
    ["an export list", `import { stage } from "restage"; const x = stage({}, () => 1); export { x };`, "s.ts#x"],
    [
      "an export under another name",
      `import { stage } from "restage"; const x = stage({}, () => 1); export { x as y };`,
      "s.ts#y",
    ],
    ["a default export", `import { stage } from "restage"; export default stage({}, () => 1);`, "s.ts#default"],
    [
      "a constant exported as default",
      `import { stage } from "restage"; const x = stage({}, () => 1); export default x;`,
      "s.ts#default",
    ],
    ["a renamed import", `import { stage as s } from "restage"; export const x = s({}, () => 1);`, "s.ts#x"],
    ["a namespace import", `import * as r from "restage"; export const x = r.stage({}, () => 1);`, "s.ts#x"],
    [
      "a re-export of a local module",
      `import { stage } from "./lib"; export const x = stage({}, () => 1);`,
      "s.ts#x",
      { "lib.ts": `export { stage } from "restage";` },
    ],
    [
      "a renamed re-export",
      `import { step } from "./lib"; export const x = step({}, () => 1);`,
      "s.ts#x",
      { "lib.ts": `export { stage as step } from "restage";` },
    ],
    [
      "export *",
      `import { stage } from "./lib"; export const x = stage({}, () => 1);`,
      "s.ts#x",
      { "lib.ts": `export * from "restage"; export * from "./more";`, "more.ts": "export const m = 1;" },
    ],
    [
      "export * as",
      `import { r } from "./lib"; export const x = r.stage({}, () => 1);`,
      "s.ts#x",
      { "lib.ts": `export * as r from "restage";` },
    ],
    [
      "CommonJS, destructured",
      `const { stage } = require("restage"); const x = stage({}, () => 1); module.exports = { x };`,
      "s.cjs#x",
      {},
      "s.cjs",
    ],
    ["CommonJS, exports.x", `const r = require("restage"); exports.x = r.stage({}, () => 1);`, "s.cjs#x", {}, "s.cjs"],
    [
      "type arguments, as const, satisfies and parentheses",
      `import { stage } from "restage"; export const x = (stage<{}, number>(({} as const) satisfies object, () => 1)) as unknown;`,
      "s.ts#x",
    ],
    [
      "another name",
      `import { stage } from "restage"; const step = stage; export const x = step({}, () => 1);`,
      "s.ts#x",
    ],
    [
      "a name taken out of a namespace",
      `import * as r from "restage"; const { stage: step } = r; export const x = step({}, () => 1);`,
      "s.ts#x",
    ],
    [
      "a member of a namespace",
      `import * as r from "restage"; const step = r.stage; export const x = step({}, () => 1);`,
      "s.ts#x",
    ],
    [
      "another name that a local module exports",
      `import { step } from "./lib"; export const x = step({}, () => 1);`,
      "s.ts#x",
      { "lib.ts": `import { stage } from "restage"; export const step = stage;` },
    ],
    [
      "a default export of it",
      `import step from "./lib"; export const x = step({}, () => 1);`,
      "s.ts#x",
      { "lib.ts": `import { stage } from "restage"; export default stage;` },
    ],
    [
      "an object that holds it",
      `import { kit } from "./lib"; export const x = kit.stage({}, () => 1);`,
      "s.ts#x",
      { "lib.ts": `import { stage, file } from "restage"; export const kit = { stage, file };` },
    ],
    [
      "what the TypeScript compiler makes of an ES module",
      `"use strict"; Object.defineProperty(exports, "__esModule", { value: true }); exports.x = void 0;
       const restage_1 = require("restage"); exports.x = (0, restage_1.stage)({}, () => 1);`,
      "s.cjs#x",
      {},
      "s.cjs",
    ],
    [
      "var of older compilers",
      `var r = require("restage"); exports.x = (0, r.stage)({}, function () {});`,
      "s.cjs#x",
      {},
      "s.cjs",
    ],
    [
      "a quoted name of module.exports",
      `const { stage } = require("restage"); module.exports = { "x": stage({}, () => 1) };`,
      "s.cjs#x",
      {},
      "s.cjs",
    ],
    ["TypeScript's import =", `import r = require("restage"); export const x = r.stage({}, () => 1);`, "s.ts#x"],
  ];
  for (const [title, text, id, others, name] of spellings) {
    it(`through ${title}`, () => assert.deepEqual(read(text, others, name), { [id]: NONE }));
  }

  const others: readonly (readonly [title: string, text: string, others?: Files])[] = [
    [
      "a local function called stage",
      `function stage(a: {}, f: () => number) { return f; } export const x = stage({}, () => 1);`,
    ],
    ["stage of another package", `import { stage } from "lodash"; export const x = stage({}, () => 1);`],
    ["a type of the library", `import type { stage } from "restage"; export const x = stage({}, () => 1);`],
    ["a call without an import", `export const x = stage({}, () => 1);`],
    [
      "stage of a local module of its own",
      `import { stage } from "./own"; export const x = stage({}, () => 1);`,
      { "own.ts": "export const stage = (a: {}, f: unknown) => f;" },
    ],
    [
      "text in a comment or string",
      `import { stage } from "restage"; // export const x = stage({}, () => 1)\nconst t = "stage({})";`,
    ],
  ];
  for (const [title, text, files] of others) it(`but not ${title}`, () => assert.deepEqual(read(text, files), {}));

  it("with the range of the statement and of the name", () => {
    const stage = new Workspace({ "s.ts": `${LIB}\nexport const orders = stage({}, () => {\n});\n` }).stage(
      "s.ts",
      "orders",
    );
    const file = "/project/s.ts";
    assert.deepEqual(stage.range, { file, line: 3, column: 1, endLine: 4, endColumn: 4 });
    assert.deepEqual(stage.nameRange, { file, line: 3, column: 14, endLine: 3, endColumn: 20 });
  });

  it("in files that a cheap look lets through", () => {
    assert.ok(mayDeclareStages(`import { stage } from "restage"`));
    assert.ok(mayDeclareStages(`export const x = step({ a }, () => 1)`));
    assert.ok(!mayDeclareStages(`export function add(a, b) { return a + b }`));
  });
});

describe("Inputs are read from the source", () => {
  it("through other names, exports of CommonJS and objects that hold stages", () => {
    const { inputs } = new Workspace({
      "s.cjs": `const r = require("restage"); const { others } = require("./o.js"); const f = r.file;
        exports.a = (0, r.stage)({}, () => 1);
        exports.b = (0, r.stage)({ a: exports.a, c: others.c, raw: f("a.csv"), more: (0, r.file)("b.csv") }, () => 1);`,
      "o.js": `import { stage } from "restage"; export const c = stage({}, () => 1); export const others = { c };`,
    }).stage("s.cjs", "b");
    assert.deepEqual(
      inputs.map((input) => [
        input.name,
        input.kind === "stage" ? input.stage : input.kind === "file" ? input.path : "",
      ]),
      [
        ["a", "s.cjs#a"],
        ["c", "o.js#c"],
        ["raw", "a.csv"],
        ["more", "b.csv"],
      ],
    );
  });

  it("of every kind, with views", () => {
    const text = `${LIB}
export const a = stage({ raw: file("a.csv"), all: files("d/*.csv"), n: param("n", -1), token: env("TOKEN"), mode: env("MODE", "x") }, () => 1);
export const b = stage({ a, r: a.rows(), t: a.table(), s: a.stream(), p: a.path(), c: a.columns("x", "y") }, () => 1);`;
    const stage = "s.ts#a";
    assert.deepEqual(read(text), {
      "s.ts#a": {
        inputs: {
          raw: { kind: "file", path: "a.csv" },
          all: { kind: "files", pattern: "d/*.csv" },
          n: { kind: "param", param: "n", default: -1 },
          token: { kind: "env", variable: "TOKEN", default: null },
          mode: { kind: "env", variable: "MODE", default: "x" },
        },
      },
      "s.ts#b": {
        inputs: {
          a: { kind: "stage", stage, view: { as: "value" } },
          r: { kind: "stage", stage, view: { as: "rows" } },
          t: { kind: "stage", stage, view: { as: "table" } },
          s: { kind: "stage", stage, view: { as: "stream" } },
          p: { kind: "stage", stage, view: { as: "path" } },
          c: { kind: "stage", stage, view: { as: "columns", columns: ["x", "y"] } },
        },
      },
    });
  });

  it("from other modules, through barrels, namespaces, defaults and CommonJS", () => {
    const text = `${LIB}import { a } from "./barrel"; import * as ns from "./barrel"; import d from "./up"; import { inner } from "./barrel";
const { old } = require("./old.cjs");
export const b = stage({ a, n: ns.a, d, i: inner.a.columns("x"), old }, () => 1);`;
    const others = {
      "barrel.ts": `export * from "./up"; export * as inner from "./up";`,
      "up.ts": `import { stage } from "restage"; export const a = stage({}, () => 1); export default stage({}, () => 2);`,
      "old.cjs": `const { stage } = require("restage"); exports.old = stage({}, () => 1);`,
    };
    const value = { as: "value" };
    assert.deepEqual(read(text, others), {
      "s.ts#b": {
        inputs: {
          a: { kind: "stage", stage: "up.ts#a", view: value },
          n: { kind: "stage", stage: "up.ts#a", view: value },
          d: { kind: "stage", stage: "up.ts#default", view: value },
          i: { kind: "stage", stage: "up.ts#a", view: { as: "columns", columns: ["x"] } },
          old: { kind: "stage", stage: "old.cjs#old", view: value },
        },
      },
    });
  });

  it("with static expressions: constants of this and other modules, templates, sums, JSON", () => {
    const text = `${LIB}import { DIR, NAMES } from "./const"; import * as c from "./const";
const FILE = \`\${DIR}/o\` + ".csv"; const raw = file(FILE); const SETTINGS = { deep: { n: [1, { x: -2 }] } } as const;
export const a = stage({ raw, r: file(c.DIR + "/b"), n: param(NAMES.min, SETTINGS.deep), f: file(\`plain\`) }, () => 1);`;
    assert.deepEqual(
      read(text, { "const.ts": `export const DIR = "data"; export const NAMES = { min: "minimum" };` }),
      {
        "s.ts#a": {
          inputs: {
            raw: { kind: "file", path: "data/o.csv" },
            r: { kind: "file", path: "data/b" },
            n: { kind: "param", param: "minimum", default: { n: [1, { x: -2 }] } },
            f: { kind: "file", path: "plain" },
          },
        },
      },
    );
  });

  it("and from an object that is a constant of its own", () => {
    const text = `${LIB}const inputs = { raw: file("a") }; export const a = stage(inputs, () => 1);`;
    assert.deepEqual(read(text), { "s.ts#a": { inputs: { raw: { kind: "file", path: "a" } } } });
  });

  const dynamic: readonly (readonly [title: string, input: string, head?: string])[] = [
    ["a computed path", "file(makePath())"],
    ["a condition", `process.env.X ? file("a") : file("b")`],
    ["a variable that changes", "file(path)", `let path = "a"; path = "b";`],
    ["a constant object that is changed", "file(o.p)", `const o = { p: "a" }; o.p = "b";`],
    ["a name that does not exist", "nothing"],
    ["a plain value", "42"],
    ["the result of a function", "load()", "function load() {}"],
    ["a stage made in place", "stage({}, () => 1)"],
    ["a name that is not exported", "missing", `import { missing } from "./other";`],
    ["a constant that depends on itself", "file(p)", "const p = q + 1; const q = p + 1;"],
    ["an input function without its name", "file()"],
    ["a param without default", `param("n")`],
  ];
  for (const [title, input, head = ""] of dynamic) {
    it(`${title} is a problem at its place, and the stage is still there`, () => {
      const found = new Workspace({
        "s.ts": `${LIB}${head}\nexport const a = stage({ x: ${input} }, () => 1);`,
        "other.ts": "export {};",
      });
      const declaration = found.stage("s.ts", "a");
      assert.deepEqual(declaration.inputs, []);
      const [problem] = declaration.problems.filter((p) => p.code === "non-static-input");
      assert.equal(problem?.severity, "error");
      assert.equal(problem.range.line, 3);
      assert.match(problem.message, /^.*"x".*\. Write .*\.$/);
    });
  }

  it("a spread, a computed name and a missing object are problems", () => {
    const problems = (call: string): unknown =>
      new Workspace({ "s.ts": `${LIB}export const a = ${call};` }).stage("s.ts", "a").problems.map((p) => p.code);
    assert.deepEqual(problems("stage({ ...more }, () => 1)"), ["non-static-input"]);
    assert.deepEqual(problems("stage({ [key]: file('a') }, () => 1)"), ["non-static-input"]);
    assert.deepEqual(problems("stage(make(), () => 1)"), ["non-static-input"]);
    assert.deepEqual(problems("stage({})"), ["non-static-input"]);
    assert.deepEqual(problems("stage()"), ["non-static-input", "non-static-input"]);
  });
});

describe("Options are read and checked", () => {
  it("with durations in words", () => {
    const text = `${LIB}export const a = stage({}, () => 1, { cache: false, format: "json", compression: "zstd", ttl: "2d", timeout: "500ms", retries: 2, description: "d" + 1, tags: ["x"] });`;
    assert.deepEqual(read(text), {
      "s.ts#a": {
        inputs: {},
        options: {
          cache: false,
          format: "json",
          compression: "zstd",
          ttl: 172_800_000,
          timeout: 500,
          retries: 2,
          description: "d1",
          tags: ["x"],
        },
      },
    });
  });

  it("and each mistake is named", () => {
    const text = `${LIB}export const a = stage({}, () => 1, { ttl: "soon", cache: f(), formt: "json", retries: 1.5, constructor: 1 });`;
    const stage = new Workspace({ "s.ts": text }).stage("s.ts", "a");
    assert.deepEqual(stage.options, {});
    assert.deepEqual(stage.problems.map((p) => `${p.severity} ${p.code} ${/"\w+"/.exec(p.message)?.[0]}`).sort(), [
      'error non-static-option "cache"',
      'error non-static-option "retries"',
      'error non-static-option "ttl"',
      'warning unknown-option "constructor"',
      'warning unknown-option "formt"',
    ]);
  });
});

describe("A stage that cannot be run is shown with the reason", () => {
  it("when it is not exported", () => {
    assert.deepEqual(read(`${LIB}const a = stage({}, () => 1);`), {
      "s.ts#a": { inputs: {}, problems: ["not-exported 2:7"] },
    });
  });

  it("when it is not at the top level: in a function, an object, an array, another call, a condition", () => {
    const bodies = [
      "function make() { return stage({}, () => 1); }",
      "export const o = { a: stage({}, () => 1) };",
      "export const o = [stage({}, () => 1)];",
    ];
    bodies.push(
      "export const o = wrap(stage({}, () => 1));",
      "if (x) { stage({}, () => 1); }",
      "export const o = x ? stage({}, () => 1) : null;",
    );
    for (const body of bodies) {
      const stages = new Workspace({ "s.ts": LIB + body }).stages("s.ts");
      assert.deepEqual(
        stages.flatMap((s) => s.problems.map((p) => p.code)),
        ["not-top-level"],
        body,
      );
    }
  });

  it("when two have one name", () => {
    const text = `${LIB}const x = stage({}, () => 1); export { x as a };\nconst a = stage({}, () => 2);`;
    assert.deepEqual(
      new Workspace({ "s.ts": text }).stages("s.ts").map((s) => s.problems.map((p) => p.code)),
      [[], ["not-exported", "duplicate-stage"]],
    );
  });
});

describe("While a file is being typed", function () {
  // Much work at once; a busy machine must not make it fail.
  this.timeout(60_000);

  const text = `${LIB}import { f } from "./f";
/** Doc. */
export const a = stage({ raw: file("a.csv") }, async ({ raw }) => { for (const x of await raw) f(\`\${x}\`); });
export default stage({ a: a.columns("x") }, ({ a }) => a.map((r) => ({ ...r, y: /z/g.test(r.x) })), { ttl: "1h" });
class C<T> { #p = 1; static { f(1); } constructor(private x: T) {} }
`;

  it("no prefix of it makes anything throw, and the stages before stay known", () => {
    const workspace = new Workspace({ "s.ts": text, "f.ts": "export const f = (x: unknown) => x;" });
    assert.equal(workspace.stages("s.ts").length, 2);
    let broken = 0;
    for (let length = 0; length <= text.length; length++) {
      workspace.edit({ "s.ts": text.slice(0, length) });
      for (const stage of workspace.stages("s.ts")) {
        const state = workspace.program.code(stage);
        if (stage.problems.some((p) => p.code === "syntax-error")) {
          broken++;
          assert.equal(state.ok, false);
        }
      }
    }
    assert.ok(broken > 100);
    assert.equal(workspace.stages("s.ts").length, 2);
  });

  it("its last good stages are kept, with the error's place, and their code is not known", () => {
    const workspace = new Workspace({ "s.ts": `${LIB}export const a = stage({}, () => 1);` });
    const before = workspace.fingerprint("s.ts", "a");
    workspace.edit({ "s.ts": `${LIB}export const a = stage({}, () => 1;` });
    const stage = workspace.stage("s.ts", "a");
    assert.deepEqual(
      stage.problems.map((p) => `${p.code} ${p.range.line}:${p.range.column}`),
      ["syntax-error 2:35"],
    );
    const state = workspace.program.code(stage);
    assert.ok(!state.ok);
    assert.deepEqual(state.location, { file: "/project/s.ts", line: 2, column: 35 });
    workspace.edit({ "s.ts": `${LIB}export const a = stage({}, () => 1);` });
    assert.equal(workspace.fingerprint("s.ts", "a"), before);
  });
});
