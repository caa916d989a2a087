/**
 * What is installed under a name: the version says it all for a package as it was published. One that was patched or edited
 * in place has the same version and other code, so its content counts too; and so do the versions of what it depends on.
 */
import * as path from "node:path";
import type { Digest } from "../protocol/ids.js";
import { sha256 } from "../core/hashing.js";
import type { Disk } from "./disk.js";

export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  /** Of the files that can run. */
  readonly content: Digest;
  /** All that it needs in turn, as installed, sorted. */
  readonly dependencies: readonly { readonly name: string; readonly version: string }[];
}

/** A small package is read whole; of a larger one that nothing says is patched, the file that is imported. */
const SMALL_FILES = 64;
const RUNS = /\.(?:[mc]?[jt]sx?|json|wasm|node)$/;
const DECLARATION = /\.d\.[mc]?ts$/;

interface Manifest {
  readonly folder: string;
  readonly name: string;
  readonly version: string;
  readonly needs: readonly string[];
}

export class InstalledPackages {
  readonly #disk: Disk;
  readonly #manifests = new Map<string, Manifest | null>();
  readonly #contents = new Map<string, Digest | null>();
  readonly #patches = new Map<string, readonly string[]>();
  readonly #needs = new Map<string, InstalledPackage["dependencies"]>();

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  /** The package in a folder, of which `file` is imported. Throws when its package.json cannot be read. */
  describe(folder: string, file: string): InstalledPackage {
    const manifest = this.#read(folder);
    const { name, version } = manifest;
    return { name, version, content: this.#content(manifest, file), dependencies: this.#dependencies(manifest) };
  }

  #content(manifest: Manifest, file: string): Digest {
    let whole = this.#contents.get(manifest.folder);
    if (whole === undefined) {
      const files = this.#files(manifest.folder, this.#isPatched(manifest) ? Infinity : SMALL_FILES);
      whole = files === null ? null : this.#digest(manifest.folder, files);
      this.#contents.set(manifest.folder, whole);
    }
    return whole ?? this.#digest(manifest.folder, [file]);
  }

  #digest(folder: string, files: readonly string[]): Digest {
    const contents = files.map((file) => [
      path.relative(folder, file).split(path.sep).join("/"),
      this.#disk.read(file)?.digest ?? "",
    ]);
    return sha256(JSON.stringify(contents));
  }

  /** Files of a package that can run, without those of packages inside it. `null`: more than `most`. */
  #files(folder: string, most: number): string[] | null {
    const found: string[] = [];
    const pending = [folder];
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      for (const entry of this.#disk.list(at)) {
        const full = path.join(at, entry.name);
        if (entry.isDirectory()) {
          if (entry.name !== "node_modules") pending.push(full);
        } else if (
          RUNS.test(entry.name) &&
          !DECLARATION.test(entry.name) &&
          full !== path.join(folder, "package.json")
        ) {
          found.push(full);
        }
        if (found.length + pending.length > most) return null;
      }
    }
    return found.sort();
  }

  /** A patch of patch-package, pnpm or yarn names it, or it came from a folder (`file:`). */
  #isPatched({ folder, name }: Manifest): boolean {
    const root = folder.slice(0, folder.indexOf(`${path.sep}node_modules${path.sep}`));
    const spelled = [name.replaceAll("/", "+"), name.replaceAll("/", "__"), name.replaceAll("/", "-")];
    if (
      this.#patchesOf(root).some((patch) => spelled.some((start) => new RegExp(`^${escape(start)}[+@-]`).test(patch)))
    ) {
      return true;
    }
    const project = this.#disk.read(path.join(root, "package.json"));
    return (
      project !== null &&
      new RegExp(`"${escape(name)}"\\s*:\\s*"(?:file|link|portal|patch):`).test(project.bytes.toString("utf8"))
    );
  }

  #patchesOf(root: string): readonly string[] {
    let patches = this.#patches.get(root);
    if (!patches) {
      patches = [path.join(root, "patches"), path.join(root, ".yarn", "patches")].flatMap((folder) =>
        this.#disk.isFolder(folder) ? this.#disk.list(folder).map((entry) => entry.name) : [],
      );
      this.#patches.set(root, patches);
    }
    return patches;
  }

  #dependencies(manifest: Manifest): InstalledPackage["dependencies"] {
    let known = this.#needs.get(manifest.folder);
    if (!known) {
      const found = new Map<string, Manifest>();
      const pending = [manifest];
      for (let at = pending.pop(); at; at = pending.pop()) {
        for (const name of at.needs) {
          const needed = this.#find(at.folder, name);
          if (!needed || found.has(needed.folder) || needed.folder === manifest.folder) continue;
          found.set(needed.folder, needed);
          pending.push(needed);
        }
      }
      const entries = new Map(
        [...found.values()].map(({ name, version }) => [`${name}@${version}`, { name, version }]),
      );
      known = [...entries].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
      this.#needs.set(manifest.folder, known);
    }
    return known;
  }

  /** As Node looks for it, from the folder of the package that needs it. */
  #find(from: string, name: string): Manifest | null {
    for (let at = from; ; at = path.dirname(at)) {
      if (path.basename(at) !== "node_modules") {
        const folder = path.join(at, "node_modules", name);
        if (this.#disk.exists(path.join(folder, "package.json"))) return this.#attempt(folder);
      }
      if (at === path.dirname(at)) return null;
    }
  }

  #attempt(folder: string): Manifest | null {
    try {
      return this.#read(this.#disk.realPath(folder));
    } catch {
      return null;
    }
  }

  #read(folder: string): Manifest {
    const known = this.#manifests.get(folder);
    if (known) return known;
    const text = this.#disk.readOrThrow(path.join(folder, "package.json")).bytes.toString("utf8");
    const parsed: unknown = JSON.parse(text);
    const { name, version, ...rest } =
      typeof parsed === "object" && parsed !== null ? (parsed as Fields) : ({} as Fields);
    const manifest = {
      folder,
      name: typeof name === "string" ? name : path.basename(folder),
      version: typeof version === "string" && version !== "" ? version : sha256(text),
      needs: ["dependencies", "optionalDependencies", "peerDependencies"].flatMap((field) => keysOf(rest[field])),
    };
    this.#manifests.set(folder, manifest);
    return manifest;
  }
}

type Fields = Readonly<Record<string, unknown>>;

function keysOf(value: unknown): string[] {
  return typeof value === "object" && value !== null ? Object.keys(value) : [];
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
