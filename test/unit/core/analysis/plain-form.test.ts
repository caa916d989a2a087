import assert from "node:assert/strict";
import { Workspace, type Files } from "./memory-host.js";

/** Declarations in short: inputs, options and problems (code, severity and the text they are about) of each stage by id. */
function read(text: string, others: Files = {}, name = "s.ts"): Record<string, unknown> {
  const found = new Workspace({ [name]: text, ...others }).stages(name);
  const lines = text.split("\n");
  return Object.fromEntries(
    found.map(({ id, inputs, options, problems }) => [
      id,
      {
        ...Object.fromEntries(inputs.map(({ name: input, ...rest }) => [input, rest])),
        ...(Object.keys(options).length > 0 ? { options } : {}),
        ...(problems.length > 0
          ? {
              problems: problems.map(({ code, severity, range }) => {
                assert.equal(range.line, range.endLine, "a problem of a tag is on one line");
                const about = lines[range.line - 1]?.slice(range.column - 1, range.endColumn - 1);
                return `${code} ${severity}: ${about}`;
              }),
            }
          : {}),
      },
    ]),
  );
}

function messages(text: string, others: Files = {}): string[] {
  return new Workspace({ "s.ts": text, ...others })
    .stages("s.ts")
    .flatMap(({ problems }) => problems.map((p) => p.message));
}

const ORDERS = `/** @stage */\nexport function orders() { return []; }\n`;
const stageInput = (stage: string, view: object = { as: "value" }): object => ({ kind: "stage", stage, view });
const fromOrders = { orders: stageInput("s.ts#orders") };

describe("Stages in the plain form: a function with a @stage comment, and nothing to import (F1)", () => {
  const spellings: readonly (readonly [title: string, text: string, id: string, name?: string])[] = [
    ["an exported function", `/** @stage */ export function x() {}`, "s.ts#x"],
    ["an async function", `/** @stage */ export async function x() {}`, "s.ts#x"],
    ["a generator", `/** @stage */ export async function* x() {}`, "s.ts#x"],
    ["an arrow function", `/** @stage */ export const x = () => 1;`, "s.ts#x"],
    ["a function expression", `/** @stage */ export const x = function () {};`, "s.ts#x"],
    ["an arrow function with satisfies", `/** @stage */ export const x = (() => 1) satisfies unknown;`, "s.ts#x"],
    ["a default export", `/** @stage */ export default function x() {}`, "s.ts#default"],
    ["a default export without a name", `/** @stage */ export default function () {}`, "s.ts#default"],
    ["a default arrow function", `/** @stage */ export default () => 1;`, "s.ts#default"],
    ["an export list", `/** @stage */ function x() {}\nexport { x };`, "s.ts#x"],
    ["an export under another name", `/** @stage */ function x() {}\nexport { x as y };`, "s.ts#y"],
    ["JavaScript", `/** @stage */ export function x() {}`, "s.mjs#x", "s.mjs"],
    ["CommonJS", `/** @stage */ function x() {}\nmodule.exports = { x };`, "s.cjs#x", "s.cjs"],
    ["CommonJS, exports.x", `/** @stage */ exports.x = () => 1;`, "s.cjs#x", "s.cjs"],
    ["a comment after other comments", `// a\n/** b */\n/* c */ /** @stage */\n// d\nexport function x() {}`, "s.ts#x"],
    [
      "a comment of several lines",
      `/**\n * Words.\n *\n * @stage\n * @returns rows\n */\nexport function x() {}`,
      "s.ts#x",
    ],
    ["a comment without stars", `/**\n  @stage\n*/\nexport function x() {}`, "s.ts#x"],
    [
      "an overloaded function",
      `/** @stage */\nexport function x(): 1;\nexport function x(): 2;\nexport function x() { return 1; }`,
      "s.ts#x",
    ],
    ["Windows line ends", `/**\r\n * @stage\r\n */\r\nexport function x() {}\r\n`, "s.ts#x"],
  ];
  for (const [title, text, id, name] of spellings) {
    it(`found as ${title}`, () => {
      const [found, ...others] = new Workspace({ [name ?? "s.ts"]: text }).stages(name ?? "s.ts");
      assert.deepEqual(others, []);
      assert.equal(found?.id, id);
      assert.equal(found.form, "plain");
      assert.deepEqual(found.inputs, []);
      assert.deepEqual(found.problems, []);
    });
  }

  const others: readonly (readonly [title: string, text: string])[] = [
    ["a line comment", `// @stage\nexport function x() {}`],
    ["a block comment that is no documentation", `/* @stage */ export function x() {}`],
    ["the word inside of a sentence", `/** This is what @stage means. */ export function x() {}`],
    ["another tag that begins like it", `/** @stages-of-life */ export function x() {}`],
    ["a code block inside of a comment", "/**\n * ```\n * @stage\n * ```\n */ export function x() {}"],
    ["an inline tag", `/** {@stage x} */ export function x() {}`],
    ["text", "export const x = '/** @stage */';"],
    ["a comment of the file", `/** @stage */\nimport "node:fs";\nexport function x() {}`],
    ["a comment whose place another one took", `/** @stage */\n/** Other. */\nexport function x() {}`],
    ["a stage of a standard on something else", `/**\n * @stage 3\n */\nclass Proposal {}\nexport const x = 1;`],
    ["a comment before nothing", `export function x() {}\n/** @stage */\n`],
  ];
  for (const [title, text] of others) it(`not found by ${title}`, () => assert.deepEqual(read(text), {}));

  it("have the place of their statement and name", () => {
    const workspace = new Workspace({
      "s.ts": `/** @stage */\nexport async function x() {\n}\n/** @stage */ export default () => 1;`,
    });
    const at = (name: string): unknown => {
      const { range, nameRange } = workspace.stage("s.ts", name);
      return [range, nameRange].map((r) => [r.line, r.column, r.endLine, r.endColumn]);
    };
    assert.deepEqual(at("x"), [
      [2, 1, 3, 2],
      [2, 23, 2, 24],
    ]);
    assert.deepEqual(at("default"), [
      [4, 15, 4, 38],
      [4, 22, 4, 29],
    ]);
  });
});

