/** Which Node runs stages: the one a setting names, the user's own, or the one Restage itself runs on. */
import { execFileSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import * as path from "node:path";
import { nodeMajor } from "../core/key.js";
import { readNodeVersion } from "./node-version.js";

export interface NodeExecutable {
  readonly path: string;
  readonly version: string;
}

/** The least Node that can run stages. */
const LEAST_MAJOR = 20;

/**
 * Found at the first run and not before: asking a program for its version starts it, and opening a folder starts nothing.
 * The user's Node is preferred because it is what runs the same code elsewhere; newer ones also start faster.
 */
export class NodeFinder {
  readonly #configured: string | null;
  readonly #searchPath: string;
  #found: NodeExecutable | null = null;
  #peeked: string | null | undefined;

  constructor(options: { readonly configured: string | null; readonly searchPath: string }) {
    this.#configured = options.configured;
    this.#searchPath = options.searchPath;
  }

  get(): NodeExecutable {
    this.#found ??= this.#find();
    return this.#found;
  }

  /** The version `get` would find, told without starting anything; `null` where that cannot be told. */
  peek(): string | null {
    if (this.#found !== null) return this.#found.version;
    if (this.#peeked !== undefined) return this.#peeked;
    this.#peeked = this.#peek();
    return this.#peeked;
  }

  #peek(): string | null {
    const files = this.#configured === null ? onPath(this.#searchPath) : [this.#configured];
    for (const file of files) {
      const version = readNodeVersion(file);
      if (version === null || major(version) >= LEAST_MAJOR) return version;
    }
    return this.#configured === null ? process.version : null;
  }

  #find(): NodeExecutable {
    if (this.#configured !== null) {
      const version = versionOf(this.#configured);
      if (version === null)
        throw new Error(`The setting "restage.nodePath" names ${this.#configured}, which is not a Node executable.`);
      if (major(version) < LEAST_MAJOR)
        throw new Error(
          `The setting "restage.nodePath" names Node ${version}; stages need Node ${LEAST_MAJOR} or later.`,
        );
      return { path: this.#configured, version };
    }
    for (const file of onPath(this.#searchPath)) {
      const version = versionOf(file);
      if (version !== null && major(version) >= LEAST_MAJOR) return { path: file, version };
    }
    return { path: process.execPath, version: process.version };
  }
}

function onPath(searchPath: string): string[] {
  const name = process.platform === "win32" ? "node.exe" : "node";
  return searchPath
    .split(path.delimiter)
    .filter((folder) => path.isAbsolute(folder))
    .map((folder) => path.join(folder, name))
    .filter(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function versionOf(file: string): string | null {
  try {
    const out = execFileSync(file, ["--version"], {
      encoding: "utf8",
      timeout: 5000,
      stdio: ["ignore", "pipe", "ignore"],
      env: { ELECTRON_RUN_AS_NODE: "1" },
    });
    return /^v\d+\.\d+\.\d+/.exec(out.trim())?.[0] ?? null;
  } catch {
    return null;
  }
}

function major(version: string): number {
  return nodeMajor(version) ?? 0;
}
