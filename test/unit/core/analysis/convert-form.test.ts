import assert from "node:assert/strict";
import { applyEdits, convertForm } from "../../../../src/core/analysis/convert-form.js";
import type { StageDeclaration } from "../../../../src/protocol/stage.js";
import { Workspace, type Files } from "./memory-host.js";

const OTHERS: Files = {
  "o.ts": `import { stage } from "restage"; export const wrapped = stage({}, () => [{ a: 1 }]);
/** @stage */ export function orders() { return [{ customer: "x", total: 1 }]; }\n`,
};

interface Converted {
  readonly text: string;
  readonly why: string | null;
}

function convert(text: string, name: string, file = "s.ts"): Converted {
  const workspace = new Workspace({ ...OTHERS, [file]: text });
  const stages = [...workspace.stages(file), ...workspace.stages("o.ts")];
  const plain = new Set(stages.filter((stage) => stage.form === "plain").map((stage) => stage.id as string));
  const change = convertForm(text, workspace.stage(file, name), plain);
  return change.is === "refused" ? { text, why: change.why } : { text: applyEdits(text, change.edits), why: null };
}

/** What decides a stage's key, beside the contents of its inputs. */
function identity(text: string, name: string, file = "s.ts"): unknown {
  const workspace = new Workspace({ ...OTHERS, [file]: text });
  const { inputs, options, problems }: StageDeclaration = workspace.stage(file, name);
  const sorted = [...inputs].sort((a, b) => (a.name < b.name ? -1 : 1));
  return { inputs: sorted, options, problems, code: workspace.fingerprint(file, name) };
}

