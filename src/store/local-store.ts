import { createHash } from "node:crypto";
import { lstat, mkdir, rm, utimes, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { RunSummary } from "../protocol/events.js";
import type { Failure } from "../protocol/failure.js";
import type { Digest, Key, StageId } from "../protocol/ids.js";
import type { ResultRecord, StoredValue } from "../protocol/record.js";
import { CleanUp } from "./clean-up.js";
import { isAbsence, listFolder, readPlain, writeWhole } from "./durable-file.js";
import { acquireLock } from "./key-lock.js";
import { ObjectStore } from "./object-store.js";
import { lookAt } from "./file-stamp.js";
import { parseFailure, parseRecord, recordJson } from "./record-parser.js";
import { ReadRecords } from "./read-records.js";
import { historyName, readHistory } from "./history-folder.js";
import { seal, unseal } from "./sealed-json.js";
import { errorCode, guard } from "./store-failure.js";
import { StoreLayout } from "./store-layout.js";
import {
  StoreError,
  type FileIdentity,
  type HistoryEntry,
  type ObjectCheck,
  type Removal,
  type RemoveScope,
  type Store,
  type StoreLock,
  type StoreUse,
} from "./store.js";
import { TemporaryFolder } from "./temporary-folder.js";
import { WitnessedFiles } from "./witnessed-files.js";
import type { Witness } from "./witness.js";

const MAX_RUNS = 500;
const MAX_QUARANTINED = 20;
const TOUCH_INTERVAL_MS = 60_000;
const CACHEDIR_TAG =
  "Signature: 8a477f597d28d172789f06886806bc55\n# Results of Restage. They can be made anew: back-ups may leave this folder out.\n";

/** The store in a folder on this machine (`.restage/`), shared by all processes that have the project open. */
export class LocalStore implements Store {
  readonly folder: string;
  readonly #layout: StoreLayout;
  readonly #temporaries: TemporaryFolder;
  readonly #files: WitnessedFiles;
  readonly #objects: ObjectStore;
  readonly #cleanUp: CleanUp;
  readonly #touched = new Map<Key, number>();
  readonly #touching = new Set<Promise<void>>();
  readonly #records = new ReadRecords();

  /** `witness` is told what statuses are computed from. */
  constructor(options: { readonly folder: string; readonly witness?: Witness | null }) {
    this.folder = resolve(options.folder);
    this.#layout = new StoreLayout(this.folder);
    this.#temporaries = new TemporaryFolder(this.#layout.tmp);
    this.#files = new WitnessedFiles(options.witness ?? null);
    this.#objects = new ObjectStore(this.#layout, this.#files);
    this.#cleanUp = new CleanUp(this.#layout, this.#objects);
  }

  async open(): Promise<void> {
    const found = await this.#checkFolder(this.folder);
    if (found) await this.#checkOwn();
    for (const folder of this.#layout.folders()) await this.#checkFolder(folder);
    try {
      await this.#prepare();
    } catch (error) {
      // What is there can still be read; the first write says what is wrong.
      const code = errorCode(error);
      if (found && (code === "EROFS" || code === "EACCES" || code === "EPERM")) return;
      await guard(this.folder, "open the cache", () =>
        Promise.reject(error instanceof Error ? error : new Error(String(error))),
      );
    }
  }

  newTemporary(): Promise<string> {
    return Promise.resolve(this.#temporaries.newPath());
  }

  newTemporaryFolder(): Promise<string> {
    return this.#guard("make a temporary folder", () => this.#temporaries.newFolder());
  }

  discard(path: string): Promise<void> {
    return this.#guard("remove a temporary file", async () => this.#temporaries.discard(path));
  }

  adopt(temporary: string, format: StoredValue["format"], written: FileIdentity | null = null): Promise<FileIdentity> {
    return this.#guard("file a result", async () => {
      this.#temporaries.assertInside(temporary);
      return this.#objects.adopt(temporary, format, written);
    });
  }

  objectPath(digest: Digest, format: StoredValue["format"]): string {
    return this.#layout.object(digest, format);
  }

  check(value: Pick<StoredValue, "digest" | "bytes" | "format">): Promise<ObjectCheck> {
    return this.#guard("verify a result", () => this.#objects.check(value));
  }

  distrust(value: Pick<StoredValue, "digest" | "format">): void {
    this.#objects.distrust(value);
  }

  async putRecord(record: ResultRecord): Promise<void> {
    await this.#guard("write a record", async () => {
      await writeWhole(this.#temporaries.newPath(), this.#layout.record(record.key), seal(recordJson(record)), {
        flush: true,
      });
      const createdAt = Math.max(0, Date.parse(record.accepted?.at ?? record.createdAt) || 0);
      await this.#addToHistory(record.stage, { key: record.key, createdAt, format: record.format });
    });
  }

  getRecord(key: Key): Promise<ResultRecord | null> {
    return this.#guard("read a record", async () => {
      const path = this.#layout.record(key);
      // A witness wants to hear of each reading.
      if (this.#files.watched) return this.#readRecord(path, key);
      const at = Date.now();
      const stat = lookAt(path);
      if (stat === null) return null;
      const known = this.#records.get(key, stat, at);
      return known === undefined ? this.#records.add(key, stat, at, await this.#readRecord(path, key)) : known;
    });
  }

  history(stage: StageId): Promise<readonly HistoryEntry[]> {
    return this.#guard("read a stage's history", () => readHistory(this.#files, this.#layout.history(stage)));
  }

  otherHistories(known: Iterable<StageId>): Promise<readonly (readonly HistoryEntry[])[]> {
    return this.#guard("look for results of renamed stages", async () => {
      const own = new Set([...known].map((stage) => this.#layout.history(stage)));
      const folders = (await this.#files.list(this.#layout.histories)).map((name) =>
        join(this.#layout.histories, name),
      );
      return Promise.all(
        folders.filter((folder) => !own.has(folder)).map((folder) => readHistory(this.#files, folder)),
      );
    });
  }

  addHistory(stage: StageId, entries: readonly HistoryEntry[]): Promise<void> {
    return this.#guard("write a stage's history", async () => {
      for (const entry of entries) await this.#addToHistory(stage, entry);
    });
  }

  putFailure(key: Key, failure: Failure): Promise<void> {
    return this.#guard("note a failure", () =>
      writeWhole(this.#temporaries.newPath(), this.#layout.failure(key), seal({ key, failure }), { flush: false }),
    );
  }

  getFailure(key: Key): Promise<Failure | null> {
    return this.#guard("read a failure", async () => {
      const path = this.#layout.failure(key);
      if (!this.#files.watched && lookAt(path) === null) return null;
      const text = await this.#files.read(path);
      const value = text === null ? null : unseal(text);
      if (
        typeof value !== "object" ||
        value === null ||
        !("key" in value) ||
        value.key !== key ||
        !("failure" in value)
      )
        return null;
      return parseFailure(value.failure);
    });
  }

  deleteFailure(key: Key): Promise<void> {
    return this.#guard("remove a failure", () => rm(this.#layout.failure(key), { force: true }));
  }

  addRun(summary: RunSummary, startedAt: string): Promise<void> {
    return this.#guard("note a run", async () => {
      const time = String(Math.max(0, Date.parse(startedAt) || 0)).padStart(15, "0");
      const id = createHash("sha256").update(summary.run, "utf8").digest("hex").slice(0, 32);
      await writeWhole(
        this.#temporaries.newPath(),
        join(this.#layout.runs, `${time}-${id}.json`),
        seal({ startedAt, summary }),
        { flush: false },
      );
      await keepNewest(this.#layout.runs, MAX_RUNS);
    });
  }

  use(): Promise<StoreUse> {
    return this.#guard("measure the cache", () => this.#objects.use());
  }

  planRemove(scope: RemoveScope): Promise<Removal> {
    return this.#guard("look through the cache", () => this.#cleanUp.plan(scope));
  }

  remove(scope: RemoveScope): Promise<Removal> {
    return this.#guard("clear the cache", async () => {
      const removal = await this.#cleanUp.remove(scope);
      await this.#objects.recount();
      return removal;
    });
  }

  evict({ maxBytes, pinned }: { readonly maxBytes: number; readonly pinned: ReadonlySet<Digest> }): Promise<Removal> {
    return this.#guard("make room in the cache", async () => {
      if ((await this.#objects.use()).bytes <= maxBytes) return { records: 0, objects: 0, bytes: 0 };
      await Promise.all(this.#touching);
      const removal = await this.#cleanUp.evict(maxBytes, pinned);
      await this.#objects.recount();
      return removal;
    });
  }

  touch(key: Key): void {
    const now = Date.now();
    if (Math.abs(now - (this.#touched.get(key) ?? 0)) < TOUCH_INTERVAL_MS) return;
    this.#touched.set(key, now);
    const time = new Date(now);
    // Losing this costs a result that is evicted too early, at most.
    const touching: Promise<void> = utimes(this.#layout.record(key), time, time)
      .catch(() => undefined)
      .finally(() => this.#touching.delete(touching));
    this.#touching.add(touching);
  }

  lock(key: Key, { signal }: { readonly signal: AbortSignal }): Promise<StoreLock> {
    return this.#guard("lock a stage", async () =>
      acquireLock(this.#layout.lock(key), () => this.#temporaries.newPath(), signal),
    );
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#touching);
    this.#objects.save();
  }

  #guard<T>(what: string, step: () => Promise<T>): Promise<T> {
    return guard(this.folder, what, step);
  }

  async #prepare(): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    // First of all: it is what tells our folder from a user's.
    await writeIfNew(join(this.folder, "CACHEDIR.TAG"), CACHEDIR_TAG);
    await writeIfNew(join(this.folder, ".gitignore"), "*\n");
    for (const folder of this.#layout.folders()) await mkdir(folder, { recursive: true, mode: 0o700 });
    await this.#temporaries.sweep();
    await keepNewest(this.#layout.quarantine, MAX_QUARANTINED);
  }

  /** Whether the folder exists. Anything else than a folder of our own in its place is refused: writes would go where it leads. */
  async #checkFolder(path: string): Promise<boolean> {
    try {
      const stat = await lstat(path);
      if (stat.isSymbolicLink()) {
        throw new StoreError(
          `Restage does not use ${path}, because it is a symbolic link and would lead outside the cache. Remove it, or name its target as "cacheDir" in restage.json.`,
          { path, code: "ELOOP" },
        );
      }
      if (!stat.isDirectory())
        throw new StoreError(
          `Restage cannot use ${path}, because it is not a folder. Move it away, or set "cacheDir" in restage.json.`,
          { path, code: "ENOTDIR" },
        );
      const user = process.getuid?.();
      if (user !== undefined && user !== 0 && stat.uid !== user) {
        throw new StoreError(
          `Restage does not use ${path}, because it belongs to another user. Set "cacheDir" in restage.json to a folder of your own.`,
          { path, code: "EACCES" },
        );
      }
      return true;
    } catch (error) {
      if (isAbsence(error)) return false;
      throw error;
    }
  }

  /** A folder with anything in it that we did not make is somebody's data: we would clean up in it. */
  async #checkOwn(): Promise<void> {
    const tag = await readPlain(join(this.folder, "CACHEDIR.TAG"));
    if (tag?.includes("Restage") === true || (await listFolder(this.folder)).length === 0) return;
    throw new StoreError(
      `Restage does not keep results in ${this.folder}, because it holds files that are not Restage's. Name an empty or new folder as "cacheDir" in restage.json.`,
      { path: this.folder, code: "ENOTEMPTY" },
    );
  }

  async #readRecord(path: string, key: Key): Promise<ResultRecord | null> {
    const text = await this.#files.read(path);
    const record = text === null ? null : parseRecord(unseal(text));
    // A record under another key's name is somebody's copy, not ours.
    return record?.key === key ? record : null;
  }

  /** One empty file for each entry: two processes that add at once cannot undo each other. */
  async #addToHistory(stage: StageId, entry: HistoryEntry): Promise<void> {
    const folder = this.#layout.history(stage);
    const name = historyName(entry);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeIfNew(join(folder, name), "");
    for (const other of await listFolder(folder))
      if (other !== name && other < name && other.includes(entry.key)) await rm(join(folder, other), { force: true });
  }
}

async function writeIfNew(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: "wx", mode: 0o600 });
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw error;
  }
}

/** Names begin with a time, so that the order of names is the order of time. */
async function keepNewest(folder: string, count: number): Promise<void> {
  const names = [...(await listFolder(folder))].sort();
  for (const name of names.slice(0, Math.max(0, names.length - count)))
    await rm(join(folder, name), { recursive: true, force: true });
}
