import type { Writable } from "node:stream";

/** Resolves when all that was printed has left this process, or cannot any more. */
export async function flushOutput(): Promise<void> {
  await Promise.all([flush(process.stdout), flush(process.stderr)]);
}

function flush(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    // User code may have ended or broken its own output.
    if (!stream.writable || stream.destroyed) {
      resolve();
      return;
    }
    stream.once("close", () => resolve());
    stream.once("error", () => resolve());
    stream.write("", () => resolve());
  });
}
