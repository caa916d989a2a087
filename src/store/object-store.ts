import { randomBytes } from "node:crypto";
import { constants, type BigIntStats } from "node:fs";
import { chmod, open, rename, rm, utimes } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Digest } from "../protocol/ids.js";
import type { StoredValue } from "../protocol/record.js";
import { isAbsence, listFolder, place } from "./durable-file.js";
import { digestOfName, type StoreLayout } from "./store-layout.js";
import type { FileIdentity, ObjectCheck, StoreUse } from "./store.js";
import { lookAt, storeStamp } from "./file-stamp.js";
import { VerifiedMemo } from "./verified-memo.js";
import type { WitnessedFiles } from "./witnessed-files.js";
import { hashHandle } from "./verified-file.js";

/** An object as found on disk. */
export interface FoundObject {
  readonly digest: Digest;
  readonly path: string;
  readonly bytes: number;
  readonly modifiedAt: number;
}

/**
 * The immutable objects, named by their content.
 *
 * Invariant: a file under a digest's name was whole, flushed and hashed before it got that name. It is hashed again whenever its
 * status differs from when it was last verified.
 */
export class ObjectStore {
  readonly #layout: StoreLayout;
  readonly #files: WitnessedFiles;
  readonly #verified: VerifiedMemo;
  readonly #checking = new Map<string, Promise<ObjectCheck>>();
  #use: Promise<StoreUse> | null = null;
  #bytes = 0;
  #objects = 0;

  constructor(layout: StoreLayout, files: WitnessedFiles) {
    this.#layout = layout;
    this.#files = files;
    this.#verified = new VerifiedMemo(layout.verified);
  }

  async adopt(temporary: string, format: StoredValue["format"], written: FileIdentity | null): Promise<FileIdentity> {
    const file = await open(temporary, constants.O_RDWR | constants.O_NOFOLLOW);
    let digest: Digest;
    let bytes: number;
    try {
      const stat = await file.stat();
      if (!stat.isFile()) throw new RangeError(`Not a file: ${temporary}`);
      bytes = stat.size;
      // Its writer hashed the very bytes that it wrote; whether the disk has them all is for `sync` to say.
      digest = written?.bytes === bytes ? written.digest : ((await hashHandle(file, bytes, null)) as Digest);
      await file.chmod(0o444);
      await file.sync();
    } finally {
      await file.close();
    }
    const path = this.#layout.object(digest, format);
    const before = statObject(path);
    // A renewed time keeps a clean-up that runs beside this from taking the object before its record is written. An object that
    // was not verified just now is replaced instead of read: that heals it, whatever is wrong with it.
    if (before !== null && this.#verified.has(path, before) && (await renew(path))) {
      await rm(temporary, { force: true });
      this.#remember(path);
      return { digest, bytes };
    }
    await place(temporary, path, { flush: true });
    this.#remember(path);
    this.#count(bytes - Number(before?.size ?? 0n), before === null ? 1 : 0);
    return { digest, bytes };
  }

  /** Several callers that ask for one object at once share one reading of it. */
  check(value: Pick<StoredValue, "digest" | "bytes" | "format">): Promise<ObjectCheck> {
    const path = this.#layout.object(value.digest, value.format);
    const id = `${path} ${value.bytes}`;
    let running = this.#checking.get(id);
    if (running === undefined) {
      running = this.#check(path, value).finally(() => this.#checking.delete(id));
      this.#checking.set(id, running);
    }
    return running;
  }

  /** Its bytes were found damaged although its status had not changed: the next check reads it. */
  distrust(value: Pick<StoredValue, "digest" | "format">): void {
    this.#verified.delete(this.#layout.object(value.digest, value.format));
  }

  /** Keeps what was verified for the next process. */
  save(): void {
    this.#verified.save();
  }

