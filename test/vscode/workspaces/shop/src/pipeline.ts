import { file, param, stage } from "restage";
import { clean } from "./lib/clean.js";
import { readCsv } from "./lib/csv.js";

export const orders = stage({ raw: file("data/orders.csv") }, ({ raw }) => readCsv(raw).map(clean));

export const large = stage({ orders, min: param("min", 100) }, ({ orders, min }) =>
  orders.filter((order) => order.total >= min),
);

export const byCustomer = stage({ rows: large.columns("customer", "total") }, ({ rows }) => {
  const totals = new Map<string, number>();
  for (const { customer, total } of rows) totals.set(customer, (totals.get(customer) ?? 0) + total);
  return [...totals].map(([customer, total]) => ({ customer, total }));
});

export const events = stage({}, () =>
  Array.from({ length: 25_000 }, (_, n) => ({
    n,
    at: new Date(Date.UTC(2026, 0, 1) + n * 3_600_000),
    kind: ["order", "payment", "refund"][n % 3],
    amount: n % 7 === 0 ? null : Math.round(Math.sin(n) * 10_000) / 100,
    note: n % 5 === 0 ? undefined : n % 11 === 0 ? `A long note, ${"with many words, ".repeat(20)}` : `note <b>${n}</b>`,
    ok: n % 2 === 0,
  })),
);

export const summary = stage({ byCustomer }, ({ byCustomer }) => ({
  customers: byCustomer.length,
  best: byCustomer[0] ?? null,
}));
