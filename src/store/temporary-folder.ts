import { createHash, randomBytes } from "node:crypto";
import { lstat, mkdir, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, join, resolve } from "node:path";
import { isAbsence, listFolder } from "./durable-file.js";

const DAY = 24 * 60 * 60 * 1000;

/** This machine in names on disk: containers and hosts that share a folder have process ids of their own. */
export const HOST = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);

/** The store's `tmp/`: names carry the host and the process, so that what a dead process left can be told and removed. */
export class TemporaryFolder {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  newPath(): string {
    return join(this.#folder, `${HOST}-${process.pid}-${randomBytes(8).toString("hex")}`);
  }

  async newFolder(): Promise<string> {
    const path = this.newPath();
    await mkdir(path, { mode: 0o700 });
    return path;
  }

  /** Throws for a path that is not directly in this folder: nothing else may ever be removed through here. */
  assertInside(path: string): void {
    if (dirname(resolve(path)) !== resolve(this.#folder))
      throw new RangeError(`Not a temporary of this store: ${path}`);
  }

  async discard(path: string): Promise<void> {
    this.assertInside(path);
    await rm(path, { recursive: true, force: true });
  }

  /** Removes what dead processes left. Another host's are removed by age, since its processes cannot be asked after. */
  async sweep(): Promise<void> {
    for (const name of await listFolder(this.#folder)) {
      const path = join(this.#folder, name);
      const owner = /^([0-9a-f]{8})-(\d+)-[0-9a-f]{16}$/.exec(name);
      const dead = owner !== null && owner[1] === HOST ? !isAlive(Number(owner[2])) : await isOld(path);
      if (dead) await rm(path, { recursive: true, force: true });
    }
  }
}

export function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, and belongs to somebody else.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

async function isOld(path: string): Promise<boolean> {
  try {
    return Date.now() - (await lstat(path)).mtimeMs > DAY;
  } catch (error) {
    if (isAbsence(error)) return false;
    throw error;
  }
}
