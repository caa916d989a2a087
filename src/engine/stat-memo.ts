/**
 * Content digests of files, remembered by what `stat` says. A digest is only remembered when the file was quiet for two
 * seconds before it was read: within that time a second edit could leave size and time as they were ("racily clean" in
 * git's words), and an old digest would pass for the new content.
 */
import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync, statSync, type BigIntStats } from "node:fs";
import { open } from "node:fs/promises";
import type { Digest } from "../protocol/ids.js";

const QUIET_NS = 2_000_000_000n;
const SMALL = 1 << 20;
const BLOCK = 1 << 20;

interface Entry {
  readonly stamp: string;
  readonly digest: Digest;
}

export class StatMemo {
  readonly #entries = new Map<string, Entry>();

  /** The file's digest, or an error message when it cannot be read. A file that changes while it is read is read again. */
  async digest(file: string): Promise<{ readonly digest: Digest } | { readonly error: string }> {
    try {
      for (let attempt = 0; ; attempt++) {
        const before = statSync(file, { bigint: true });
        if (!before.isFile()) return { error: "it is not a file" };
        const stamp = stampOf(before);
        const known = this.#entries.get(file);
        if (known?.stamp === stamp) return { digest: known.digest };
        const readAt = BigInt(Date.now()) * 1_000_000n;
        const digest = before.size <= SMALL ? hashSmall(file) : await hashLarge(file);
        if (stampOf(statSync(file, { bigint: true })) !== stamp && attempt < 3) continue;
        if (readAt - newest(before) > QUIET_NS) this.#entries.set(file, { stamp, digest });
        else this.#entries.delete(file);
        return { digest };
      }
    } catch (error) {
      this.#entries.delete(file);
      return { error: readError(error) };
    }
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

/** Content with its digest, read once: the digest is always that of the text returned. */
export function readWithDigest(file: string): { text: string; digest: Digest } | null {
  try {
    const fd = openSync(file, "r");
    try {
      if (!fstatSync(fd).isFile()) return null;
      const bytes = readAll(fd);
      return { text: bytes.toString("utf8"), digest: createHash("sha256").update(bytes).digest("hex") as Digest };
    } finally {
      closeSync(fd);
    }
  } catch {
    return null;
  }
}

function stampOf(stat: BigIntStats): string {
  return `${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}:${stat.ino}`;
}

function newest(stat: BigIntStats): bigint {
  return stat.mtimeNs > stat.ctimeNs ? stat.mtimeNs : stat.ctimeNs;
}

function hashSmall(file: string): Digest {
  const fd = openSync(file, "r");
  try {
    return createHash("sha256").update(readAll(fd)).digest("hex") as Digest;
  } finally {
    closeSync(fd);
  }
}

function readAll(fd: number): Buffer {
  const blocks: Buffer[] = [];
  for (;;) {
    const block = Buffer.allocUnsafe(64 * 1024);
    const read = readSync(fd, block, 0, block.length, null);
    if (read === 0) return Buffer.concat(blocks);
    blocks.push(block.subarray(0, read));
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
