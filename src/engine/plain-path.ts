/**
 * The short way for most imports: a relative path that names one file, where no link is on the way. The answer is the one that
 * the full resolution gives, with a look or two instead of a walk through everything that a specifier could mean; whatever
 * is not that simple is `null` here and goes the full way.
 */
import * as path from "node:path";
import type { Disk, Kind } from "./disk.js";

/** What TypeScript sources are imported as, and what that stands for, in this order. */
export const EXTENSION_ALIASES: Readonly<Record<string, readonly string[]>> = {
  ".js": [".ts", ".tsx", ".js", ".jsx"],
  ".jsx": [".tsx", ".jsx"],
  ".mjs": [".mts", ".mjs"],
  ".cjs": [".cts", ".cjs"],
};
export const EXTENSIONS: readonly string[] = [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".json"];

/** Nothing in it that means something else in a specifier or a file name, and a name at the end. */
const PLAIN = /^\.\.?\/(?:[\w.@-]+\/)*[\w-][\w.-]*$/;

export class PlainPaths {
  readonly #disk: Disk;
  /** Whether a folder is one, and no link leads to it. */
  readonly #folders = new Map<string, boolean>();
  readonly #files = new Map<string, Kind>();

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  /** The file that a relative path from a folder means; `null`: not to be said this way. */
  find(folder: string, request: string): string | null {
    if (!PLAIN.test(request)) return null;
    const named = path.resolve(folder, request);
    if (!this.#isFolder(path.dirname(named))) return null;
    const extension = path.extname(named);
    const stem = named.slice(0, named.length - extension.length);
    const aliases = EXTENSION_ALIASES[extension];
    const candidates =
      aliases === undefined
        ? [named, ...EXTENSIONS.map((added) => `${named}${added}`)]
        : aliases.map((alias) => `${stem}${alias}`);
    for (const candidate of candidates) {
      const found = this.#look(candidate);
      if (found === "file") return candidate;
      if (found !== "nothing") return null;
    }
    return null;
  }

  #look(file: string): Kind {
    let kind = this.#files.get(file);
    if (kind === undefined) this.#files.set(file, (kind = this.#disk.kind(file)));
    return kind;
  }

  #isFolder(folder: string): boolean {
    const known = this.#folders.get(folder);
    if (known !== undefined) return known;
    const above = path.dirname(folder);
    const is = above === folder || (this.#isFolder(above) && this.#disk.kind(folder) === "folder");
    this.#folders.set(folder, is);
    return is;
  }
}
