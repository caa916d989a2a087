/** Whether two runs of one stage gave the same, and where they first differ. */
import type { DeterminismCheck, StoredValue } from "../protocol/record.js";
import { openTable } from "../store/table-reader.js";
import type { Materialised } from "./run-plan.js";

const PAGE = 1000;

export async function compareResults(a: Materialised, b: Materialised, at: string): Promise<DeterminismCheck> {
  if (a.stored.digest === b.stored.digest && a.stored.kind === b.stored.kind)
    return { at, same: true, columns: [], row: null };
  const columns = differingColumns(a.stored, b.stored);
  const comparable = a.stored.columns !== null && b.stored.columns !== null && a.stored.kind === b.stored.kind;
  // The bytes of a file may differ where no value does.
  if (comparable && columns.length === 0 && a.stored.rows === b.stored.rows)
    return { at, same: true, columns, row: null };
  return { at, same: false, columns, row: comparable ? await firstDifferingRow(a, b) : null };
}

function differingColumns(a: StoredValue, b: StoredValue): readonly string[] {
  const identity = (value: StoredValue): Map<string, string> =>
    new Map((value.columns ?? []).map(({ name, type, digest }) => [name, `${type} ${digest}`]));
  const [left, right] = [identity(a), identity(b)];
  return [...new Set([...left.keys(), ...right.keys()])].filter((name) => left.get(name) !== right.get(name));
}

/** Counted from 0; `null` where no shown cell differs, as in texts that differ only far behind their beginning. */
async function firstDifferingRow(a: Materialised, b: Materialised): Promise<number | null> {
  const left = await openTable(a.stored, a.path);
  const right = await openTable(b.stored, b.path);
  try {
    for (let start = 0; ; start += PAGE) {
      const [one, other] = [await left.readRows(start, PAGE), await right.readRows(start, PAGE)];
      for (let i = 0; i < Math.max(one.length, other.length); i++)
        if (JSON.stringify(one[i]) !== JSON.stringify(other[i])) return start + i;
      if (one.length < PAGE) return null;
    }
  } finally {
    left.close();
    right.close();
  }
}