describe("A stage is rewritten in the other form, and its key stays", () => {
  const cases: readonly (readonly [title: string, wrapped: string, plain: string, name?: string, file?: string])[] = [
    [
      "with inputs of every kind, types and comments",
      `import { stage, file, files, param, env } from "restage";
import { orders, wrapped } from "./o.js";
import * as o from "./o.js";

/** Orders over the minimum. */
export const large = stage(
  {
    orders,
    raw: file("data/my orders.csv"), // from the shop
    all: files("data/**/*.csv"),
    min: param("min", 100),
    limit: param("maximum", [1, 2]),
    token: env("TOKEN"),
    mode: env("MODE", "fast"),
    rows: wrapped.columns("a"),
    other: o.wrapped.table(),
  },
  async ({ orders, min, rows }, ctx): Promise<number> => {
    ctx.log.info("hello"); // said
    return orders.length + min + rows.length;
  },
  { ttl: "1h", tags: ["a", "b"] },
);
`,
      `import { orders, wrapped } from "./o.js";
import * as o from "./o.js";

type Orders = Awaited<ReturnType<typeof orders>>;

type Wrapped = Awaited<ReturnType<typeof wrapped>>;

/**
 * Orders over the minimum.
 * from the shop
 * @stage
 * @input raw file:"data/my orders.csv"
 * @input all files:data/**\\/*.csv
 * @param-input min 100
 * @input limit param:maximum=[1,2]
 * @input token env:TOKEN
 * @input mode env:MODE=fast
 * @input rows stage:wrapped.columns(a)
 * @input other stage:o.wrapped.table()
 * @option ttl 1h
 * @option tags ["a","b"]
 */
export const large = async (orders: Orders, raw: string, all: readonly string[], min: number, limit: number[], token: string | undefined, mode: string, rows: Pick<Wrapped[number], "a">[], other: import("restage").ArrowTable, ctx: import("restage").StageContext): Promise<number> => {
    ctx.log.info("hello"); // said
    return orders.length + min + rows.length;
  };
`,
    ],
    [
      "with types of its own",
      `import { stage } from "restage";
import { orders, type Thing } from "./o.js";
export const n = stage({ orders }, ({ orders }: { readonly orders: readonly Thing[] }) => orders.length);
export const other = stage({}, () => 1);
`,
      `import { stage } from "restage";
import { orders, type Thing } from "./o.js";
/**
 * @stage
 */
export const n = (orders: readonly Thing[]) => orders.length;
export const other = stage({}, () => 1);
`,
      "n",
    ],
    [
      "in JavaScript, as a default export",
      `import { stage, param } from "restage";\nexport default stage({ min: param("min", 1) }, function* ({ min }, { log }) { yield min; });\n`,
      `/**\n * @stage\n * @param-input min 1\n */\nexport default function* (min, { log }) { yield min; };\n`,
      "default",
      "s.mjs",
    ],
    [
      "without inputs",
      `import { stage } from "restage";\nexport const n = stage({}, () => 1, { description: "One." });\n`,
      `/**\n * One.\n * @stage\n */\nexport const n = () => 1;\n`,
      "n",
    ],
  ];
  for (const [title, wrapped, plain, name = "large", file = "s.ts"] of cases) {
    it(`from stage(…) to a function, ${title}`, () => {
      const converted = convert(wrapped, name, file);
      assert.equal(converted.why, null);
      assert.equal(converted.text, plain);
      const before = identity(wrapped, name, file) as { options: object };
      const after = identity(plain, name, file) as { options: object };
      const { description, ...options } = after.options as { description?: string };
      const optionsBefore = { ...before.options, description: undefined };
      assert.deepEqual(
        { ...after, options: { ...options, description: undefined } },
        { ...before, options: optionsBefore },
      );
      assert.equal(description === undefined, title === "with types of its own" || file === "s.mjs");
    });

    it(`and back again, ${title}`, () => {
      const back = convert(plain, name, file);
      assert.equal(back.why, null);
      assert.deepEqual(
        { ...(identity(back.text, name, file) as object), options: {} },
        { ...(identity(wrapped, name, file) as object), options: {} },
      );
    });
  }

  const toWrapped: readonly (readonly [title: string, plain: string, wrapped: string, name?: string])[] = [
    [
      "an async function with types, imported types and descriptions",
      `// Licence
import type { orders, Thing } from "./o.js";

/** Large ones.
 *
 * @stage
 * @input raw file:a.csv - what they sent
 * @option cache false
 * @returns rows
 */
export async function large(orders: Thing[], raw: string, ctx: object): Promise<Thing[]> {
  return orders; // all
}
`,
      `// Licence
import { stage, file } from "restage";
import { orders, type Thing } from "./o.js";

/**
 * Large ones.
 *
 * @returns rows
 */
export const large = stage({ orders, raw: file("a.csv") /* what they sent */ }, async ({ orders, raw }: { orders: Thing[]; raw: string }, ctx: object): Promise<Thing[]> => {
  return orders; // all
}, { cache: false });
`,
    ],
    [
      "a generator without an import before it",
      `/** @stage */\nexport async function* large() {\n  yield 1;\n}\n`,
      `import { stage } from "restage";\nexport const large = stage({}, async function* () {\n  yield 1;\n});\n`,
    ],
    [
      "a function that takes the context only",
      `import { stage as step } from "restage";\n/** @stage */ export function large({ log }) { log.info(1); }\nexport const other = step({}, () => 1);\n`,
      `import { stage as step } from "restage";\nexport const large = step({}, ({}, { log }) => { log.info(1); });\nexport const other = step({}, () => 1);\n`,
    ],
    [
      "a function that is exported as default",
      `/** @stage */ export default function large() { return 1; }\n`,
      `import { stage } from "restage";\nexport default stage({}, () => { return 1; });\n`,
      "default",
    ],
  ];
  for (const [title, plain, wrapped, name = "large"] of toWrapped) {
    it(`from a function to stage(…), ${title}`, () => {
      const converted = convert(plain, name);
      assert.equal(converted.why, null);
      assert.equal(converted.text, wrapped);
      const code = (text: string): string => (identity(text, name) as { code: string }).code;
      assert.equal(code(wrapped), code(plain));
    });
  }

  const refused: readonly (readonly [title: string, text: string, why: RegExp])[] = [
    ["inputs written elsewhere", `const inputs = {}; export const s = stage(inputs, () => 1);`, /written elsewhere/],
    ["a function written elsewhere", `const f = () => 1; export const s = stage({}, f);`, /Write it in place/],
    [
      "inputs that are not taken apart",
      `export const s = stage({ orders }, (all) => all.orders);`,
      /take its inputs apart/,
    ],
    ["an input under another name", `export const s = stage({ orders }, ({ orders: o }) => o);`, /called "o" inside/],
    [
      "an input whose name is something else in the body",
      `export const s = stage({ orders, Date: param("d", 1) }, ({ orders }) => new Date());`,
      /means something else/,
    ],
    [
      "an input that is a reserved word",
      `export const s = stage({ new: orders }, () => 1);`,
      /cannot be the name of a parameter/,
    ],
    [
      "a context of another name",
      `export const s = stage({ orders }, ({ orders }, c) => c);`,
      /Call the run context "ctx"/,
    ],
    ["an input called ctx", `export const s = stage({ ctx: orders }, ({ ctx }) => ctx);`, /would get the run context/],
    ["a stage with a mistake", `export const s = stage({ n: 1 }, () => 1);`, /Repair the problems/],
    [
      "a function that is called here",
      `/** @stage */ export function s() { return 1; }\nconst x = s();`,
      /is called as a function/,
    ],
    ["a function that calls itself", `/** @stage */ export function s() { return [1].map(s); }`, /calls itself/],
    [
      "a constant that is declared later",
      `/** @stage */ export const s = (later) => 1;\nexport const later = stage({}, () => 1);`,
      /declared further down/,
    ],
    [
      "a view of a function",
      `/** @stage\n * @input rows stage:orders.rows() */ export const s = (rows) => 1;`,
      /A function has no views/,
    ],
    [
      "a name of the library that is taken",
      `const file = 1; /** @stage\n * @input raw file:a */ export const s = (raw) => 1;`,
      /"file" means something else/,
    ],
    ["a directive", `/** @stage */ export function s(orders) { "use strict"; return 1; }`, /can have no "use strict"/],
    [
      "several declarations in one statement",
      `/** @stage */ export const s = (orders) => 1, t = 2;`,
      /a statement of its own/,
    ],
  ];
  for (const [title, text, why] of refused) {
    it(`but not ${title}, and it says what to do first`, () => {
      const head = `import { stage, param } from "restage"; import { orders } from "./o.js";\n`;
      const { why: said } = convert(`${head}${text}\n`, "s");
      assert.match(said ?? "it was rewritten", why);
    });
  }

  it("keeps Windows line ends", () => {
    const text = `import { stage, param } from "restage";\r\nexport const s = stage({ n: param("n", 1) }, ({ n }) => n);\r\n`;
    assert.doesNotMatch(convert(text, "s").text, /[^\r]\n/);
  });
});
