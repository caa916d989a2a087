/** The rows of each group, in the order in which the groups first appear. */
export function groupBy<Row>(rows: readonly Row[], keyOf: (row: Row) => string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return groups;
}

/** Rows by a column that names each of them once. */
export function indexBy<Row>(rows: readonly Row[], keyOf: (row: Row) => string): Map<string, Row> {
  return new Map(rows.map((row) => [keyOf(row), row]));
}

/** Orders rows from the largest value to the smallest. */
export function descending<Row>(valueOf: (row: Row) => number): (a: Row, b: Row) => number {
  return (a, b) => valueOf(b) - valueOf(a);
}
