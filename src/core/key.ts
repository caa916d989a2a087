/**
 * A key names everything that decides a stage's result. Invariant: nothing in it depends on when, where on disk or by
 * whom the stage runs; two machines with the same project have the same keys.
 */
import type { Digest, Fingerprint, Key } from "../protocol/ids.js";
import type { InputRecord, StoredValue } from "../protocol/record.js";
import type { StageOptions, StaticValue } from "../protocol/stage.js";
import { canonicalJson, sha256 } from "./hashing.js";

/** In every key. A change of what goes into keys must change it. */
export const KEY_VERSION = 2;

export function computeKey(parts: {
  readonly fingerprint: Fingerprint;
  readonly inputs: readonly InputRecord[];
  readonly options: { readonly [name: string]: StaticValue };
  /** Major version of the Node that runs the stage. Platform and processor do not count: results move between machines. */
  readonly node: number;
}): Key {
  const inputs: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const input of parts.inputs) inputs[input.name] = inputIdentity(input);
  return sha256(
    canonicalJson({
      version: KEY_VERSION,
      fingerprint: parts.fingerprint,
      inputs,
      options: parts.options,
      node: parts.node,
    }),
  ) as string as Key;
}

/** What of an input counts. An upstream's id does not: renaming a stage must not touch those that use it. */
export function inputIdentity(input: InputRecord): unknown {
  switch (input.kind) {
    case "stage":
      return { kind: "stage", digest: input.digest, view: input.view, columns: input.columns };
    case "file":
      return { kind: "file", path: input.path, digest: input.digest };
    case "files":
      return { kind: "files", files: input.files.map((f) => [f.path, f.digest]) };
    case "folder":
      return { kind: "folder", path: input.path, files: input.files.map((f) => [f.path, f.digest]) };
    case "param":
      return { kind: "param", value: input.value };
    case "env":
      return { kind: "env", digest: input.digest };
  }
}

/** The major version in `v24.1.0`; `null` where there is none. */
export function nodeMajor(version: string): number | null {
  const match = /^v(\d+)\./.exec(version);
  return match === null ? null : Number(match[1]);
}

/** The options that change what is stored; the others (timeout, ttl, retries, description, tags) only say when or how. */
export function resultOptions(options: StageOptions): { readonly [name: string]: StaticValue } {
  const out: Record<string, StaticValue> = {};
  if (options.format !== undefined) out["format"] = options.format;
  return out;
}

/** Environment values are kept as hashes only: they may be secrets. */
export function environmentDigest(variable: string, value: string | undefined): Digest | null {
  return value === undefined ? null : sha256(`${variable}\0${value}`);
}

/**
 * What of an upstream's result counts. A file of rows or of an Arrow table tells itself what it is; the same bytes may else be a text, a
 * `Buffer` or a file of another extension, and a stage that gets one of these must not be fresh because of another.
 */
export function resultIdentity({ digest, kind, format, media }: StoredValue): Digest {
  if ((kind === "rows" || kind === "table") && format === "parquet") return digest;
  return sha256(canonicalJson({ digest, kind, format, media: media === undefined ? null : { ...media } }));
}

/** What `.columns(…)` depends on: the named columns' contents, in the order asked for. */
export function columnsDigest(
  columns: readonly { readonly name: string; readonly type: string; readonly digest: Digest }[],
): Digest {
  return sha256(canonicalJson(columns.map((c) => [c.name, c.type, c.digest])));
}
