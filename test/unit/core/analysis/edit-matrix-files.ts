import type { Files } from "./memory-host.js";

/** A small project in which each stage depends on its code in another way. */
export const PROJECT: Files = {
  "pipeline.ts": `import { stage, file, param } from "restage";
import { parse, tidy as clean, type Row } from "./lib/index.js";
import * as maths from "./lib/maths.js";
import settings from "./settings.json";
import { map, filter } from "lodash";
import fallback, { Level } from "./lib/levels.js";
import { Money } from "./lib/money.js";
import { ping } from "./lib/ping.js";
import { tax, setTax } from "./lib/state.js";
import type { Unused } from "./types.js";

const LIMIT = 100;
/** Local helper. */
function isLarge(row: Row): boolean {
  return row.total > LIMIT;
}

export const orders = stage({ raw: file("data/orders.csv") }, ({ raw }) => parse(raw));
export const large = stage({ orders }, ({ orders }) => orders.filter(isLarge));
export const tidied = stage({ orders }, ({ orders }) => orders.map(clean));
export const summed = stage({ orders }, ({ orders }) => maths.sum(orders.map((o) => o.total)));
export const anyMaths = stage({ orders, op: param("op", "sum") }, ({ orders, op }) => maths[op](orders));
export const configured = stage({ orders }, ({ orders }) => orders.slice(0, settings.rows));
export const mapped = stage({ orders }, ({ orders }) => map(orders, (o) => o.id));
export const levelled = stage({ orders }, ({ orders }) => orders.map((o) => (o.total > 5 ? Level.High : fallback(o))));
export const priced = stage({ orders }, ({ orders }) => orders.map((o) => new Money(o.total, "EUR").cents));
export const pinged = stage({ orders }, ({ orders }) => ping(orders.length));
export const taxed = stage({ orders }, ({ orders }) => orders.map((o) => o.total * tax));
export const lazy = stage({ orders }, async ({ orders }) => (await import("./lib/lazy.js")).heavy(orders));
export const workered = stage({}, () => new URL("./lib/words.txt", import.meta.url).href);
export const named = stage({ orders }, summarise, { ttl: "1h" });

function summarise({ orders }: { orders: Row[] }) {
  const count = orders.length;
  return { count, first: orders[0] };
}
`,
  "effects.ts": `import { stage } from "restage";
import "./lib/polyfill.js";
import { table } from "./lib/registry.js";
export const registered = stage({}, () => table.get("a"));
`,
  "old.cjs": `const { stage } = require("restage");
const { double } = require("./lib/old-maths.cjs");
const common = stage({}, () => double(2));
module.exports = { common };
`,
  "lib/index.ts": `export * from "./parse.js";
export { tidyRow as tidy } from "./tidy.js";
export * as extra from "./extra.js";
`,
  "lib/parse.ts": `import { splitLine } from "./split.js";
export interface Row { id: string; total: number }
export function parse(text: string): Row[] {
  // One row a line.
  return text.split("\\n").map((line) => toRow(splitLine(line)));
}
const toRow = ([id, total]: string[]): Row => ({ id, total: Number(total) });
export function unused(): number {
  return 1;
}
`,
  "lib/split.ts": `const SEPARATOR = /,\\s*/;
export const splitLine = (line: string) => line.split(SEPARATOR);
`,
  "lib/tidy.ts": `import { trim, lower } from "./text.js";
export function tidyRow(row: { id: string }) {
  const { id, ...others } = row;
  return { id: lower(trim(id)), ...others };
}
`,
  "lib/text.ts": `export const trim = (s: string) => s.trim();
export const lower = (s: string) => s.toLowerCase();
`,
  "lib/extra.ts": `export const more = 1;\n`,
  "lib/maths.ts": `export function sum(values: number[]): number {
  return values.reduce((a, b) => add(a, b), 0);
}
function add(a: number, b: number) { return a + b; }
export function mean(values: number[]) { return sum(values) / values.length; }
`,
  "lib/levels.ts": `export enum Level { Low, High = 1_0 }
export default function (row: { total: number }) { return Level.Low; }
`,
  "lib/money.ts": `import { round } from "./round.js";
export class Money {
  static #made = 0;
  constructor(private readonly amount: number, public currency: string) { Money.#made++; }
  get cents(): number { return round(this.amount * 100); }
  toString() { return \`\${this.amount} \${this.currency}\`; }
}
`,
  "lib/round.ts": `export const round = Math.round;\n`,
  "lib/ping.ts": `import { pong } from "./pong.js";
export function ping(n: number): number { return n <= 0 ? 0 : pong(n - 1); }
`,
  "lib/pong.ts": `import { ping } from "./ping.js";
export function pong(n: number): number { return n <= 0 ? 1 : ping(n - 1); }
`,
  "lib/state.ts": `export let tax = 0.2;
export function setTax(value: number) { tax = value; }
export function describe() { return "tax"; }
`,
  "lib/lazy.ts": `export function heavy(rows: unknown[]) { return rows.length; }\nfunction never() { return 0; }\n`,
  "lib/words.txt": "a b c",
  "lib/polyfill.ts": `import { define } from "./define.js";\ndefine("flat");\n`,
  "lib/define.ts": `export function define(name: string) { (globalThis as any)[name] = true; }\n`,
  "lib/registry.ts": `export const table = new Map<string, number>();\ntable.set("a", 1);\n`,
  "lib/old-maths.cjs": `const factor = 2;\nfunction double(x) { return x * factor; }\nmodule.exports = { double };\n`,
  "settings.json": `{ "rows": 10 }`,
  "types.ts": `export type Unused = string;\n`,
};

export const ALL_IN_PIPELINE: readonly string[] = [
  "orders",
  "large",
  "tidied",
  "summed",
  "anyMaths",
  "configured",
  "mapped",
  "levelled",
  "priced",
  "pinged",
  "taxed",
  "lazy",
  "workered",
  "named",
];
