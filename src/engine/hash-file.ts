import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import type { Digest } from "../protocol/ids.js";

const BLOCK = 4 << 20;

export interface HashOptions {
  /** Called after each block with the bytes read so far. */
  readonly onRead: (bytes: number) => void;
  readonly signal: AbortSignal;
}

/**
 * SHA-256 of a file of any size. The next block is read while one is hashed, so that it takes as long as the slower of the
 * two; between blocks other work goes on. Rejects with the signal's reason when aborted.
 */
export async function hashFile(file: string, { onRead, signal }: HashOptions): Promise<Digest> {
  const hash = createHash("sha256");
  const handle = await open(file, "r");
  let reading: Promise<unknown> = Promise.resolve();
  try {
    const blocks = [Buffer.allocUnsafe(BLOCK), Buffer.allocUnsafe(BLOCK)] as const;
    const read = (block: Buffer): Promise<Buffer> =>
      handle.read(block, 0, BLOCK, null).then(({ bytesRead }) => block.subarray(0, bytesRead));
    let next = read(blocks[0]);
    for (let turn = 1, total = 0; ; turn ^= 1) {
      const bytes = await next;
      if (bytes.length === 0) return hash.digest("hex") as Digest;
      signal.throwIfAborted();
      next = read(turn === 1 ? blocks[1] : blocks[0]);
      reading = next.catch(() => undefined);
      hash.update(bytes);
      total += bytes.length;
      onRead(total);
    }
  } finally {
    // A block that is still being read must not be given back to another use of the memory or the file.
    await reading;
    await handle.close();
  }
}
