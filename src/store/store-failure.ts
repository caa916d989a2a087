import { statfs } from "node:fs/promises";
import { StoreError } from "./store.js";

/** The system's code of an error, or `null` when it is not one of the file system's, which name the call that failed. */
export function errorCode(error: unknown): string | null {
  return error instanceof Error && "syscall" in error && "code" in error && typeof error.code === "string"
    ? error.code
    : null;
}

/** Runs a step of the store; what the file system refuses becomes one clear sentence with the path and what to do. */
export async function guard<T>(folder: string, what: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    const code = errorCode(error);
    if (code === null) throw error;
    throw new StoreError(await explain(folder, what, code, error), { path: folder, code, cause: error });
  }
}

async function explain(folder: string, what: string, code: string, error: unknown): Promise<string> {
  const head = `Restage could not ${what} in ${folder}`;
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
      return `${head}: the disk is full (${await freeBytes(folder)}). Free some space, or run "restage clear", and run the stage again. Older results are intact.`;
    case "EROFS":
      return `${head}: the file system is read-only. Set "cacheDir" in restage.json to a folder that can be written.`;
    case "EACCES":
    case "EPERM":
      return `${head}: permission denied. Make the folder writable for you, or set "cacheDir" in restage.json to another one.`;
    case "EMFILE":
    case "ENFILE":
      return `${head}: too many files are open. Close other programs or raise the limit ("ulimit -n"), and run the stage again.`;
    default:
      return `${head}: ${error instanceof Error ? error.message : String(error)}. Check the disk, and run the stage again.`;
  }
}

async function freeBytes(folder: string): Promise<string> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return `${bavail * bsize} bytes free`;
  } catch {
    return "free space unknown";
  }
}
