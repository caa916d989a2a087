/**
 * Which objects were verified, by the status their files had then; kept on disk, so that the next process need not hash a
 * whole cache to say that it is fresh. A status holds the inode and the time of the last change to it, which nobody can
 * choose: a file that was written, replaced or copied since then is verified again. Losing the memo costs time only.
 */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync, type BigIntStats } from "node:fs";
import { basename, dirname } from "node:path";
import { stampOf } from "./file-stamp.js";
import { seal, unseal } from "./sealed-json.js";

const VERSION = 1;

export class VerifiedMemo {
  readonly #file: string;
  #stamps: Map<string, string> | null = null;
  #changed = false;

  constructor(file: string) {
    this.#file = file;
  }

  has(path: string, stat: BigIntStats): boolean {
    return this.#known().get(basename(path)) === stampOf(stat);
  }

  add(path: string, stat: BigIntStats): void {
    const stamp = stampOf(stat);
    if (this.#known().get(basename(path)) === stamp) return;
    this.#known().set(basename(path), stamp);
    this.#changed = true;
  }

  delete(path: string): void {
    this.#changed = this.#known().delete(basename(path)) || this.#changed;
  }

  /** Writes it down. Two processes may do so at once: the last one's stays, and each is true. */
  save(): void {
    if (!this.#changed || !existsSync(dirname(this.#file))) return;
    const temporary = `${this.#file}.${process.pid}`;
    try {
      writeFileSync(temporary, seal({ version: VERSION, stamps: Object.fromEntries(this.#known()) }));
      renameSync(temporary, this.#file);
      this.#changed = false;
    } catch {
      // A full or read-only disk: the next process verifies again.
      rmSync(temporary, { force: true });
    }
  }

  #known(): Map<string, string> {
    this.#stamps ??= read(this.#file);
    return this.#stamps;
  }
}

function read(file: string): Map<string, string> {
  try {
    const saved = unseal(readFileSync(file, "utf8")) as { version?: unknown; stamps?: unknown } | undefined;
    if (saved?.version !== VERSION || typeof saved.stamps !== "object" || saved.stamps === null) return new Map();
    return new Map(
      Object.entries(saved.stamps).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
    );
  } catch {
    return new Map();
  }
}
