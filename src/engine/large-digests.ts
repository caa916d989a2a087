/**
 * Digests of large input files by what their status was, kept in the cache folder: a gigabyte is not hashed again because a
 * new process asks. A stamp has the inode and its time of change in it, so a copied or replaced file is another. Losing this
 * costs time only; it is written only where the cache folder exists.
 */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import type { Digest } from "../protocol/ids.js";
import { seal, unseal } from "../store/sealed-json.js";

export interface KnownDigest {
  readonly stamp: string;
  readonly digest: Digest;
}

const VERSION = 1;

export class LargeDigests {
  readonly #folder: string;
  #known: Map<string, KnownDigest> | null = null;
  #changed = false;

  constructor(cacheFolder: string) {
    this.#folder = cacheFolder;
  }

  get(file: string): KnownDigest | undefined {
    return this.#all().get(file);
  }

  set(file: string, known: KnownDigest): void {
    this.#all().set(file, known);
    this.#changed = true;
  }

  save(): void {
    if (!this.#changed || !existsSync(this.#folder)) return;
    const temporary = `${this.#file()}.${process.pid}`;
    const files = [...this.#all()].filter(([file]) => existsSync(file));
    try {
      writeFileSync(temporary, seal({ version: VERSION, files: Object.fromEntries(files) }), { mode: 0o600 });
      renameSync(temporary, this.#file());
      this.#changed = false;
    } catch {
      // A full or read-only disk: the next process hashes again.
      rmSync(temporary, { force: true });
    }
  }

  #all(): Map<string, KnownDigest> {
    this.#known ??= read(this.#file());
    return this.#known;
  }

  #file(): string {
    return path.join(this.#folder, "inputs.json");
  }
}

function read(file: string): Map<string, KnownDigest> {
  try {
    const saved = unseal(readFileSync(file, "utf8")) as { version?: unknown; files?: unknown } | undefined;
    if (saved?.version !== VERSION || typeof saved.files !== "object" || saved.files === null) return new Map();
    // Sealed: what is in it is what this class wrote.
    return new Map(Object.entries(saved.files as Record<string, KnownDigest>));
  } catch {
    return new Map();
  }
}
