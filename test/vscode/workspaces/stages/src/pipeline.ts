import { readFileSync } from "node:fs";
import { file, param, stage } from "restage";
import { clean, sum, type Order } from "./lib.js";

export const orders = stage({ raw: file("data/orders.csv") }, ({ raw }): Order[] =>
  readFileSync(raw, "utf8")
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.split(","))
    .map(([id = "", customer = "", total = ""]) => ({ id: Number(id), customer: clean(customer), total: Number(total) })),
);

export const large = stage({ orders, min: param("min", 100) }, ({ orders, min }) =>
  orders.filter((order) => order.total >= min),
);

export const total = stage({ large }, ({ large }) => ({ total: sum(large.map((order) => order.total)) }));

export const regions = stage({}, () => [{ region: "north" }, { region: "south" }]);
