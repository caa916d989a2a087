/** Stacks of errors from a child. Node has mapped them to the user's source there (`--enable-source-maps`). */
import { existsSync } from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import type { ThrownError } from "../protocol/child.js";
import type { StackFrame } from "../protocol/failure.js";
import type { SourceLocation } from "../protocol/stage.js";

const FRAME = /^\s*at (?:(?<name>.*?) \()?(?<file>(?:file:\/\/|\/|[A-Za-z]:[\\/]).*?):(?<line>\d+):(?<column>\d+)\)?$/;

/** The frames of an error; those of Restage's own files and of Node are left out. */
export function parseStack(error: ThrownError, own: string): readonly StackFrame[] {
  const frames: StackFrame[] = [];
  for (const line of error.stack.split("\n")) {
    if (!/^\s*at /.test(line)) continue;
    const match = FRAME.exec(line);
    const groups = match?.groups;
    const file = groups === undefined ? null : filePath(groups["file"] ?? "");
    if (file?.startsWith(own) === true || line.includes("node:internal/")) continue;
    const location =
      file === null || groups === undefined
        ? null
        : { file, line: Number(groups["line"]), column: Number(groups["column"]) };
    frames.push({ function: groups?.["name"] ?? null, location, text: line.trim() });
  }
  return frames;
}

/** Where a person looks first: the first frame in a file of theirs, not in a package. */
export function userLocation(frames: readonly StackFrame[]): SourceLocation | null {
  for (const { location } of frames) {
    if (location !== null && !location.file.includes(`${path.sep}node_modules${path.sep}`) && existsSync(location.file))
      return location;
  }
  return null;
}

/** The message with the causes' messages, as Node prints them. */
export function fullMessage(error: ThrownError): string {
  const parts = [error.message];
  for (let cause = error.cause; cause !== null && parts.length < 6; cause = cause.cause) {
    parts.push(`caused by ${cause.name}: ${cause.message}`);
  }
  return parts.join("\n");
}

function filePath(text: string): string | null {
  if (!text.startsWith("file://")) return text;
  try {
    return fileURLToPath(text.replace(/\?.*$/, ""));
  } catch {
    return null;
  }
}
