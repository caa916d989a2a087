/**
 * Records and failures as read from disk. The folder may come with a repository that somebody else made, so their shape is checked
 * field by field before anything trusts it; what does not fit is a miss.
 */
import type { Failure, FailureReason } from "../protocol/failure.js";
import type { CodeGraphNode, FingerprintData } from "../protocol/fingerprint.js";
import { HASH_PATTERN } from "../protocol/ids.js";
import {
  FIRST_FORMAT,
  RECORD_VERSION,
  type InputRecord,
  type RecordFormat,
  type ResultRecord,
  type StoredValue,
  type ValueKind,
} from "../protocol/record.js";
import { FILE_FORMAT } from "./store-layout.js";

type Check = (value: unknown) => boolean;

/** A record of this format or an older one, in today's shape. */
export function parseRecord(value: unknown): ResultRecord | null {
  if (typeof value !== "object" || value === null) return null;
  const { version, ...rest } = value as { readonly version?: unknown };
  const whole =
    version === FIRST_FORMAT.record
      ? { ...rest, format: FIRST_FORMAT, graph: null, sources: null, migratedFrom: null }
      : rest;
  return isRecord(whole) ? (whole as ResultRecord) : null;
}

/** What is written: the first versions of Restage look at `version` to leave a record alone. */
export function recordJson(record: ResultRecord): unknown {
  return { ...record, version: record.format.record };
}

export function parseFailure(value: unknown): Failure | null {
  if (!shape({ reason: text })(value)) return null;
  const { reason } = value as { reason: string };
  if (!Object.hasOwn(FAILURES, reason)) return null;
  return FAILURES[reason as FailureReason](value) ? (value as Failure) : null;
}

const text: Check = (value) => typeof value === "string";
const number: Check = (value) => typeof value === "number" && Number.isFinite(value);
const count: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const hash: Check = (value) => typeof value === "string" && HASH_PATTERN.test(value);
const date: Check = (value) => typeof value === "string" && !Number.isNaN(Date.parse(value));
const anything: Check = (value) => value !== undefined;
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const list =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every((item) => check(item));
const oneOf =
  (...values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value);

/** An object with these own fields; others are left alone, as a later version may add some. */
function shape(fields: Readonly<Record<string, Check>>): Check {
  const entries = Object.entries(fields);
  return (value) =>
    typeof value === "object" &&
    value !== null &&
    entries.every(([name, check]) =>
      check(Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined),
    );
}

const column = shape({ name: text, type: text, digest: hash, nulls: count });

const KINDS: Readonly<Record<ValueKind, true>> = {
  rows: true,
  table: true,
  stream: true,
  frame: true,
  json: true,
  text: true,
  bytes: true,
  buffer: true,
  response: true,
  file: true,
  undefined: true,
};

const storedParts = shape({
  digest: hash,
  kind: oneOf(...Object.keys(KINDS)),
  format: (value) => oneOf("parquet", "json", "raw")(value) || (text(value) && FILE_FORMAT.test(String(value))),
  bytes: count,
  rows: orNull(count),
  columns: orNull(list(column)),
} satisfies Record<Exclude<keyof StoredValue, "media">, Check>);

const media = shape({ type: orNull(text), status: count });
const storedValue: Check = (value) => {
  if (!storedParts(value)) return false;
  const stored = value as StoredValue;
  return stored.kind === "response" ? media(stored.media) : stored.media === undefined;
};

const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);

const fingerprint = shape({
  fingerprint: hash,
  slice: list(shape({ kind: text, name: text, file: text, line: count, hash: text, text })),
  packages: list(
    shape({
      name: text,
      version: text,
      content: optional(hash),
      dependencies: optional(list(shape({ name: text, version: text }))),
    }),
  ),
  withoutVersions: optional(hash),
} satisfies Record<keyof FingerprintData, Check>);

const graph = shape({
  nodes: list(
    shape({
      own: text,
      code: orNull(
        shape({ part: oneOf("run", "unit"), text: (value) => text(value) || count(value), settings: orNull(text) }),
      ),
      edges: list((edge) => Array.isArray(edge) && edge.length === 2 && text(edge[0]) && count(edge[1])),
    } satisfies Record<keyof CodeGraphNode, Check>),
  ),
});

const INPUTS: Readonly<Record<InputRecord["kind"], Check>> = {
  stage: shape({ name: text, stage: text, digest: hash, columns: orNull(list(text)) }),
  file: shape({ name: text, path: text, digest: hash }),
  files: shape({ name: text, pattern: text, files: list(shape({ path: text, digest: hash })) }),
  folder: shape({ name: text, path: text, files: list(shape({ path: text, digest: hash })) }),
  param: shape({ name: text, param: text, value: anything }),
  env: shape({ name: text, variable: text, digest: orNull(hash) }),
};

const input: Check = (value) => {
  if (!shape({ kind: oneOf(...Object.keys(INPUTS)) })(value)) return false;
  return INPUTS[(value as InputRecord).kind](value);
};

const isRecord = shape({
  format: shape({
    record: oneOf(FIRST_FORMAT.record, RECORD_VERSION),
    key: count,
    analysis: count,
  } satisfies Record<keyof RecordFormat, Check>),
  key: hash,
  stage: text,
  result: storedValue,
  fingerprint,
  graph: orNull(graph),
  sources: orNull(hash),
  migratedFrom: orNull(hash),
  inputs: list(input),
  options: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  durationMs: number,
  createdAt: date,
  producer: text,
  node: text,
  host: text,
  log: text,
  observed: optional(
    list(
      shape({
        kind: oneOf("random", "clock", "env", "file"),
        name: text,
        count,
        place: orNull(shape({ file: text, line: count, column: count })),
      }),
    ),
  ),
  checked: optional(
    shape({ at: date, same: (value) => typeof value === "boolean", columns: list(text), row: orNull(count) }),
  ),
  accepted: optional(shape({ at: date, from: hash, reasons: list(shape({ kind: text })) })),
  invalidated: optional(date),
} satisfies Record<keyof ResultRecord, Check>);

const location = orNull(shape({ file: text, line: count, column: count }));
const stack = list(shape({ function: orNull(text), location, text }));

const FAILURES: Readonly<Record<FailureReason, Check>> = {
  "stage-threw": shape({ stage: text, name: text, message: text, stack, location }),
  "bundle-failed": shape({ stage: text, message: text, location }),
  "module-failed": shape({ stage: text, message: text, stack, location }),
  "timed-out": shape({ stage: text, timeoutMs: number }),
  cancelled: shape({ stage: text }),
  exited: shape({ stage: text, code: number, output: text }),
  crashed: shape({ stage: text, signal: text, output: text }),
  "out-of-memory": shape({ stage: text, output: text }),
  "unstorable-value": shape({ stage: text, message: text, location }),
  "input-missing": shape({ stage: text, input: text, path: text }),
  "input-changed-during-run": shape({ stage: text, inputs: list(text) }),
  "upstream-failed": shape({ stage: text, upstream: text }),
  "held-back": shape({ stage: text, heavy: text }),
  "not-runnable": shape({ stage: text, message: text, location }),
  "store-failed": shape({ stage: orNull(text), message: text, path: text }),
  untrusted: shape({ message: text }),
  internal: shape({ stage: orNull(text), message: text, stack: text }),
};
