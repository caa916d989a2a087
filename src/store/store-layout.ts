import { createHash } from "node:crypto";
import { join } from "node:path";
import { HASH_PATTERN, type Digest, type Key, type StageId } from "../protocol/ids.js";
import type { StoredValue } from "../protocol/record.js";

type Format = StoredValue["format"];

/**
 * Where everything lies. Names on disk are made of hashes, hexadecimal digits, times and process ids only, so that no name a user chose
 * (a stage, a column, a parameter) can lead out of the folder or clash where case is folded.
 */
export class StoreLayout {
  readonly folder: string;
  readonly objects: string;
  readonly records: string;
  readonly histories: string;
  readonly failures: string;
  readonly runs: string;
  readonly locks: string;
  readonly quarantine: string;
  readonly tmp: string;
  /** A file: see `VerifiedMemo`. */
  readonly verified: string;

  constructor(folder: string) {
    this.folder = folder;
    this.objects = join(folder, "objects");
    this.records = join(folder, "records");
    this.histories = join(folder, "history");
    this.failures = join(folder, "failures");
    this.runs = join(folder, "runs");
    this.locks = join(folder, "locks");
    this.quarantine = join(folder, "quarantine");
    this.tmp = join(folder, "tmp");
    this.verified = join(folder, "verified.json");
  }

  folders(): readonly string[] {
    return [
      this.objects,
      this.records,
      this.histories,
      this.failures,
      this.runs,
      this.locks,
      this.quarantine,
      this.tmp,
    ];
  }

  object(digest: Digest, format: Format): string {
    return join(this.objects, checked(digest).slice(0, 2), `${digest}${extension(format)}`);
  }

  record(key: Key): string {
    return join(this.records, checked(key).slice(0, 2), `${key}.json`);
  }

  failure(key: Key): string {
    return join(this.failures, checked(key).slice(0, 2), `${key}.json`);
  }

  lock(key: Key): string {
    return join(this.locks, checked(key));
  }

  history(stage: StageId): string {
    return join(this.histories, createHash("sha256").update(stage, "utf8").digest("hex"));
  }
}

/** Formats of users' own files, with extensions that are safe in names. */
export const FILE_FORMAT = /^file(?:\.[A-Za-z0-9_-]{1,16})?$/;

/** The digest that a file in `objects` is named by; `null` for a name that Restage does not give. */
export function digestOfName(name: string): Digest | null {
  const match = /^([0-9a-f]{64})(?:\.[A-Za-z0-9_-]{1,16})?$/.exec(name);
  return match === null ? null : (match[1] as Digest);
}

export function extension(format: Format): string {
  switch (format) {
    case "parquet":
      return ".parquet";
    case "json":
      return ".json";
    case "raw":
      return ".bin";
    case "file":
      return "";
    default:
      // Of a user's file: checked again, because it becomes part of a path.
      if (!FILE_FORMAT.test(format)) throw new RangeError(`Not a format of stored files: ${JSON.stringify(format)}.`);
      return format.slice("file".length);
  }
}

function checked(hash: string): string {
  if (!HASH_PATTERN.test(hash))
    throw new RangeError(`Not a SHA-256 in hexadecimal: ${JSON.stringify(hash.slice(0, 80))}.`);
  return hash;
}
