import assert from "node:assert/strict";
import { Workspace, type Files } from "./memory-host.js";

const OTHERS: Files = {
  "lib.ts": `export const LIMIT = 100;\nexport const over = (o) => o.total > LIMIT;\nexport const unused = 1;\n`,
  "o.ts": `/** @stage */ export function orders() { return []; }\n/** @stage */ export function raw() { return []; }\n`,
};
const PLAIN_HEAD = `import { LIMIT, over } from "./lib.js"; import type { orders, raw } from "./o.js";\n`;
const WRAPPED_HEAD = `import { stage } from "restage"; import { LIMIT, over } from "./lib.js"; import { orders, raw } from "./o.js";\n`;

function fingerprint(text: string): string {
  return new Workspace({ ...OTHERS, "s.ts": text }).fingerprint("s.ts", "s");
}
const plain = (declaration: string): string => `${PLAIN_HEAD}/** @stage */ export ${declaration}\n`;
const wrapped = (inputs: string, run: string): string => `${WRAPPED_HEAD}export const s = stage(${inputs}, ${run});\n`;

describe("A stage keeps its fingerprint when it changes from one form to the other", () => {
  const pairs: readonly (readonly [title: string, plain: string, inputs: string, run: string])[] = [
    [
      "a function and an arrow function",
      `function s(orders, raw) { return orders.filter(over); }`,
      `{ orders, raw }`,
      `({ orders, raw }) => orders.filter(over)`,
    ],
    ["an arrow function", `const s = (orders) => orders.length;`, `{ orders }`, `({ orders }) => orders.length`],
    [
      "parameters in another order",
      `function s(raw, orders) { return [raw, orders]; }`,
      `{ orders, raw }`,
      `({ orders, raw }) => [raw, orders]`,
    ],
    ["inputs that are not taken", `function s(orders, raw) { return raw; }`, `{ orders, raw }`, `({ raw }) => raw`],
    [
      "inputs under other local names",
      `function s(orders) { let o = 1; return orders + o; }`,
      `{ orders }`,
      `({ orders: rows }) => { let n = 1; return rows + n; }`,
    ],
    [
      "an async function",
      `async function s(orders) { return await orders; }`,
      `{ orders }`,
      `async ({ orders }) => await orders`,
    ],
    [
      "a generator",
      `async function* s(orders) { yield* orders; }`,
      `{ orders }`,
      `async function* ({ orders }) { yield* orders; }`,
    ],
    [
      "a named function",
      `const s = function (orders) { return orders; };`,
      `{ orders }`,
      `function s({ orders }) { return orders; }`,
    ],
    [
      "the run context",
      `function s(orders, ctx) { ctx.log.info(orders); return ctx.random(); }`,
      `{ orders }`,
      `({ orders }, c) => { c.log.info(orders); return c.random(); }`,
    ],
    [
      "parts of the run context",
      `function s(orders, { log }) { log.info(orders); }`,
      `{ orders }`,
      `({ orders }, { log: l }) => { l.info(orders); }`,
    ],
    [
      "types",
      `function s(orders: string[], raw: string): string { return orders.join(raw) as string; }`,
      `{ orders, raw }`,
      `({ orders, raw }: { orders: string[]; raw: string }): string => orders.join(raw)`,
    ],
    ["no inputs", `function s() { return LIMIT; }`, `{}`, `() => LIMIT`],
    [
      "a variable in the body",
      `function s(orders) { var orders = orders ?? []; { const raw = 1; } return orders; }`,
      `{ orders }`,
      `({ orders }) => { var orders = orders ?? []; { const x = 1; } return orders; }`,
    ],
    [
      "a directive",
      `function s(orders) { "use asm"; return orders; }`,
      `{ orders }`,
      `({ orders }) => { "use asm"; return orders; }`,
    ],
    [
      "this of an inner function",
      `function s(orders) { return { f() { return this; } }; }`,
      `{ orders }`,
      `({ orders }) => ({ f() { return this; } })`,
    ],
    [
      "a call of itself by name in another function",
      `function s(orders) { const f = (n) => n && f(n - 1); return f(orders); }`,
      `{ orders }`,
      `({ orders }) => { const f = (m) => m && f(m - 1); return f(orders); }`,
    ],
  ];
  for (const [title, declaration, inputs, run] of pairs) {
    it(`with ${title}`, () => assert.equal(fingerprint(plain(declaration)), fingerprint(wrapped(inputs, run))));
  }

  const differing: readonly (readonly [title: string, a: string, b: string])[] = [
    [
      "inputs are swapped in the body",
      plain(`function s(orders, raw) { return [orders, raw]; }`),
      plain(`function s(orders, raw) { return [raw, orders]; }`),
    ],
    [
      "two inputs change names",
      plain(`function s(orders, raw) { return orders - raw; }`),
      plain(`function s(raw, orders) { return raw - orders; }`),
    ],
    [
      "two inputs change names beside arguments",
      plain(`function s(orders, raw) { return orders - raw + arguments.length; }`),
      plain(`function s(raw, orders) { return raw - orders + arguments.length; }`),
    ],
    [
      "two members change local names",
      wrapped(`{ orders, raw }`, `({ orders, raw }) => orders - raw`),
      wrapped(`{ orders, raw }`, `({ orders: raw, raw: orders }) => orders - raw`),
    ],
    [
      "one member has two names",
      wrapped(`{ orders }`, `({ orders: a, orders: b }) => { a = 1; return a; }`),
      wrapped(`{ orders }`, `({ orders: a, orders: b }) => { a = 1; return b; }`),
    ],
    [
      "an input becomes the context",
      plain(`function s(orders, ctx) { return ctx; }`),
      plain(`function s(orders, raw) { return raw; }`),
    ],
    [
      "it is async",
      plain(`function s(orders) { return orders; }`),
      plain(`async function s(orders) { return orders; }`),
    ],
    [
      "it is a generator",
      plain(`async function s(orders) { orders; }`),
      plain(`async function* s(orders) { orders; }`),
    ],
    [
      "an arrow function returns nothing",
      plain(`const s = (orders) => orders;`),
      plain(`const s = (orders) => { orders; };`),
    ],
    [
      "a member of the context is another",
      plain(`function s({ log }) { return log; }`),
      plain(`function s({ random: log }) { return log; }`),
    ],
    ["it calls itself by name", plain(`const s = (orders) => orders;`), plain(`const s = (orders) => s(orders);`)],
    [
      "the inputs have a default",
      wrapped(`{ orders }`, `({ orders }) => orders`),
      wrapped(`{ orders }`, `({ orders = 1 }) => orders`),
    ],
  ];
  for (const [title, a, b] of differing)
    it(`but not when ${title}`, () => assert.notEqual(fingerprint(a), fingerprint(b)));
});

