/** A folder as an input: the relative paths and contents of all files in it, through links. */
import * as path from "node:path";
import { sha256 } from "../core/hashing.js";
import type { Digest } from "../protocol/ids.js";
import type { Disk } from "./disk.js";
import type { StatMemo } from "./stat-memo.js";

/** As for globs: other people's code, and what tools write. */
const LEFT_OUT = new Set(["node_modules", ".git", ".restage"]);

export interface FolderFile {
  /** Relative to the folder, forward slashes. */
  readonly path: string;
  readonly digest: Digest;
}

/** Files sorted by path; or the one that cannot be read. Empty folders do not count. */
export async function readFolder(
  folder: string,
  reading: { readonly disk: Disk; readonly memo: StatMemo; readonly cache: string },
): Promise<{ readonly files: readonly FolderFile[] } | { readonly path: string; readonly error: string }> {
  const { disk, memo, cache } = reading;
  const files: FolderFile[] = [];
  // Folders that a way down goes through, with links resolved: a link back up would never end.
  const ahead: { readonly folder: string; readonly name: string; readonly way: ReadonlySet<string> }[] = [
    { folder, name: "", way: new Set() },
  ];
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    let entries: readonly string[];
    let real: string;
    try {
      real = disk.realPath(next.folder);
      entries = disk.list(next.folder).map((entry) => entry.name);
    } catch (error) {
      return { path: next.name, error: error instanceof Error ? error.message : String(error) };
    }
    if (next.way.has(real) || next.folder === cache) continue;
    const way = new Set([...next.way, real]);
    for (const entry of entries) {
      if (LEFT_OUT.has(entry)) continue;
      const file = path.join(next.folder, entry);
      const name = next.name === "" ? entry : `${next.name}/${entry}`;
      if (disk.isFolder(file)) ahead.push({ folder: file, name, way });
      else if (disk.isFile(file)) {
        const read = await memo.digest(file);
        if ("error" in read) return { path: name, error: read.error };
        files.push({ path: name, digest: read.digest });
      } else if (!disk.exists(file)) files.push({ path: name, digest: sha256("a link that leads nowhere") });
    }
  }
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { files };
}
