import type { RunSummary } from "../protocol/events.js";
import type { Failure } from "../protocol/failure.js";
import type { Digest, Key, StageId } from "../protocol/ids.js";
import type { RecordFormat, ResultRecord, StoredValue } from "../protocol/record.js";

/**
 * Where results are kept. Every implementation passes `test/support/store-conformance.ts`.
 *
 * Promises: an entry is whole or absent, whatever is killed, whenever; a read gives exactly what was stored or a miss; several
 * processes may use one store at once; a holder that died never blocks anybody. Failures of the disk are `StoreError`s.
 */
export interface Store {
  readonly folder: string;
  /** Creates what is missing, refuses a folder that is a symbolic link, removes temporary files of dead processes. */
  open(): Promise<void>;
  /** A path for a new file, on the file system of the store; the file is not made. */
  newTemporary(): Promise<string>;
  newTemporaryFolder(): Promise<string>;
  /** Removes a temporary file or folder. Paths that are not the store's temporaries are refused. */
  discard(path: string): Promise<void>;
  /**
   * Files a temporary file under the digest of its content. An object that exists already is healed if it is damaged. `written` is
   * what its writer told of the file as it wrote it; one of that size is not read again.
   */
  adopt(temporary: string, format: StoredValue["format"], written?: FileIdentity | null): Promise<FileIdentity>;
  objectPath(digest: Digest, format: StoredValue["format"]): string;
  /** Cheap for an object that has not been touched since it was last verified. A corrupt one is moved to quarantine. */
  check(value: Pick<StoredValue, "digest" | "bytes" | "format">): Promise<ObjectCheck>;
  /** Somebody who read the object found it damaged: the next `check` reads it, whatever its status says. */
  distrust(value: Pick<StoredValue, "digest" | "format">): void;
  putRecord(record: ResultRecord): Promise<void>;
  /** A record that is damaged or of another version reads as `null`. */
  getRecord(key: Key): Promise<ResultRecord | null>;
  /** The keys of a stage's results, newest first. */
  history(stage: StageId): Promise<readonly HistoryEntry[]>;
  /**
   * Entries of stages that are not among these: where the results of a stage under its former name are. One list a stage,
   * each newest first.
   */
  otherHistories(known: Iterable<StageId>): Promise<readonly (readonly HistoryEntry[])[]>;
  /** Notes that a stage has these results, too: it was renamed, or is a copy. */
  addHistory(stage: StageId, entries: readonly HistoryEntry[]): Promise<void>;
  putFailure(key: Key, failure: Failure): Promise<void>;
  getFailure(key: Key): Promise<Failure | null>;
  deleteFailure(key: Key): Promise<void>;
  /** The newest 500 are kept. */
  addRun(summary: RunSummary, startedAt: string): Promise<void>;
  use(): Promise<StoreUse>;
  /** What `remove` would remove: the records, and the objects that no remaining record needs. */
  planRemove(scope: RemoveScope): Promise<Removal>;
  remove(scope: RemoveScope): Promise<Removal>;
  /** Removes least recently used results until the objects fit; never one of `pinned`. */
  evict(options: { readonly maxBytes: number; readonly pinned: ReadonlySet<Digest> }): Promise<Removal>;
  /** Notes that the record was used. */
  touch(key: Key): void;
  /** Waits until no other process computes this key. Rejects with the signal's reason when aborted. */
  lock(key: Key, options: { readonly signal: AbortSignal }): Promise<StoreLock>;
  dispose(): Promise<void>;
}

export interface FileIdentity {
  readonly digest: Digest;
  readonly bytes: number;
}

export type ObjectCheck =
  | { readonly state: "ok" }
  | { readonly state: "missing" }
  /** `quarantined`: where the damaged file is now; `null` when it could not be moved. */
  | { readonly state: "corrupt"; readonly quarantined: string | null };

export interface HistoryEntry {
  readonly key: Key;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly format: RecordFormat;
}

export interface StoreUse {
  readonly bytes: number;
  readonly objects: number;
}

export interface Removal {
  readonly records: number;
  readonly objects: number;
  readonly bytes: number;
}

export type RemoveScope = { readonly keys: readonly Key[] } | "all";

export interface StoreLock {
  release(): Promise<void>;
}

/** The disk did not do what was asked; `code` is the system's (`ENOSPC`, `EROFS`, …) and the message one clear sentence. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly path: string;
  readonly code: string;

  constructor(message: string, details: { readonly path: string; readonly code: string; readonly cause?: unknown }) {
    super(message, { cause: details.cause });
    this.path = details.path;
    this.code = details.code;
  }
}
