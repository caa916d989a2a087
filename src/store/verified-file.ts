import { createHash } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import type { StoredValue } from "../protocol/record.js";
import { CorruptObjectError } from "./codec-errors.js";

/** A stored object whose bytes have just been compared with its digest, open for reading parts of it. */
export interface VerifiedFile {
  readonly size: number;
  read(start: number, end: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Up to here the bytes that were verified are the very bytes that are read; larger files are read again, part by part. */
const MAX_HELD = 256 << 20;
const CHUNK = 4 << 20;

type Expected = Pick<StoredValue, "digest" | "bytes">;

/** Opens and verifies. A path that is a symbolic link is refused: an object is never one. `hold: false` keeps no bytes in memory. */
export async function openVerified(stored: Expected, path: string, { hold = true } = {}): Promise<VerifiedFile> {
  const file = await openPlain(path);
  try {
    const { size } = await statPlain(file, path);
    const held = hold && size === stored.bytes && size <= MAX_HELD ? Buffer.allocUnsafeSlow(size) : null;
    await verify(file, size, stored, { path, held });
    if (held === null) return partsOf(file, path, size);
    await file.close();
    return { size, read: (start, end) => Promise.resolve(held.subarray(start, end)), close: () => Promise.resolve() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** For a file that is known without its digest: its own writer's, or one that was verified and has not been touched since. */
export async function openUnverifiedFile(path: string): Promise<VerifiedFile> {
  const file = await openPlain(path);
  try {
    const { size } = await statPlain(file, path);
    return partsOf(file, path, size);
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * A stored object that is read several times, part by part. It is verified once, and again when its status differs from then:
 * what is read is what was verified, without the whole being hashed each time or held in memory.
 */
export class VerifiedPath {
  readonly #stored: Expected;
  readonly #path: string;
  #status: string | null = null;

  constructor(stored: Expected, path: string) {
    this.#stored = stored;
    this.#path = path;
  }

  async open(): Promise<VerifiedFile> {
    const file = await openPlain(this.#path);
    try {
      const { size } = await statPlain(file, this.#path);
      const status = await statusOf(file);
      if (status !== this.#status) {
        await verify(file, size, this.#stored, { path: this.#path, held: null });
        this.#status = status;
      }
      return partsOf(file, this.#path, size);
    } catch (error) {
      await file.close();
      throw error;
    }
  }
}

async function statusOf(file: FileHandle): Promise<string> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await file.stat({ bigint: true });
  return [dev, ino, size, mtimeNs, ctimeNs].join(" ");
}

async function verify(
  file: FileHandle,
  size: number,
  stored: Expected,
  { path, held }: { readonly path: string; readonly held: Buffer | null },
): Promise<void> {
  if (size !== stored.bytes) throw new CorruptObjectError(path, `it has ${size} bytes instead of ${stored.bytes}`);
  const digest = await hashHandle(file, size, held);
  if (digest !== stored.digest)
    throw new CorruptObjectError(path, "its content has another digest than when it was written");
}

/** The whole file, verified. */
export async function readVerified(stored: Expected, path: string): Promise<Buffer> {
  const file = await openVerified(stored, path);
  try {
    const bytes = await file.read(0, file.size);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  } finally {
    await file.close();
  }
}

/** SHA-256 of `size` bytes from the start of the file, also copied to `held` where given. Yields between chunks. */
export async function hashHandle(file: FileHandle, size: number, held: Buffer | null): Promise<string> {
  const hash = createHash("sha256");
  const chunk = held ?? Buffer.allocUnsafe(Math.min(CHUNK, Math.max(1, size)));
  let position = 0;
  while (position < size) {
    const length = Math.min(CHUNK, size - position);
    const at = held === null ? 0 : position;
    const { bytesRead } = await file.read(chunk, at, length, position);
    if (bytesRead === 0) break;
    hash.update(chunk.subarray(at, at + bytesRead));
    position += bytesRead;
  }
  return hash.digest("hex");
}

async function openPlain(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : null;
    if (code === "ENOENT" || code === "ENOTDIR") throw new CorruptObjectError(path, "it is missing");
    if (code === "ELOOP" || code === "EMLINK") throw new CorruptObjectError(path, "it is a symbolic link");
    throw error;
  }
}

async function statPlain(file: FileHandle, path: string): Promise<Stats> {
  const stat = await file.stat();
  if (!stat.isFile()) throw new CorruptObjectError(path, "it is not a file");
  return stat;
}

function partsOf(file: FileHandle, path: string, size: number): VerifiedFile {
  return {
    size,
    async read(start, end) {
      const bytes = Buffer.allocUnsafeSlow(end - start);
      let position = 0;
      while (position < bytes.length) {
        const { bytesRead } = await file.read(bytes, position, bytes.length - position, start + position);
        if (bytesRead === 0) throw new CorruptObjectError(path, "it became shorter while it was read");
        position += bytesRead;
      }
      return bytes;
    },
    close: () => file.close(),
  };
}
