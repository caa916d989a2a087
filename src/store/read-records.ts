/**
 * Records that were read, for as long as their files are as they were. Pieces of code that many stages reach stand in many
 * records; here each is kept once.
 */
import type { BigIntStats } from "node:fs";
import type { SliceEntry } from "../protocol/fingerprint.js";
import type { Key } from "../protocol/ids.js";
import type { ResultRecord } from "../protocol/record.js";
import { storeStamp } from "./file-stamp.js";

/** More than this many pieces are versions that nobody asks for any more: they are let go all at once. */
const MOST_PIECES = 200_000;

interface Known {
  readonly stamp: string;
  readonly record: ResultRecord | null;
}

export class ReadRecords {
  readonly #records = new Map<Key, Known>();
  readonly #pieces = new Map<string, SliceEntry>();

  /** `undefined`: not known for a file with this status. */
  get(key: Key, stat: BigIntStats, at: number): ResultRecord | null | undefined {
    const known = this.#records.get(key);
    return known !== undefined && known.stamp === storeStamp(stat, at) ? known.record : undefined;
  }

  /** `stat` and `at` are from before the file was read. */
  add(key: Key, stat: BigIntStats, at: number, record: ResultRecord | null): ResultRecord | null {
    const stamp = storeStamp(stat, at);
    if (stamp === null) {
      this.#records.delete(key);
      return record;
    }
    const shared = record === null ? null : this.#shared(record);
    this.#records.set(key, { stamp, record: shared });
    return shared;
  }

  delete(key: Key): void {
    this.#records.delete(key);
  }

  #shared(record: ResultRecord): ResultRecord {
    if (this.#pieces.size > MOST_PIECES) this.#pieces.clear();
    const slice = record.fingerprint.slice.map((entry) => {
      const name = `${entry.hash} ${entry.kind} ${entry.line} ${entry.file} ${entry.name}`;
      const known = this.#pieces.get(name);
      // The hash is of the code alone: its comments may be others.
      if (known !== undefined && isSame(known, entry)) return known;
      this.#pieces.set(name, entry);
      return entry;
    });
    return { ...record, fingerprint: { ...record.fingerprint, slice } };
  }
}

function isSame(a: SliceEntry, b: SliceEntry): boolean {
  return (
    a.hash === b.hash &&
    a.kind === b.kind &&
    a.line === b.line &&
    a.file === b.file &&
    a.name === b.name &&
    a.text === b.text
  );
}
