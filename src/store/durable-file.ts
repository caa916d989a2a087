/**
 * Files that are whole or absent: a temporary file on the same file system, flushed, renamed into place, and the folder flushed.
 * Without the first flush a power cut leaves an empty file under a valid name; without the second it may lose the entry.
 */
import { constants } from "node:fs";
import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { errorCode } from "./store-failure.js";

const MAX_TEXT = 256 << 20;

/** Writes `text` to `target` by way of `temporary`. `flush: false` for what may be lost in a power cut. */
export async function writeWhole(
  temporary: string,
  target: string,
  text: string,
  { flush }: { readonly flush: boolean },
): Promise<void> {
  try {
    const file = await open(temporary, "wx", 0o600);
    try {
      await file.writeFile(text, "utf8");
      if (flush) await file.sync();
    } finally {
      await file.close();
    }
    await place(temporary, target, { flush });
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Moves a finished file into place, over whatever is there. */
export async function place(temporary: string, target: string, { flush }: { readonly flush: boolean }): Promise<void> {
  const folder = dirname(target);
  const made = await mkdir(folder, { recursive: true, mode: 0o700 });
  await renameOver(temporary, target);
  if (!flush) return;
  await flushFolder(folder);
  if (made !== undefined) await flushFolder(dirname(made));
}

/** The text of a plain file; `null` when there is none, or something else stands there (a link, a folder). */
export async function readPlain(path: string): Promise<string | null> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      const stat = await file.stat();
      return stat.isFile() && stat.size <= MAX_TEXT ? await file.readFile("utf8") : null;
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isAbsence(error)) return null;
    throw error;
  }
}

/** Names in a folder, none when it does not exist. */
export async function listFolder(path: string): Promise<readonly string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if (isAbsence(error)) return [];
    throw error;
  }
}

export function isAbsence(error: unknown): boolean {
  const code = errorCode(error);
  return code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP" || code === "EMLINK" || code === "EISDIR";
}

async function renameOver(from: string, to: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await rename(from, to);
      return;
    } catch (error) {
      // Windows refuses while a virus scanner or a reader has the target open; moments later it does not.
      const code = errorCode(error);
      if (process.platform !== "win32" || attempt >= 10 || (code !== "EPERM" && code !== "EBUSY" && code !== "EACCES"))
        throw error;
      await new Promise((resolve) => setTimeout(resolve, 10 * (attempt + 1)));
    }
  }
}

async function flushFolder(folder: string): Promise<void> {
  // Windows cannot open folders, and flushes them itself.
  if (process.platform === "win32") return;
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
