/**
 * The disk as statuses read it. Invariant: whatever on disk decides a status is asked for here (or in the store, which tells
 * the same witness), so that what a status was computed from is known in full. A file that is consulted past this module
 * could change without `restage status` noticing; test/unit/architecture.test.ts names the modules that must use it.
 */
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import type { BigIntStats, Dirent } from "node:fs";
import type { Digest } from "../protocol/ids.js";
import { lookAt, stampOf } from "../store/file-stamp.js";
import type { Witness } from "../store/witness.js";

const MOST_LINKS = 40;

export interface ReadFile {
  readonly bytes: Buffer;
  readonly digest: Digest;
}

/** What is at a path, links not followed. */
export type Kind = "file" | "folder" | "other" | "nothing";

interface Seen {
  readonly path: string;
  readonly stat: BigIntStats;
  readonly at: number;
}

export class Disk {
  readonly #witness: Witness | null;
  /** Folders whose way from the root was looked at. */
  readonly #traced = new Set<string>();

  constructor(witness: Witness | null = null) {
    this.#witness = witness;
  }

  /** Whether anything is there, links followed. */
  exists(file: string): boolean {
    this.#see(file);
    return fs.existsSync(file);
  }

  isFolder(file: string): boolean {
    return this.#stat(file)?.isDirectory() === true;
  }

  isFile(file: string): boolean {
    return this.#stat(file)?.isFile() === true;
  }

  /** Links are not followed: one is "other", and so is what cannot be looked at. */
  kind(file: string): Kind {
    this.#see(file);
    try {
      const stat = fs.lstatSync(file, { throwIfNoEntry: false });
      if (stat === undefined) return "nothing";
      return stat.isFile() ? "file" : stat.isDirectory() ? "folder" : "other";
    } catch {
      return "other";
    }
  }

  /** Content with its digest, read once: the digest is always that of the bytes returned. `null`: no plain file to read. */
  read(file: string): ReadFile | null {
    try {
      return this.#read(file);
    } catch {
      return null;
    }
  }

  /** As `read`, for those who say why not: throws what the system says. */
  readOrThrow(file: string): ReadFile {
    const found = this.#read(file);
    if (found === null) throw Object.assign(new Error("it is not a file"), { code: "EISDIR" });
    return found;
  }

  /** The path with all links resolved; throws when there is nothing. */
  realPath(file: string): string {
    if (this.#witness !== null) {
      this.#trace(file);
      this.#see(file);
    }
    return fs.realpathSync.native(file);
  }

  list(folder: string): Dirent[] {
    const seen = this.#see(folder);
    const entries = this.#attempt(seen, () => fs.readdirSync(folder, { withFileTypes: true }));
    if (seen !== null) this.#tell((witness) => witness.listed(seen.path, seen.stat, seen.at, entries));
    return entries;
  }

  /** What tells whether a file changed, links followed, and when that was looked at. Whoever relies on it calls `digested`. */
  status(file: string): { readonly stat: BigIntStats; readonly at: number } | null {
    try {
      const at = Date.now();
      const stat = fs.statSync(file, { bigint: true, throwIfNoEntry: false });
      return stat?.isFile() === true ? { stat, at } : null;
    } catch {
      return null;
    }
  }

