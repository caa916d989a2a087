import { constants } from "node:fs";
import { copyFile, rename, stat } from "node:fs/promises";
import { extname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { FileFormat } from "../protocol/record.js";
import { UnstorableValueError } from "./codec-errors.js";
import { describeValue } from "./plain-values.js";
import { errorCode } from "./store-failure.js";

/**
 * Takes the content of the file that a stage returned (`format: "file"`) into `output`. A file in `scratch`, the stage's own
 * temporary folder, is moved, which costs nothing; any other stays where it is and is copied.
 */
export async function takeFile(value: unknown, output: string, scratch: string): Promise<FileFormat> {
  const path = pathOf(value);
  let found: Awaited<ReturnType<typeof stat>>;
  try {
    found = await stat(path);
  } catch (error) {
    if (errorCode(error) !== "ENOENT" && errorCode(error) !== "ENOTDIR") throw error;
    throw new UnstorableValueError(
      `The stage returned the path ${path}, and there is no such file. Write the file before you return its path, and wait until it is written (\`await\`).`,
    );
  }
  if (!found.isFile()) {
    throw new UnstorableValueError(
      `The stage returned the path ${path}, which is ${found.isDirectory() ? "a folder" : "not a plain file"}. Return the path of one file; pack several into one, or make a stage of each.`,
    );
  }
  if (!(path.startsWith(`${resolve(scratch)}/`) && (await moved(path, output))))
    await copyFile(path, output, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  return fileFormat(path);
}

/** Keeps the extension, by which many programs tell what a file holds; only one that is safe in a name everywhere. */
function fileFormat(path: string): FileFormat {
  const extension = extname(path);
  return /^\.[A-Za-z0-9_-]{1,16}$/.test(extension) ? `file${extension as `.${string}`}` : "file";
}

function pathOf(value: unknown): string {
  if (typeof value === "string" && value !== "") return resolve(value);
  if (value instanceof URL && value.protocol === "file:") return fileURLToPath(value);
  throw new UnstorableValueError(
    `The stage has the option format: "file" and returned ${describeValue(value)} instead of a path. Return the path of the file that it wrote, for example in \`tmp\`.`,
  );
}

async function moved(path: string, output: string): Promise<boolean> {
  try {
    await rename(path, output);
    return true;
  } catch {
    // Another file system, or a file that is still open elsewhere.
    return false;
  }
}
