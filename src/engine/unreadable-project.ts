/** What is shown of a project whose files or cache cannot be read: no stages, and the reason where problems are shown. */
import * as path from "node:path";
import type { ProjectStatus } from "../protocol/status.js";

/** Whether the disk refused something, and not we. */
export function isOfDisk(error: unknown): error is Error & { readonly code: string; readonly path: string } {
  if (!(error instanceof Error)) return false;
  const { code, path: place } = error as { readonly code?: unknown; readonly path?: unknown };
  return typeof code === "string" && typeof place === "string";
}

/** `last`: the newest status that was announced; this one takes its place, and the next one that can be made takes this one's. */
export function unreadableProject(root: string, error: unknown, last: ProjectStatus | null): ProjectStatus {
  const text = error instanceof Error ? error.message : String(error);
  const where = isOfDisk(error) && !text.includes(error.path) ? ` (${error.path})` : "";
  const message = `Restage cannot read this project: ${text}${where}`;
  const file = path.join(root, "package.json");
  const range = { file, line: 1, column: 1, endLine: 1, endColumn: 2 };
  return {
    root,
    name: path.basename(root),
    stages: [],
    problems: [{ severity: "error", code: "unreadable-project", message, range }],
    cache: last?.cache ?? { folder: path.join(root, ".restage"), bytes: 0, objects: 0, maxBytes: 0 },
    revision: last?.revision ?? 0,
  };
}