  /** A file whose content was hashed elsewhere, in parts: `before` and `at` are from before that. */
  digested(file: string, digest: Digest, before: BigIntStats, at: number): void {
    if (this.#witness === null) return;
    const seen = this.#see(file);
    if (seen !== null && stampOf(seen.stat) === stampOf(before)) this.#witness.read(seen.path, before, at, digest);
    else this.#witness.cannotTell();
  }

  /** Something asks the disk itself, past this. */
  unknownRead(): void {
    this.#witness?.cannotTell();
  }

  /** For libraries that take a file system: these calls and no others. */
  readonly calls = {
    statSync: (file: string): fs.Stats => {
      this.#see(file);
      return fs.statSync(file);
    },
    lstatSync: (file: string): fs.Stats => {
      this.#see(file);
      return fs.lstatSync(file);
    },
    readlinkSync: (file: string): string => {
      this.#see(file);
      return fs.readlinkSync(file);
    },
    readFileSync: (file: string, encoding?: BufferEncoding): Buffer | string => {
      const { bytes } = this.readOrThrow(file);
      return encoding === undefined ? bytes : bytes.toString(encoding);
    },
    readdirSync: (folder: string, options?: { readonly withFileTypes?: boolean }): Dirent[] | string[] => {
      const entries = this.list(folder);
      return options?.withFileTypes === true ? entries : entries.map((entry) => entry.name);
    },
    realpathSync: (file: string): string => this.realPath(file),
  };

  #read(file: string): ReadFile | null {
    const seen = this.#see(file);
    const fd = this.#attempt(seen, () => fs.openSync(file, "r"));
    try {
      const opened = fs.fstatSync(fd, { bigint: true });
      if (!opened.isFile()) return null;
      const bytes = readAll(fd, Number(opened.size));
      const digest = createHash("sha256").update(bytes).digest("hex") as Digest;
      if (this.#witness !== null) {
        // Another file was put there, or it was written to, since it was looked at: whose bytes these are cannot be told.
        const same = seen !== null && stampOf(fs.fstatSync(fd, { bigint: true })) === stampOf(seen.stat);
        if (same) this.#witness.read(seen.path, seen.stat, seen.at, digest);
        else this.#witness.cannotTell();
      }
      return { bytes, digest };
    } finally {
      fs.closeSync(fd);
    }
  }

  /** What is there but may not be read can become readable without another look of it. */
  #attempt<T>(seen: Seen | null, call: () => T): T {
    try {
      return call();
    } catch (error) {
      if (seen !== null) this.#witness?.cannotTell();
      throw error;
    }
  }

  #stat(file: string): fs.Stats | null {
    this.#see(file);
    try {
      return fs.statSync(file, { throwIfNoEntry: false }) ?? null;
    } catch {
      return null;
    }
  }

  /** Tells the witness what is at a path and where links lead from it. Returns what is at the end of them. */
  #see(file: string): Seen | null {
    let seen: Seen | null = null;
    this.#tell((witness) => {
      let at = path.resolve(file);
      for (let link = 0; link < MOST_LINKS; link++) {
        const time = Date.now();
        const stat = lookAt(at);
        witness.saw(at, stat);
        if (stat?.isSymbolicLink() !== true) {
          seen = stat === null ? null : { path: at, stat, at: time };
          return;
        }
        // A relative link starts where its folder really is.
        this.#trace(at);
        at = path.resolve(fs.realpathSync.native(path.dirname(at)), fs.readlinkSync(at));
      }
    });
    return seen;
  }

  /** What cannot be looked at is for the caller to say; a witness only learns that it does not know. */
  #tell(what: (witness: Witness) => void): void {
    if (this.#witness === null) return;
    try {
      what(this.#witness);
    } catch {
      this.#witness.cannotTell();
    }
  }

  /** Every folder on the way: one of them may be a link, or become one. */
  #trace(file: string): void {
    for (let folder = path.dirname(path.resolve(file)); !this.#traced.has(folder); folder = path.dirname(folder)) {
      this.#traced.add(folder);
      this.#see(folder);
    }
  }
}

function readAll(fd: number, expected: number): Buffer {
  const blocks: Buffer[] = [];
  // One byte more than expected finds the end in the same call; a file that grew goes on.
  for (let size = Math.min(expected + 1, 1 << 20); ; size = 1 << 16) {
    const block = Buffer.allocUnsafe(size);
    const read = fs.readSync(fd, block, 0, block.length, null);
    if (read === 0) return blocks.length === 1 && blocks[0] !== undefined ? blocks[0] : Buffer.concat(blocks);
    blocks.push(block.subarray(0, read));
  }
}
