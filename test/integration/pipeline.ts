/** A small pipeline in two modules, used by several suites: five stages, a helper, a constant, a data file and a parameter. */
export const PIPELINE: Readonly<Record<string, string>> = {
  "data/orders.csv": "id,customer,total\n1,ann,50\n2,bob,150\n3,ann,250\n4,cid,\n",
  "src/lib/csv.ts": `
export interface Order { id: number; customer: string; total: number | null }
/** Reads a number; an empty cell is no value. */
export function toNumber(text: string): number | null { return text === "" ? null : Number(text); }
export function parse(text: string): Order[] {
  return text.trim().split("\\n").slice(1).map((line) => {
    const [id, customer, total] = line.split(",");
    return { id: Number(id), customer: customer!, total: toNumber(total!) };
  });
}
export function unusedHere(): number { return 1; }
`,
  "src/lib/index.ts": `export * from "./csv.js";\n`,
  "src/orders.ts": `
import { readFileSync } from "node:fs";
import { stage, file, param } from "restage";
import { parse } from "./lib/index.js";
import { at } from "../rig.mjs";

export const orders = stage({ raw: file("data/orders.csv") }, async ({ raw }) => {
  await at("orders");
  return parse(readFileSync(raw, "utf8"));
});

export const complete = stage({ orders }, async ({ orders }) => {
  await at("complete");
  return orders.filter((o) => o.total !== null);
});

export const large = stage({ complete, min: param("min", 100) }, async ({ complete, min }) => {
  await at("large");
  return complete.filter((o) => o.total! >= min);
});
`,
  "src/report.ts": `
import { stage as step } from "restage";
import { large } from "./orders.js";
import * as orders from "./orders.js";
import { at } from "../rig.mjs";

const RATE = 2;

export const byCustomer = step({ rows: large.columns("customer", "total") }, async ({ rows }) => {
  await at("byCustomer");
  const sums: Record<string, number> = {};
  for (const row of rows) sums[row.customer] = (sums[row.customer] ?? 0) + row.total! * RATE;
  return Object.entries(sums).map(([customer, total]) => ({ customer, total }));
});

export default step({ byCustomer, all: orders.complete }, async ({ byCustomer, all }) => {
  await at("report");
  return { customers: byCustomer.length, orders: all.length };
});
`,
};