describe("Parameters of the plain form bind by their names", () => {
  it("to stages of the same file, of both forms, before or after", () => {
    const text = `import { stage } from "restage";
/** @stage */ export function x(orders: string[], later: number) { return orders; }
${ORDERS}export const later = stage({}, () => 1);`;
    assert.deepEqual(read(text)["s.ts#x"], { ...fromOrders, later: stageInput("s.ts#later") });
  });

  const imports: readonly (readonly [title: string, statement: string, input: object])[] = [
    ["an import", `import { orders } from "./o.js";`, stageInput("o.ts#orders")],
    ["a renamed import", `import { other as orders } from "./o.js";`, stageInput("o.ts#other")],
    ["a default import", `import orders from "./o.js";`, stageInput("o.ts#default")],
    ["a type-only import", `import type { orders } from "./o.js";`, stageInput("o.ts#orders")],
    ["a name of a type-only import", `import { type other as orders } from "./o.js";`, stageInput("o.ts#other")],
    ["a barrel", `import { orders } from "./barrel.js";`, stageInput("o.ts#orders")],
    ["a wrapped stage", `import { wrapped as orders } from "./o.js";`, stageInput("o.ts#wrapped")],
  ];
  for (const [title, statement, input] of imports) {
    it(`to stages that come by ${title}`, () => {
      const o = `import { stage } from "restage"; export const wrapped = stage({}, () => 1);
${ORDERS}/** @stage */ export const other = () => 1; /** @stage */ export default function () {}`;
      const text = `${statement}\n/** @stage */ export function x(orders) {}`;
      assert.deepEqual(read(text, { "o.ts": o, "barrel.ts": `export * from "./o.js";` }), {
        "s.ts#x": { orders: input },
      });
    });
  }

  it("to what their tags say: F30, F33, S4.9", () => {
    const text = `import * as source from "./o.js"; import { stage } from "restage";
export const w = stage({}, () => []);
${ORDERS}/**
 * @stage
 * @input raw file:data/a.csv
 * @input spaced file:"data/my orders.csv" - what they sent
 * @input all files:data/*.csv
 * @input token env:TOKEN
 * @input mode env:MODE=fast
 * @input words env:WORDS="a b"
 * @param-input min 100
 * @param-input names ["a", {"b": null}] - who
 * @input limit param:maximum=-1.5
 * @input one stage:orders
 * @input two stage:source.orders.rows()
 * @input three stage:w.columns(customer, "unit price")
 * @input four stage:w.stream() - for large ones
 */
export function x(raw: string, spaced, all, token, mode, words, min, names, limit, one, two, three, four) {}`;
    assert.deepEqual(read(text, { "o.ts": ORDERS })["s.ts#x"], {
      raw: { kind: "file", path: "data/a.csv" },
      spaced: { kind: "file", path: "data/my orders.csv" },
      all: { kind: "files", pattern: "data/*.csv" },
      token: { kind: "env", variable: "TOKEN", default: null },
      mode: { kind: "env", variable: "MODE", default: "fast" },
      words: { kind: "env", variable: "WORDS", default: "a b" },
      min: { kind: "param", param: "min", default: 100 },
      names: { kind: "param", param: "names", default: ["a", { b: null }] },
      limit: { kind: "param", param: "maximum", default: -1.5 },
      one: stageInput("s.ts#orders"),
      two: stageInput("o.ts#orders", { as: "rows" }),
      three: stageInput("s.ts#w", { as: "columns", columns: ["customer", "unit price"] }),
      four: stageInput("s.ts#w", { as: "stream" }),
    });
  });

  it("and a last parameter called ctx or context, or one that takes its members, gets the run context", () => {
    for (const last of ["ctx", "context", "{ log, random: chance }", "ctx?: unknown"]) {
      assert.deepEqual(
        read(`${ORDERS}/** @stage */ export function x(orders, ${last}) {}`)["s.ts#x"],
        fromOrders,
        last,
      );
    }
  });

  it("without TypeScript's this", () => {
    assert.deepEqual(read(`${ORDERS}/** @stage */ export function x(this: void, orders) {}`)["s.ts#x"], fromOrders);
  });

  it("as an input of a wrapped stage, by naming it; but a function without the tag is an error there", () => {
    const text = `import { stage } from "restage";\n${ORDERS}export const x = stage({ orders }, ({ orders }) => 1);
export const y = stage({ helper }, ({ helper }) => 1);
export const z = stage({ rows: orders.rows() }, ({ rows }) => 1);
function helper() {}`;
    const found = read(text);
    assert.deepEqual(found["s.ts#x"], fromOrders);
    assert.deepEqual(found["s.ts#y"], { problems: ["non-static-input error: helper"] });
    assert.deepEqual(found["s.ts#z"], { problems: ["non-static-input error: orders.rows()"] });
  });
});