describe("The code of stages in the plain form", () => {
  const P = "p.ts";
  const base: Files = {
    ...OTHERS,
    [P]: `import { over, LIMIT } from "./lib.js";
import type { raw } from "./o.js";
let counter = 0;
/** Orders over the minimum.
 * @stage
 * @param-input min 100
 */
export function large(orders: string[], min: number) { return orders.filter(over).slice(min); }
/** @stage */
export const first = (large) => large[0] + helper(large);
const helper = (rows) => rows.length;
/** @stage
 * @option ttl 1h
 */
export async function summed(raw) { return large(raw, LIMIT).length; }
/** @stage */
export function alone(raw) { return raw; }
/** @stage */
export let swapped = (raw) => raw;
import { orders } from "./o.js";
`,
  };
  const NAMES = ["large", "first", "summed", "alone", "swapped"];

  interface Edit {
    readonly title: string;
    readonly from: string;
    readonly to: string;
    readonly file?: string;
    readonly changes: readonly string[];
  }
  const edits: readonly Edit[] = [
    { title: "its body", from: ".slice(min)", to: ".slice(min + 1)", changes: ["large", "summed"] },
    { title: "a helper", from: "rows.length", to: "rows.length + 1", changes: ["first"] },
    {
      title: "a helper's constant in another file",
      file: "lib.ts",
      from: "100",
      to: "101",
      changes: ["large", "summed"],
    },
    {
      title: "what assigns to its name",
      from: "let counter = 0;",
      to: "let counter = 0; swapped = (raw) => 1;",
      changes: NAMES,
    },
    { title: "words of the comment", from: "Orders over", to: "All orders over", changes: [] },
    { title: "a tag, which counts as an input and not as code", from: "min 100", to: "min 200", changes: [] },
    { title: "an option", from: "ttl 1h", to: "ttl 2h", changes: [] },
    { title: "a type", from: "orders: string[]", to: "orders: readonly string[]", changes: [] },
    {
      title: "the order of parameters (an upstream by name; its direct caller passes other things)",
      from: "large(orders: string[], min: number)",
      to: "large(min: number, orders: string[])",
      changes: ["summed"],
    },
    { title: "a neighbour", from: "return raw; }", to: "return [raw]; }", changes: ["alone"] },
    {
      title: "function to arrow",
      from: "export function alone(raw) { return raw; }",
      to: "export const alone = (raw) => raw;",
      changes: [],
    },
    { title: "a new parameter that is not used", from: "alone(raw)", to: "alone(raw, orders)", changes: [] },
    { title: "its name", from: "function alone(", to: "function lonely(", changes: ["alone"] },
  ];
  for (const { title, from, to, file = P, changes } of edits) {
    it(`${changes.length === 0 ? "does not count" : "counts"}: ${title}`, () => {
      const live = new Workspace(base);
      const before = live.fingerprints();
      const text = base[file] ?? "";
      assert.ok(text.includes(from));
      const edited = { ...base, [file]: text.replace(from, to) };
      live.edit({ [file]: edited[file] ?? "" });
      const now = live.fingerprints();
      assert.deepEqual(now, new Workspace(edited).fingerprints(), "an edit and a new reading agree");
      assert.deepEqual(
        NAMES.filter((name) => before[name] !== now[name]),
        changes,
      );
      live.edit({ [file]: text });
      assert.deepEqual(live.fingerprints(), before);
    });
  }

  it("keeps its fingerprint under another name", () => {
    const a = new Workspace({ "s.ts": `/** @stage */ export function a(x, ctx) { return 1; }` }).fingerprint(
      "s.ts",
      "a",
    );
    const b = new Workspace({ "s.ts": `/** @stage */ export function b(x, ctx) { return 1; }` }).fingerprint(
      "s.ts",
      "b",
    );
    assert.equal(a, b);
  });

  it("is fully tracked when another stage calls it directly, as a function", () => {
    const state = new Workspace(base).code(P, "summed");
    assert.ok(state.ok);
    assert.deepEqual(state.untracked, []);
    assert.deepEqual(
      state.data.slice.map((entry) => entry.name),
      ["summed", "large", "over", "LIMIT"],
    );
  });

  it("becomes a stage for others when its comment gets the tag, and none when it loses it", () => {
    const text = `/** STAGE */ export function orders() { return []; }`;
    const live = new Workspace({
      "s.ts": `import { orders } from "./o.js"; /** @stage */ export const x = (orders) => 1;`,
      "o.ts": text,
    });
    const problems = (): string[] => live.stages("s.ts").flatMap((stage) => stage.problems.map((p) => p.code));
    assert.deepEqual(problems(), ["unknown-parameter"]);
    live.edit({ "o.ts": text.replace("STAGE", "@stage") });
    assert.deepEqual(problems(), []);
    live.edit({ "o.ts": text });
    assert.deepEqual(problems(), ["unknown-parameter"]);
  });

  it("in CommonJS is nobody's code but of those that call it", () => {
    const text = `/** @stage */ function a() { return 1; }\n/** @stage */ function b() { return 2; }\nmodule.exports = { a, b };`;
    const live = new Workspace({ "s.cjs": text });
    const before = live.fingerprints();
    live.edit({ "s.cjs": text.replace("return 2", "return 3") });
    const now = live.fingerprints();
    assert.equal(now["a"], before["a"]);
    assert.notEqual(now["b"], before["b"]);
  });
});
