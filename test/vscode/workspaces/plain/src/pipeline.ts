import { readFileSync } from "node:fs";

/** All orders.
 * @stage
 * @input raw file:data/orders.csv
 */
export function orders(raw: string): { id: number; total: number }[] {
  const lines = readFileSync(raw, "utf8").trim().split("\n").slice(1);
  return lines.map((line) => {
    const [id, total] = line.split(",").map(Number);
    return { id: id!, total: total! };
  });
}

/**
 * @stage
 * @param-input min 100
 */
export const large = (orders: readonly { id: number; total: number }[], min: number) =>
  orders.filter((order) => order.total >= min);
