/** Which file events concern the engine. Pure: paths in, answers out. */
import * as path from "node:path";
import type { ProjectStatus } from "../protocol/status.js";

const PACKAGE_FILES = new Set([
  "package.json",
  "package-lock.json",
  ".package-lock.json",
  "npm-shrinkwrap.json",
  "yarn.lock",
  ".yarn-integrity",
  ".yarn-state.yml",
  "pnpm-lock.yaml",
  ".modules.yaml",
  "bun.lock",
  "bun.lockb",
]);

/** What of a store another window or the command line changes for us: results made, removed or damaged. */
const STORED = new Set(["objects", "records", "failures"]);

/** Below node_modules only what names versions counts, in a store only what is kept, and git's own files never do. */
export function isWatched(file: string, cacheFolders: readonly string[]): boolean {
  const parts = file.split(/[\\/]/);
  if (parts.includes(".git")) return false;
  const cache = cacheFolders.find((folder) => isInside(file, folder));
  const stored = cache === undefined ? afterPart(parts, ".restage") : path.relative(cache, file).split(path.sep);
  if (stored !== null) return STORED.has(stored[0] ?? "");
  return !parts.includes("node_modules") || PACKAGE_FILES.has(path.basename(file));
}

function afterPart(parts: readonly string[], name: string): readonly string[] | null {
  const at = parts.lastIndexOf(name);
  return at === -1 ? null : parts.slice(at + 1);
}

/** A folder and a glob below it. */
export interface WatchPattern {
  readonly base: string;
  readonly pattern: string;
}

/** Declared input files that lie outside of every watched folder, one pattern each, sorted and without repeats. */
export function outsideInputs(projects: readonly ProjectStatus[], folders: readonly string[]): readonly WatchPattern[] {
  const found = new Map<string, WatchPattern>();
  for (const project of projects) {
    for (const input of project.stages.flatMap((stage) => stage.inputs)) {
      if (input.kind !== "file" && input.kind !== "files") continue;
      const watch =
        input.kind === "file" ? filePattern(project.root, input.path) : globPattern(project.root, input.pattern);
      if (folders.some((folder) => isInside(watch.base, folder))) continue;
      found.set(`${watch.base}\0${watch.pattern}`, watch);
    }
  }
  return [...found.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, watch]) => watch);
}

/** Whether `file` is `folder` or lies below it. */
export function isInside(file: string, folder: string): boolean {
  const relative = path.relative(folder, file);
  return relative === "" || (!relative.startsWith(`..${path.sep}`) && relative !== ".." && !path.isAbsolute(relative));
}

function filePattern(root: string, written: string): WatchPattern {
  const file = path.resolve(root, written);
  return { base: path.dirname(file), pattern: escapeGlob(path.basename(file)) };
}

function globPattern(root: string, written: string): WatchPattern {
  const parts = written.split("/");
  const firstGlob = parts.findIndex((part) => /[*?[\]{}!()]/.test(part));
  const fixed = firstGlob === -1 ? parts.slice(0, -1) : parts.slice(0, firstGlob);
  const rest = parts.slice(fixed.length).join("/");
  return {
    base: path.resolve(root, fixed.join("/") === "" && written.startsWith("/") ? "/" : fixed.join("/")),
    pattern: rest,
  };
}

function escapeGlob(name: string): string {
  return name.replace(/[*?[\]{}]/g, "[$&]");
}
