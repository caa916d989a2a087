import { realpathSync } from "node:fs";
import * as path from "node:path";
import type { Disk } from "./disk.js";

/** The folder of the nearest package.json at or above `start`; `null` when there is none. */
export function findProjectRoot(start: string, disk: Disk): string | null {
  for (let folder = path.resolve(start); ; folder = path.dirname(folder)) {
    if (disk.exists(path.join(folder, "package.json"))) return folder;
    if (folder === path.dirname(folder)) return null;
  }
}

/** The path with links resolved, where it exists; a workspace may be opened through a link. */
export function realPath(file: string): string {
  try {
    return realpathSync.native(file);
  } catch {
    return path.resolve(file);
  }
}
