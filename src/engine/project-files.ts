import * as path from "node:path";
import picomatch from "picomatch";
import { globSync, type FileSystemAdapter } from "tinyglobby";
import { DEFAULT_SETTINGS, parseProjectSettings, type ProjectSettings } from "../core/project-settings.js";
import type { Disk } from "./disk.js";

/** Folders no stage is looked for in: other people's code, and what tools write. */
const NEVER = ["**/node_modules/**", "**/.git/**", "**/.restage/**", "**/.vscode-test/**"];
const SOURCE = /\.[cm]?[jt]sx?$/;
const DECLARATION = /\.d\.[cm]?ts$/;

/**
 * Projects under an opened folder: every folder with a package.json (outside node_modules), and the opened folder itself.
 * Sorted, so that a nested project comes after the one around it.
 */
export function findProjects(folder: string): readonly string[] {
  const found = globSync("**/package.json", {
    cwd: folder,
    ignore: NEVER,
    absolute: true,
    dot: false,
    followSymbolicLinks: false,
  });
  const roots = new Set([path.resolve(folder), ...found.map((file) => path.dirname(path.resolve(file)))]);
  return [...roots].sort();
}

/** `restage.json` of a project; defaults when there is none. */
export function readProjectSettings(
  root: string,
  disk: Disk,
): { settings: ProjectSettings; problems: readonly string[] } {
  const file = disk.read(path.join(root, "restage.json"));
  return file === null
    ? { settings: DEFAULT_SETTINGS, problems: [] }
    : parseProjectSettings(file.bytes.toString("utf8"));
}

/** Absolute paths of the files of a project that may declare stages, sorted. Nested projects keep their own. */
export function listSourceFiles(root: string, settings: ProjectSettings, disk: Disk): readonly string[] {
  const files = globSync([...settings.include], {
    cwd: root,
    ignore: [...NEVER, `${settings.cacheDir}/**`, ...settings.exclude],
    absolute: true,
    followSymbolicLinks: false,
    fs: fileSystem(disk),
  });
  const owner = new Map<string, boolean>();
  return files
    .map((file) => path.resolve(file))
    .filter((file) => isSourceFile(file) && belongsTo(path.dirname(file), { root, disk, known: owner }))
    .sort();
}

/** Whether a change to `file` can add or remove stages of the project. */
export function isProjectSource(root: string, settings: ProjectSettings, disk: Disk): (file: string) => boolean {
  const included = picomatch([...settings.include], {
    ignore: [...NEVER, `${settings.cacheDir}/**`, ...settings.exclude],
  });
  return (file) => {
    const relative = path.relative(root, file).split(path.sep).join("/");
    return (
      !relative.startsWith("../") &&
      isSourceFile(file) &&
      included(relative) &&
      belongsTo(path.dirname(file), { root, disk, known: new Map() })
    );
  };
}

export function isSourceFile(file: string): boolean {
  return SOURCE.test(file) && !DECLARATION.test(file);
}

/** The files a `files("…")` input means now: relative to the project root, forward slashes, sorted. */
export function expandGlob(root: string, pattern: string, disk: Disk): readonly string[] {
  return globSync(pattern, {
    cwd: root,
    ignore: NEVER,
    dot: false,
    expandDirectories: false,
    fs: fileSystem(disk),
  }).sort();
}

/** Only these calls are made, and only with paths that are text. */
function fileSystem(disk: Disk): FileSystemAdapter {
  return disk.calls as unknown as FileSystemAdapter;
}

interface Owning {
  readonly root: string;
  readonly disk: Disk;
  readonly known: Map<string, boolean>;
}

function belongsTo(folder: string, owning: Owning): boolean {
  const { root, disk, known } = owning;
  const answer = known.get(folder);
  if (answer !== undefined) return answer;
  const result =
    folder === root ||
    (!disk.exists(path.join(folder, "package.json")) &&
      folder !== path.dirname(folder) &&
      belongsTo(path.dirname(folder), owning));
  known.set(folder, result);
  return result;
}
