/** Places as programs read them in JSON: files relative to the project, with forward slashes, on every machine the same. */
import * as path from "node:path";
import type { StaleReason } from "../protocol/reason.js";

export function projectPath(root: string, file: string): string {
  return path.relative(root, file).split(path.sep).join("/");
}

/** Reasons whose places are within the project. */
export function withProjectPaths(root: string, reasons: readonly StaleReason[]): readonly StaleReason[] {
  return reasons.map((reason) => {
    if (reason.kind === "upstream-stale") return { ...reason, causes: withProjectPaths(root, reason.causes) };
    if (!("location" in reason)) return reason;
    return { ...reason, location: { ...reason.location, file: projectPath(root, reason.location.file) } };
  });
}
