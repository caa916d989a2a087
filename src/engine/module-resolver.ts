/**
 * Where an import leads, on the real file system: as TypeScript and Node resolve it, with `.js` standing for `.ts`,
 * tsconfig paths, package `exports` and `imports`. Answers are memoised until `clear`.
 */
import { builtinModules } from "node:module";
import * as path from "node:path";
import enhancedResolve, { type Resolver } from "enhanced-resolve";
import type { Resolution } from "../core/analysis/module-host.js";
import { sha256 } from "../core/hashing.js";
import type { Digest } from "../protocol/ids.js";
import { InstalledPackages } from "./installed-package.js";
import type { Disk } from "./disk.js";
import { EXTENSION_ALIASES, EXTENSIONS, PlainPaths } from "./plain-path.js";

// CommonJS whose names Node cannot tell from its text: only the default import works in every loader.
const { CachedInputFileSystem, ResolverFactory } = enhancedResolve;

type How = "import" | "require" | "asset";

export interface ModuleResolverOptions {
  readonly projectRoot: string;
  readonly disk: Disk;
}

const SOURCE = /\.(?:[mc]?[jt]s|[jt]sx)$/;
const DECLARATION = /\.d\.[mc]?ts$/;
const BUILTINS: ReadonlySet<string> = new Set(builtinModules);
/** Answers of the cached file system are dropped by `clear`, not by time. */
const CACHE_MS = 3_600_000;

export class ModuleResolver {
  readonly #projectRoot: string;
  readonly #disk: Disk;
  #memo = new Map<string, Resolution>();
  #packages: InstalledPackages;
  #plainPaths: PlainPaths;
  #resolvers = new Map<string, Resolver>();
  #tsconfigs = new Map<string, string | null>();
  #fileSystem: InstanceType<typeof CachedInputFileSystem>;

  constructor({ projectRoot, disk }: ModuleResolverOptions) {
    this.#projectRoot = projectRoot;
    this.#disk = disk;
    this.#packages = new InstalledPackages(disk);
    this.#plainPaths = new PlainPaths(disk);
    this.#fileSystem = newFileSystem(disk);
  }

  /** Forgets all answers: files, package.json or tsconfig.json changed. */
  clear(): void {
    this.#memo = new Map();
    this.#packages = new InstalledPackages(this.#disk);
    this.#plainPaths = new PlainPaths(this.#disk);
    this.#resolvers = new Map();
    this.#tsconfigs = new Map();
    this.#fileSystem.purge();
    this.#fileSystem = newFileSystem(this.#disk);
  }

  resolve(from: string, specifier: string, how: How): Resolution {
    const folder = path.dirname(from);
    const key = JSON.stringify([folder, specifier, how]);
    let resolution = this.#memo.get(key);
    if (!resolution) {
      resolution = this.#find(folder, specifier, how);
      this.#memo.set(key, resolution);
    }
    return resolution;
  }

  #find(folder: string, specifier: string, how: How): Resolution {
    if (/^restage(?:\/|$)/.test(specifier)) return { to: "runtime" };
    if (specifier.startsWith("node:")) return { to: "builtin", name: specifier };
    // A package of the same name, such as `punycode`, is only meant with a slash at the end.
    if (how !== "asset" && BUILTINS.has(specifier)) return { to: "builtin", name: `node:${specifier}` };
    if (/^(?:data|https?):/.test(specifier)) return this.#url(specifier);
    // A loader's `?raw` or `?url` is about how the file is read.
    const request = /^[./#]/.test(specifier) ? specifier.replace(/\?[\w&=]*$/, "") : specifier;
    const wanted = how === "asset" ? asRelative(request) : request;
    const plain = this.#plainPaths.find(folder, wanted);
    if (plain !== null && !DECLARATION.test(plain)) return this.#classify(plain, plain, specifier, how);
    const found = this.#locate(folder, wanted, how);
    if (found !== null) return this.#classify(found, this.#realPath(found), specifier, how);
    return { to: "unresolved", message: this.#explain(folder, specifier) };
  }

  #url(specifier: string): Resolution {
    const message = `Restage cannot follow "${specifier.slice(0, 60)}". Import a file or a package instead.`;
    return specifier.startsWith("data:")
      ? { to: "data", file: path.join(this.#projectRoot, "data-url"), digest: sha256(specifier) }
      : { to: "unresolved", message };
  }

  /** A tsconfig that cannot be read makes every answer an error, so what it does not find is looked for without it. */
  #locate(folder: string, request: string, how: How): string | null {
    const tsconfig = this.#tsconfig(folder);
    const found = this.#attempt(this.#resolver(tsconfig, how), folder, request);
    return found === null && tsconfig !== null ? this.#attempt(this.#resolver(null, how), folder, request) : found;
  }

  #attempt(resolver: Resolver, folder: string, request: string): string | null {
    try {
      const found = resolver.resolveSync({}, folder, request);
      if (found === false || DECLARATION.test(found)) return null;
      // `\0#` is how enhanced-resolve writes a `#` that is part of a name; what follows a `?` is no path.
      return found.replace(/\0(.)/g, "$1").replace(/\?[^/\\]*$/, "");
    } catch {
      return null;
    }
  }