describe("Options of the plain form", () => {
  it("are the wrapped form's, as words or JSON", () => {
    const text = `/** Orders over
 * the minimum.
 *
 * More words.
 * @stage
 * @option ttl 1h
 * @option cache false
 * @option retries 2
 * @option tags ["a", "b"]
 * @option compression zstd - small
 * @option timeout "30s"
 */ export function x() {}`;
    assert.deepEqual(read(text)["s.ts#x"], {
      options: {
        ttl: 3_600_000,
        cache: false,
        retries: 2,
        tags: ["a", "b"],
        compression: "zstd",
        timeout: 30_000,
        description: "Orders over the minimum.",
      },
    });
  });

  it("that say a description, say it instead of the comment", () => {
    const text = `/** A.\n * @stage\n * @option description All of them - and more\n */ export function x() {}`;
    assert.deepEqual(read(text)["s.ts#x"], { options: { description: "All of them - and more" } });
  });

  const wrong: readonly (readonly [tag: string, problem: string])[] = [
    ["@option", "stage-tag error: @option"],
    ["@option ttl", "stage-tag error: @option"],
    ["@option tll 1h", "unknown-option warning: 1h"],
    ["@option ttl soon", "non-static-option error: soon"],
    ["@option tags [1", "stage-tag error: [1"],
    ["@option cache maybe", "non-static-option error: maybe"],
    ["@option cache true\n * @option cache false", "stage-tag error: cache"],
    ["@options cache true", "stage-tag warning: @options"],
    ["@stage", "stage-tag warning: @stage"],
    ["@inputs a file:b", "stage-tag warning: @inputs"],
  ];
  for (const [tag, problem] of wrong) {
    it(`have a problem at its place: ${tag.split("\n").at(-1)}`, () => {
      const found = read(`/**\n * @stage\n * ${tag}\n */ export function x() {}`)["s.ts#x"] as { problems: string[] };
      assert.deepEqual(found.problems, [problem]);
    });
  }
});

