/**
 * Content digests of files, remembered by what `stat` says. A digest is only remembered when the file was quiet for two
 * seconds before it was read: within that time a second edit could leave size and time as they were ("racily clean" in
 * git's words), and an old digest would pass for the new content.
 */
import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { open } from "node:fs/promises";
import type { Digest } from "../protocol/ids.js";
import { quietStamp, stampOf } from "../store/file-stamp.js";
import type { Disk } from "./disk.js";

const SMALL = 1 << 20;
const BLOCK = 1 << 20;

interface Entry {
  readonly stamp: string;
  readonly digest: Digest;
}

export class StatMemo {
  readonly #disk: Disk;
  readonly #entries = new Map<string, Entry>();

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  /** The file's digest, or an error message when it cannot be read. A file that changes while it is read is read again. */
  async digest(file: string): Promise<{ readonly digest: Digest } | { readonly error: string }> {
    try {
      for (let attempt = 0; ; attempt++) {
        const at = Date.now();
        const before = statSync(file, { bigint: true });
        if (!before.isFile()) return { error: this.#missing(file, "it is not a file") };
        const stamp = stampOf(before);
        const known = this.#entries.get(file);
        if (known?.stamp === stamp) {
          this.#disk.digested(file, known.digest, before, at);
          return { digest: known.digest };
        }
        const digest = before.size <= SMALL ? this.#disk.readOrThrow(file).digest : await hashLarge(file);
        if (this.stamp(file) !== stamp && attempt < 3) continue;
        if (before.size > SMALL) this.#disk.digested(file, digest, before, at);
        if (quietStamp(before, at) !== null) this.#entries.set(file, { stamp, digest });
        else this.#entries.delete(file);
        return { digest };
      }
    } catch (error) {
      this.#entries.delete(file);
      return { error: this.#missing(file, readError(error)) };
    }
  }

  /** That it is not there counts as well. */
  #missing(file: string, error: string): string {
    this.#disk.isFile(file);
    return error;
  }

  /** A text that differs after anything was written to the file, or it came or went. */
  stamp(file: string): string {
    try {
      return stampOf(statSync(file, { bigint: true }));
    } catch {
      return "";
    }
  }
}

async function hashLarge(file: string): Promise<Digest> {
  const hash = createHash("sha256");
  const handle = await open(file, "r");
  try {
    const block = Buffer.allocUnsafe(BLOCK);
    for (;;) {
      const { bytesRead } = await handle.read(block, 0, BLOCK, null);
      if (bytesRead === 0) return hash.digest("hex") as Digest;
      hash.update(block.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
}

function readError(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  if (code === "ENOENT" || code === "ENOTDIR") return "there is no such file";
  if (code === "EACCES" || code === "EPERM") return "it may not be read (permissions)";
  return error instanceof Error ? error.message : String(error);
}