  #classify(file: string, real: string, specifier: string, how: How): Resolution {
    const inPackage = packageFolder(real);
    if (inPackage !== null) return this.#package(inPackage, file);
    if (SOURCE.test(file)) return { to: "source", file };
    try {
      const { bytes, digest } = this.#disk.readOrThrow(file);
      return {
        to: "data",
        file,
        digest: how === "asset" ? digest : importedDigest(file, bytes.toString("utf8"), digest),
      };
    } catch (error) {
      return { to: "unresolved", message: `"${specifier}" cannot be read: ${describeError(error)}` };
    }
  }

  #package(folder: string, file: string): Resolution {
    try {
      return { to: "package", ...this.#packages.describe(folder, file) };
    } catch (error) {
      return {
        to: "unresolved",
        message: `The package in "${path.basename(folder)}" has no readable package.json (${describeError(error)}). Install it again.`,
      };
    }
  }

  #explain(folder: string, specifier: string): string {
    if (/^\.{0,2}\//.test(specifier) || /^\.{1,2}$/.test(specifier)) {
      const wanted = path.relative(this.#projectRoot, path.resolve(folder, specifier)).split(path.sep).join("/");
      return `The file "${wanted}" does not exist. Create it or correct the import "${specifier}".`;
    }
    if (specifier.startsWith("#")) {
      return `"${specifier}" is not among the "imports" of package.json. Add it there or correct the import.`;
    }
    const name = packageName(specifier);
    for (let at = folder; ; at = path.dirname(at)) {
      if (this.#disk.exists(path.join(at, "node_modules", name))) {
        return `The package "${name}" does not provide "${specifier}". Correct the import or install another version.`;
      }
      if (at === path.dirname(at)) break;
    }
    return `The package "${name}" is not installed. Run "npm install ${name}" or correct the import.`;
  }

  #resolver(tsconfig: string | null, how: How): Resolver {
    const key = JSON.stringify([tsconfig, how]);
    let resolver = this.#resolvers.get(key);
    if (!resolver) {
      resolver = ResolverFactory.createResolver({
        fileSystem: this.#fileSystem,
        useSyncFileSystemCalls: true,
        extensions: [...EXTENSIONS],
        extensionAlias: Object.fromEntries(Object.entries(EXTENSION_ALIASES).map(([from, to]) => [from, [...to]])),
        conditionNames:
          how === "require" ? ["node", "require", "default"] : ["node", "import", "module-sync", "default"],
        mainFields: ["main"],
        symlinks: true,
        preferRelative: false,
        ...(tsconfig === null ? {} : { tsconfig: { configFile: tsconfig, references: "auto" } }),
      });
      this.#resolvers.set(key, resolver);
    }
    return resolver;
  }

  #realPath(file: string): string {
    try {
      return this.#disk.realPath(file);
    } catch {
      return file;
    }
  }

  /** The nearest tsconfig.json (or jsconfig.json) of a folder. One that cannot be read is as if it were not there. */
  #tsconfig(folder: string): string | null {
    const known = this.#tsconfigs.get(folder);
    if (known !== undefined) return known;
    let found: string | null = null;
    for (const name of ["tsconfig.json", "jsconfig.json"]) {
      const file = path.join(folder, name);
      if (found === null && this.#disk.isFile(file)) found = file;
    }
    const parent = path.dirname(folder);
    if (found === null && parent !== folder) found = this.#tsconfig(parent);
    this.#tsconfigs.set(folder, found);
    return found;
  }
}

/** What an import of data means: of JSON the values count and not how they are written. */
export function importedDigest(file: string, text: string, digest: Digest): Digest {
  // Numbers that JSON.stringify writes as others.
  if (path.extname(file) !== ".json" || /-0|[eE]\+?\d{3}/.test(text)) return digest;
  try {
    return sha256(`json\n${JSON.stringify(JSON.parse(text))}`);
  } catch {
    return digest;
  }
}

/** The folder of the package a file (a real path) belongs to, or `null` for a file that is not in `node_modules`. */
function packageFolder(file: string): string | null {
  const parts = file.split(path.sep);
  const at = parts.lastIndexOf("node_modules");
  if (at < 0) return null;
  const scoped = parts[at + 1]?.startsWith("@") === true;
  return parts.slice(0, at + (scoped ? 3 : 2)).join(path.sep);
}

type Calls = ConstructorParameters<typeof CachedInputFileSystem>[0];

/** It is only ever asked synchronously; its type wants the other half too. */
function newFileSystem(disk: Disk): InstanceType<typeof CachedInputFileSystem> {
  return new CachedInputFileSystem(disk.calls as unknown as Calls, CACHE_MS);
}

function packageName(specifier: string): string {
  const [first = specifier, second] = specifier.split("/");
  return specifier.startsWith("@") && second !== undefined ? `${first}/${second}` : first;
}

function asRelative(specifier: string): string {
  return /^[./]/.test(specifier) ? specifier : `./${specifier}`;
}

function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
