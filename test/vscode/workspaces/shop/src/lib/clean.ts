export interface Order {
  readonly id: number;
  readonly customer: string;
  readonly total: number;
}

export function clean(row: Record<string, string>): Order {
  return { id: Number(row["id"]), customer: (row["customer"] ?? "").trim(), total: Number(row["total"]) };
}