  async find(): Promise<readonly FoundObject[]> {
    const found: FoundObject[] = [];
    for (const shard of await this.#files.list(this.#layout.objects)) {
      for (const name of await this.#files.list(join(this.#layout.objects, shard))) {
        const digest = digestOfName(name);
        // A file that does not lie where its name belongs is somebody else's.
        if (digest?.startsWith(shard) !== true) continue;
        const path = join(this.#layout.objects, shard, name);
        const stat = statObject(path);
        if (stat !== null)
          found.push({ digest, path, bytes: Number(stat.size), modifiedAt: Number(stat.mtimeNs / 1_000_000n) });
      }
    }
    return found;
  }

  async remove(object: FoundObject): Promise<void> {
    // A file that may not be written cannot be removed on Windows.
    if (process.platform === "win32") await chmod(object.path, 0o600).catch(ignoreAbsence);
    await rm(object.path, { force: true });
    this.#verified.delete(object.path);
    this.#count(-object.bytes, -1);
  }

  /** Counted once by looking, then kept up to date; other processes' changes show after `recount`. */
  async use(): Promise<StoreUse> {
    // Who is watched says only what was seen just now.
    if (this.#files.watched) this.#use = null;
    this.#use ??= this.recount();
    await this.#use;
    return { bytes: Math.max(0, this.#bytes), objects: Math.max(0, this.#objects) };
  }

  async recount(): Promise<StoreUse> {
    const found = await this.find();
    this.#bytes = found.reduce((sum, object) => sum + object.bytes, 0);
    this.#objects = found.length;
    return { bytes: this.#bytes, objects: this.#objects };
  }

  async #check(path: string, value: Pick<StoredValue, "digest" | "bytes">): Promise<ObjectCheck> {
    const at = Date.now();
    const stat = statObject(path);
    if (stat === null) return this.#absent(path);
    if (Number(stat.size) !== value.bytes)
      return { state: "corrupt", quarantined: await this.#quarantine(path, Number(stat.size)) };
    if (this.#verified.has(path, stat)) {
      this.#files.verified(path, stat, at);
      return { state: "ok" };
    }
    let digest: string;
    try {
      const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
      try {
        digest = await hashHandle(file, value.bytes, null);
      } finally {
        await file.close();
      }
    } catch (error) {
      if (isAbsence(error)) return this.#absent(path);
      throw error;
    }
    if (digest !== value.digest)
      return { state: "corrupt", quarantined: await this.#quarantine(path, Number(stat.size)) };
    // The status from before the reading: had anybody written meanwhile, it would differ from now on.
    if (storeStamp(stat, at) !== null) this.#verified.add(path, stat);
    this.#files.verified(path, stat, at);
    return { state: "ok" };
  }

  /** Damage that another process found, or this one before, stays the reason until the object is made again. */
  async #absent(path: string): Promise<ObjectCheck> {
    this.#files.cannotTell();
    const kept = (await listFolder(this.#layout.quarantine)).find((name) => name.endsWith(`-${basename(path)}`));
    return kept === undefined
      ? { state: "missing" }
      : { state: "corrupt", quarantined: join(this.#layout.quarantine, kept) };
  }

  async #quarantine(path: string, bytes: number): Promise<string | null> {
    this.#files.cannotTell();
    this.#verified.delete(path);
    const target = join(this.#layout.quarantine, `${Date.now()}-${randomBytes(4).toString("hex")}-${basename(path)}`);
    try {
      await rename(path, target);
      this.#count(-bytes, -1);
      return target;
    } catch {
      // On a read-only disk it stays where it is; it is never trusted either way.
      return null;
    }
  }

  #remember(path: string): void {
    const stat = statObject(path);
    if (stat !== null && storeStamp(stat, Date.now()) !== null) this.#verified.add(path, stat);
  }

  #count(bytes: number, objects: number): void {
    this.#bytes += bytes;
    this.#objects += objects;
  }
}

/** `null` when there is no plain file of that name. */
function statObject(path: string): BigIntStats | null {
  try {
    // At once and not by the thread pool: it takes microseconds, and a status asks it of each of a thousand results.
    const stat = lookAt(path);
    return stat?.isFile() === true ? stat : null;
  } catch (error) {
    if (isAbsence(error)) return null;
    throw error;
  }
}

async function renew(path: string): Promise<boolean> {
  try {
    const now = new Date();
    await utimes(path, now, now);
    return true;
  } catch {
    return false;
  }
}

function ignoreAbsence(error: unknown): void {
  if (!isAbsence(error)) throw error;
}
