import type { StagePlace } from "../protocol/library.js";

/**
 * The place of a `stage(…)` call, from the error that `stage` made when it was called, or `null` when the stack does not
 * name a file. An error captures its stack cheaply; turning it into text and reading it is not cheap, so it waits until
 * somebody asks.
 */
export function findPlace(madeByStage: Error, exportHint: string | null): StagePlace | null {
  // Programs can replace how stacks are written, even by something that is no text.
  const stack: unknown = madeByStage.stack;
  const frames = typeof stack === "string" ? stack.split("\n").filter((line) => /^\s+at /.test(line)) : [];
  // The first frame is `stage` itself, the second its caller.
  const match = /^\s+at (.*):(\d+):(\d+)\)?$/.exec(frames[1] ?? "");
  const [, before, line, column] = match ?? [];
  if (before === undefined || line === undefined || column === undefined) {
    return null;
  }
  const file = toPath(
    frames[1]?.endsWith(")") ? before.slice(before.indexOf(" (") + 2) : before.replace(/^async /, ""),
  );
  return file === null ? null : { file, line: Number(line), column: Number(column), exportHint };
}

/** `file:` URLs, as modules have them, and absolute paths, as CommonJS has them. */
function toPath(where: string): string | null {
  if (where.startsWith("file://")) {
    const url = new URL(where);
    const path = decodeURIComponent(url.pathname);
    if (url.host !== "") {
      return `\\\\${url.host}${path.replaceAll("/", "\\")}`;
    }
    return /^\/[A-Za-z]:\//.test(path) ? path.slice(1).replaceAll("/", "\\") : path;
  }
  return where.startsWith("/") || /^[A-Za-z]:[\\/]/.test(where) || where.startsWith("\\\\") ? where : null;
}