describe("Mistakes in the plain form are shown at their place, with what to do", () => {
  const wrong: readonly (readonly [
    title: string,
    tags: string,
    parameters: string,
    problem: string,
    message: RegExp,
  ])[] = [
    [
      "an unknown parameter",
      "",
      "ordres",
      "unknown-parameter error: ordres",
      /called "ordres".*Did you mean "orders"\?.*@input ordres file:/,
    ],
    ["a parameter named like something else", "", "limit", "unknown-parameter error: limit", /"limit" is no stage/],
    ["a default value", "", "min = 100", "stage-tag error: min = 100", /write "@param-input min 100"/],
    [
      "a default that is no JSON",
      "",
      "min = limit()",
      "stage-tag error: min = limit()",
      /say what it is in the comment/,
    ],
    ["a destructured parameter", "", "{ orders }", "stage-tag error: { orders }", /take it apart in the body/],
    ["a nested pattern", "", "[first]", "stage-tag error: [first]", /take it apart in the body/],
    ["a context that is not last", "", "{ log }, orders", "stage-tag error: { log }", /Only the last parameter may be/],
    ["ctx that is not last", "", "ctx, orders", "stage-tag error: ctx", /Move "ctx" to the end/],
    ["a rest parameter", "", "...all", "stage-tag error: ...all", /one parameter for each input/],
    ["a tag for ctx", "@input ctx file:a", "ctx", "stage-tag error: ctx", /gets the run context/],
    ["a tag for no parameter", "@input rwa file:a", "", "stage-tag warning: rwa", /has no parameter "rwa"/],
    [
      "a near tag for no parameter",
      "@input order file:a",
      "orders",
      "stage-tag warning: order",
      /Did you mean "orders"\?/,
    ],
    ["a tag without a name", "@input", "", "stage-tag error: @input", /write "@input raw file:/],
    [
      "a tag without a value",
      "@input raw",
      "raw",
      "stage-tag error: @input",
      /Write @input raw file:data\/a\.csv \(or files:/,
    ],
    [
      "an unknown source",
      "@input raw data.csv",
      "raw",
      "stage-tag error: data.csv",
      /Write @input raw file:data\/a\.csv \(or files:/,
    ],
    ["no path", "@input raw file:", "raw", "stage-tag error: file:", /@input raw file:data\/a\.csv/],
    [
      "a path with a space",
      "@input raw file:my data.csv",
      "raw",
      "stage-tag error: file:my data.csv",
      /file:"my data\.csv" \(in quotes/,
    ],
    ["no variable", "@input raw env:=1", "raw", "stage-tag error: env:=1", /env:NAME/],
    ["a parameter without a default", "@input raw param:min", "raw", "stage-tag error: param:min", /param:NAME=100/],
    [
      "no stage",
      "@input raw stage:ordres",
      "raw",
      "stage-tag error: stage:ordres",
      /no "ordres"\. Did you mean "orders"\?/,
    ],
    [
      "a view that is none",
      "@input raw stage:orders.column(a)",
      "raw",
      "stage-tag error: stage:orders.column(a)",
      /\.columns\(customer, total\)/,
    ],
    [
      "a view that is not called",
      "@input raw stage:orders.rows",
      "raw",
      "stage-tag error: stage:orders.rows",
      /"orders\.rows" is no stage/,
    ],
    [
      "no columns",
      "@input raw stage:orders.columns()",
      "raw",
      "stage-tag error: stage:orders.columns()",
      /columns\(customer/,
    ],
    ["a default missing", "@param-input min", "min", "stage-tag error: @param-input", /Write "@param-input min 100"/],
    [
      "words as a default",
      "@param-input min very low",
      "min",
      "stage-tag error: very low",
      /Write "@param-input min "very low""/,
    ],
    [
      "two tags for one parameter",
      "@input raw file:a\n * @param-input raw 1",
      "raw",
      "stage-tag error: raw",
      /two tags/,
    ],
  ];
  for (const [title, tags, parameters, problem, message] of wrong) {
    it(title, () => {
      const text = `const limit = () => 1;\n${ORDERS}/**\n * @stage\n * ${tags}\n */\nexport function x(${parameters}) {}`;
      const { problems } = read(text)["s.ts#x"] as { problems: string[] };
      assert.deepEqual(problems, [problem]);
      assert.match(messages(text)[0] ?? "", message);
    });
  }

  it("tags on one line", () => {
    const text = `/** @stage @input raw file:a */ export function x(raw) {}`;
    assert.match(messages(text)[0] ?? "", /a line of its own/);
  });

  const places: readonly (readonly [title: string, text: string, problems: Record<string, readonly string[]>])[] = [
    ["a function that is not exported", `/** @stage */ function x() {}`, { "s.ts#x": ["not-exported error: x"] }],
    ["a constant that is no function", `/** @stage */ export const x = 1;`, { "s.ts#x": ["stage-tag error: @stage"] }],
    [
      "the result of a call",
      `/** @stage */ export const x = wrap(() => 1);`,
      { "s.ts#x": ["stage-tag error: @stage"] },
    ],
    ["a class", `/** @stage */ export class X {}`, { "s.ts#X": ["stage-tag error: @stage"] }],
    ["a type", `/** @stage */ export interface X {}`, { "s.ts#X": ["stage-tag error: @stage"] }],
    ["a method", `export class X {\n/** @stage */\nasync run() {} }`, { "s.ts#run": ["not-top-level error: @stage"] }],
    [
      "a function in a function",
      `function a() {\n/** @stage */\nfunction b() {}\n}`,
      { "s.ts#b": ["not-top-level error: @stage"] },
    ],
    [
      "a wrapped stage",
      `import { stage } from "restage"; /** @stage */ export const x = stage({}, () => 1);`,
      { "s.ts#x": ["stage-tag warning: @stage"] },
    ],
  ];
  for (const [title, text, problems] of places) {
    it(`@stage before ${title}`, () => {
      const found = Object.entries(read(text)).map(([id, stage]) => [id, (stage as { problems?: string[] }).problems]);
      assert.deepEqual(Object.fromEntries(found), problems);
    });
  }
});
