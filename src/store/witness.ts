import type { BigIntStats, Dirent } from "node:fs";

/**
 * Is told of every place on disk that a status was computed from, so that a later process can see that nothing changed
 * without computing it again. `stat` is always `lstat`'s and `at` the time it was taken, before what it vouches for was read.
 */
export interface Witness {
  /** Something (or nothing: `null`) was there, and only that counted. */
  saw(path: string, stat: BigIntStats | null): void;
  /** The file's content counted; `digest` is its SHA-256. */
  read(path: string, stat: BigIntStats, at: number, digest: string): void;
  /** The names in a folder counted. */
  listed(path: string, stat: BigIntStats, at: number, entries: readonly Dirent[]): void;
  /** Which results a stage has had, which counts only where the one for its key of now is not there. */
  history(path: string, stat: BigIntStats, at: number, entries: readonly Dirent[]): void;
  /** An object of the store has the bytes that its name says. */
  verified(path: string, stat: BigIntStats, at: number): void;
  /** Something counted that cannot be looked at again in this way. */
  cannotTell(): void;
}
