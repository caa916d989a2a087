import { lstatSync, type BigIntStats } from "node:fs";

/**
 * What tells one content of a file from another without reading it. The inode and the time of the last change to the status
 * are in it because nobody can choose them: a file that was written, replaced or copied over has another stamp.
 */
export function stampOf(stat: BigIntStats): string {
  return `${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}:${stat.ino}`;
}

/** A later change within this time of the last one may leave size and times as they were. */
const QUIET_NS = 2_000_000_000n;

/** The stamp of a file that was quiet for two seconds before `at` (milliseconds since 1970); else `null`: it proves nothing. */
export function quietStamp(stat: BigIntStats, at: number): string | null {
  const newest = stat.mtimeNs > stat.ctimeNs ? stat.mtimeNs : stat.ctimeNs;
  return BigInt(at) * 1_000_000n - newest > QUIET_NS ? stampOf(stat) : null;
}

/**
 * The stamp of a file of the store. Those are made whole under other names and never written to again, so that only a clock
 * of whole seconds can make two look alike.
 */
export function storeStamp(stat: BigIntStats, at: number): string | null {
  const coarse = stat.mtimeNs % 1_000_000_000n === 0n && stat.ctimeNs % 1_000_000_000n === 0n;
  return coarse ? quietStamp(stat, at) : stampOf(stat);
}

const LOOK = { bigint: true, throwIfNoEntry: false } as const;

/** What is at a path, links not followed; `null`: nothing. Throws when that cannot be told. */
export function lookAt(file: string): BigIntStats | null {
  try {
    return lstatSync(file, LOOK) ?? null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOTDIR") return null;
    throw error;
  }
}
