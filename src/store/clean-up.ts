import { lstat, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Digest, Key, StageId } from "../protocol/ids.js";
import { HASH_PATTERN } from "../protocol/ids.js";
import { isAbsence, listFolder, readPlain } from "./durable-file.js";
import type { FoundObject, ObjectStore } from "./object-store.js";
import { parseRecord } from "./record-parser.js";
import { unseal } from "./sealed-json.js";
import type { StoreLayout } from "./store-layout.js";
import type { Removal, RemoveScope } from "./store.js";

/** An unreferenced object younger than this may be about to get its record from another process. */
const GRACE_MS = 60 * 60 * 1000;

interface FoundRecord {
  readonly key: Key;
  readonly path: string;
  readonly stage: StageId | null;
  readonly digests: readonly Digest[];
  readonly usedAt: number;
  /** Of another version: left alone, and what it refers to is kept. */
  readonly foreign: boolean;
}

interface Plan extends Removal {
  readonly removedRecords: readonly FoundRecord[];
  readonly removedObjects: readonly FoundObject[];
}

/**
 * Removes records and objects, on demand or to fit a size.
 *
 * Invariant: records go before objects, so that whatever is killed in between, a record never refers to an object that this process took
 * away on purpose; and an object goes only when no remaining record refers to it. Another process that files the same bytes at this very
 * moment sees a miss at worst.
 */
export class CleanUp {
  readonly #layout: StoreLayout;
  readonly #objects: ObjectStore;

  constructor(layout: StoreLayout, objects: ObjectStore) {
    this.#layout = layout;
    this.#objects = objects;
  }

  async plan(scope: RemoveScope): Promise<Removal> {
    const { records, objects, bytes } = await this.#plan(scope);
    return { records, objects, bytes };
  }

  async remove(scope: RemoveScope): Promise<Removal> {
    const plan = await this.#plan(scope);
    await this.#carryOut(plan);
    if (scope === "all") await this.#removeTraces();
    else for (const key of scope.keys) await rm(this.#layout.failure(key), { force: true });
    return { records: plan.records, objects: plan.objects, bytes: plan.bytes };
  }

  async evict(maxBytes: number, pinned: ReadonlySet<Digest>): Promise<Removal> {
    const objects = await this.#objects.find();
    let bytes = objects.reduce((sum, object) => sum + object.bytes, 0);
    if (bytes <= maxBytes) return { records: 0, objects: 0, bytes: 0 };
    const records = await this.#findRecords();
    const users = countUsers(records);
    const byDigest = groupByDigest(objects);
    const removedRecords: FoundRecord[] = [];
    const removedObjects: FoundObject[] = [];
    const drop = (digest: Digest): void => {
      for (const object of byDigest.get(digest) ?? []) {
        removedObjects.push(object);
        bytes -= object.bytes;
      }
      byDigest.delete(digest);
    };
    for (const object of objects)
      if (bytes > maxBytes && !users.has(object.digest) && !pinned.has(object.digest) && isPastGrace(object))
        drop(object.digest);
    for (const record of [...records].sort((a, b) => a.usedAt - b.usedAt)) {
      if (bytes <= maxBytes) break;
      if (record.foreign || record.digests.some((digest) => pinned.has(digest))) continue;
      removedRecords.push(record);
      for (const digest of record.digests) if (release(users, digest)) drop(digest);
    }
    const plan = planOf(removedRecords, removedObjects);
    await this.#carryOut(plan);
    return { records: plan.records, objects: plan.objects, bytes: plan.bytes };
  }

  async #plan(scope: RemoveScope): Promise<Plan> {
    const records = await this.#findRecords();
    const wanted = scope === "all" ? null : new Set<string>(scope.keys);
    const removedRecords = records.filter((record) => !record.foreign && (wanted === null || wanted.has(record.key)));
    const gone = new Set(removedRecords);
    const kept = countUsers(records.filter((record) => !gone.has(record)));
    const freed = new Set(removedRecords.flatMap((record) => record.digests));
    const objects = await this.#objects.find();
    const removedObjects = objects.filter(
      (object) => !kept.has(object.digest) && (freed.has(object.digest) || (scope === "all" && isPastGrace(object))),
    );
    return planOf(removedRecords, removedObjects);
  }

  async #carryOut({ removedRecords, removedObjects }: Plan): Promise<void> {
    for (const record of removedRecords) {
      await rm(record.path, { force: true });
      if (record.stage !== null) await this.#forget(record.stage, record.key);
    }
    for (const object of removedObjects) await this.#objects.remove(object);
  }

  async #forget(stage: StageId, key: Key): Promise<void> {
    const folder = this.#layout.history(stage);
    for (const name of await listFolder(folder)) if (name.includes(key)) await rm(join(folder, name), { force: true });
  }

  async #removeTraces(): Promise<void> {
    for (const folder of [this.#layout.failures, this.#layout.quarantine]) {
      for (const name of await listFolder(folder)) await rm(join(folder, name), { recursive: true, force: true });
    }
  }

  async #findRecords(): Promise<readonly FoundRecord[]> {
    const found: FoundRecord[] = [];
    for (const shard of await listFolder(this.#layout.records)) {
      for (const name of await listFolder(join(this.#layout.records, shard))) {
        const key = name.replace(/\.json$/, "");
        if (!HASH_PATTERN.test(key)) continue;
        const path = join(this.#layout.records, shard, name);
        const text = await readPlain(path);
        if (text === null) continue;
        found.push({ key: key as Key, path, usedAt: await usedAt(path), ...contentOf(text) });
      }
    }
    return found;
  }
}

function contentOf(text: string): Pick<FoundRecord, "stage" | "digests" | "foreign"> {
  const value = unseal(text);
  // A damaged record is no record: nothing can be read from it.
  if (value === undefined) return { stage: null, digests: [], foreign: false };
  const record = parseRecord(value);
  if (record !== null) return { stage: record.stage, digests: [record.result.digest], foreign: false };
  // Another version may refer to objects by other fields than ours: whatever looks like a digest counts.
  return { stage: null, digests: (text.match(/[0-9a-f]{64}/g) ?? []) as Digest[], foreign: true };
}

function countUsers(records: readonly FoundRecord[]): Map<Digest, number> {
  const users = new Map<Digest, number>();
  for (const record of records) for (const digest of record.digests) users.set(digest, (users.get(digest) ?? 0) + 1);
  return users;
}

/** True when nobody uses it any longer. */
function release(users: Map<Digest, number>, digest: Digest): boolean {
  const left = (users.get(digest) ?? 1) - 1;
  users.set(digest, left);
  return left === 0;
}

function groupByDigest(objects: readonly FoundObject[]): Map<Digest, FoundObject[]> {
  const groups = new Map<Digest, FoundObject[]>();
  for (const object of objects) groups.set(object.digest, [...(groups.get(object.digest) ?? []), object]);
  return groups;
}

function planOf(removedRecords: readonly FoundRecord[], removedObjects: readonly FoundObject[]): Plan {
  return {
    removedRecords,
    removedObjects,
    records: removedRecords.length,
    objects: removedObjects.length,
    bytes: removedObjects.reduce((sum, object) => sum + object.bytes, 0),
  };
}

/** A time in the future (a clock that was set back) counts as now, so that it cannot hasten anything. */
function isPastGrace(object: FoundObject): boolean {
  return Date.now() - object.modifiedAt > GRACE_MS;
}

async function usedAt(path: string): Promise<number> {
  try {
    return Math.min(Date.now(), (await lstat(path)).mtimeMs);
  } catch (error) {
    if (isAbsence(error)) return 0;
    throw error;
  }
}
