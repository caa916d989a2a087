/** A stage's results by the names of empty files: when, which key, and (since the second format) of which format. */
import { HASH_PATTERN, type Key } from "../protocol/ids.js";
import { FIRST_FORMAT } from "../protocol/record.js";
import type { HistoryEntry } from "./store.js";
import type { WitnessedFiles } from "./witnessed-files.js";

export function historyName({ key, createdAt, format }: HistoryEntry): string {
  const name = `${String(createdAt).padStart(15, "0")}-${key}`;
  return format.record === FIRST_FORMAT.record ? name : `${name}.${format.record}-${format.key}-${format.analysis}`;
}

/** Newest first, each key once. */
export async function readHistory(files: WitnessedFiles, folder: string): Promise<readonly HistoryEntry[]> {
  const newest = new Map<Key, HistoryEntry>();
  for (const name of await files.history(folder)) {
    const entry = parseHistoryName(name);
    if (entry !== null && entry.createdAt >= (newest.get(entry.key)?.createdAt ?? 0)) newest.set(entry.key, entry);
  }
  return [...newest.values()].sort((a, b) => b.createdAt - a.createdAt || (a.key < b.key ? -1 : 1));
}

function parseHistoryName(name: string): HistoryEntry | null {
  const match = /^(\d{15,17})-([0-9a-f]{64})(?:\.(\d+)-(\d+)-(\d+))?$/.exec(name);
  const key = match?.[2] ?? "";
  if (match === null || !HASH_PATTERN.test(key)) return null;
  const [, time, , record, keys, analysis] = match;
  const format =
    record === undefined ? FIRST_FORMAT : { record: Number(record), key: Number(keys), analysis: Number(analysis) };
  return { key: key as Key, createdAt: Number(time), format };
}
