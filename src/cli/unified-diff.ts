/** A declaration then and now as a unified diff, with line numbers of its file: what `git apply` and people read. */
import { FILE_HEADERS_ONLY, formatPatch, structuredPatch } from "diff";
import type { CodeChange } from "../protocol/engine-api.js";
import type { SliceEntry } from "../protocol/fingerprint.js";
import { paint, type Terminal } from "./terminal.js";

const NOTHING = "/dev/null";

/** `null` for what has no text to compare: a data file whose content is another. */
export function unifiedDiff({ was, now }: CodeChange): string | null {
  if ((was?.text ?? "") === "" && (now?.text ?? "") === "") return null;
  const patch = structuredPatch(
    nameOf(was),
    nameOf(now),
    textOf(was),
    textOf(now),
    was === null ? "" : "last result",
    now === null ? "" : "now",
    { context: 3 },
  );
  for (const hunk of patch.hunks) {
    if (was !== null) hunk.oldStart += was.line - 1;
    if (now !== null) hunk.newStart += now.line - 1;
  }
  return formatPatch(patch, FILE_HEADERS_ONLY).trimEnd();
}

export function printDiff(terminal: Terminal, diff: string): void {
  for (const line of diff.split("\n")) {
    if (line.startsWith("---") || line.startsWith("+++")) terminal.out(paint(terminal, "bold", line));
    else if (line.startsWith("@@")) terminal.out(paint(terminal, "cyan", line));
    else if (line.startsWith("-")) terminal.out(paint(terminal, "red", line));
    else if (line.startsWith("+")) terminal.out(paint(terminal, "green", line));
    else terminal.out(line);
  }
}

function nameOf(entry: SliceEntry | null): string {
  return entry === null ? NOTHING : `${entry.file}:${entry.line}`;
}

function textOf(entry: SliceEntry | null): string {
  return entry === null ? "" : `${entry.text}\n`;
}
