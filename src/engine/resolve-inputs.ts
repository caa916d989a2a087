/** What a stage's declared inputs are at this moment, as records that go into its key, and as arguments for a run. */
import * as path from "node:path";
import { columnsDigest, environmentDigest, resultIdentity } from "../core/key.js";
import { stageName } from "../core/describe.js";
import type { Digest, Key, StageId } from "../protocol/ids.js";
import type { StaleReason } from "../protocol/reason.js";
import type { InputRecord, StoredValue } from "../protocol/record.js";
import type { InputDeclaration, StageDeclaration, StaticValue, View } from "../protocol/stage.js";
import { unreachable } from "../protocol/unreachable.js";
import { readFolder } from "./folder-input.js";
import { expandGlob } from "./project-files.js";
import type { Disk } from "./disk.js";
import type { StatMemo } from "./stat-memo.js";

/** An upstream's result: stored, or (for a stage without a cache) only identified by its key until it is needed. */
export type UpstreamResult =
  { readonly kind: "stored"; readonly value: StoredValue } | { readonly kind: "uncached"; readonly key: Key };

/** What the run function gets, before it is decoded. */
export type InputValue =
  | {
      readonly name: string;
      readonly from: "stage";
      readonly stage: StageId;
      readonly view: View;
      readonly result: UpstreamResult;
    }
  | { readonly name: string; readonly from: "literal"; readonly value: StaticValue | undefined };

export interface ResolvedInputs {
  /** In declaration order; inputs that cannot be known are left out. */
  readonly records: readonly InputRecord[];
  readonly values: readonly InputValue[];
  /** Why the others cannot be known. */
  readonly missing: readonly StaleReason[];
  /** Upstreams whose result is not there yet. */
  readonly waiting: readonly StageId[];
}

export interface InputContext {
  /** Folder that paths and globs are relative to. */
  readonly root: string;
  readonly disk: Disk;
  readonly memo: StatMemo;
  /** Folder of the results: nobody's input. */
  readonly cache: string;
  readonly params: { readonly [name: string]: StaticValue };
  readonly environment: { readonly [name: string]: string | undefined };
  /** `null`: it must run first. */
  readonly upstream: (stage: StageId) => UpstreamResult | null;
}

type One =
  | { readonly is: "known"; readonly record: InputRecord; readonly value: InputValue }
  | { readonly is: "missing"; readonly reason: StaleReason }
  | { readonly is: "waiting"; readonly stage: StageId };

export async function resolveInputs(declaration: StageDeclaration, context: InputContext): Promise<ResolvedInputs> {
  const records: InputRecord[] = [];
  const values: InputValue[] = [];
  const missing: StaleReason[] = [];
  const waiting: StageId[] = [];
  for (const input of declaration.inputs) {
    const one = await resolveInput(input, declaration, context);
    if (one.is === "missing") missing.push(one.reason);
    else if (one.is === "waiting") waiting.push(one.stage);
    else {
      records.push(one.record);
      values.push(one.value);
    }
  }
  return { records, values, missing, waiting };
}

async function resolveInput(
  input: InputDeclaration,
  declaration: StageDeclaration,
  context: InputContext,
): Promise<One> {
  switch (input.kind) {
    case "stage": {
      const result = context.upstream(input.stage);
      return result === null ? { is: "waiting", stage: input.stage } : upstreamInput(input, result, declaration);
    }
    case "file": {
      const file = path.resolve(context.root, input.path);
      const read = await context.memo.digest(file);
      if ("error" in read) {
        if (context.disk.isFolder(file)) return folderInput(input, file, context);
        return missingFile(input.name, input.path, read.error);
      }
      const record: InputRecord = { kind: "file", name: input.name, path: input.path, digest: read.digest };
      return { is: "known", record, value: { name: input.name, from: "literal", value: file } };
    }
    case "files":
      return globInput(input, context);
    case "param": {
      const value = Object.hasOwn(context.params, input.param) ? (context.params[input.param] ?? null) : input.default;
      const record: InputRecord = { kind: "param", name: input.name, param: input.param, value };
      return { is: "known", record, value: { name: input.name, from: "literal", value } };
    }
    case "env": {
      const value = context.environment[input.variable] ?? input.default ?? undefined;
      const digest = environmentDigest(input.variable, value);
      const record: InputRecord = { kind: "env", name: input.name, variable: input.variable, digest };
      return { is: "known", record, value: { name: input.name, from: "literal", value } };
    }
    default:
      return unreachable(input);
  }
}

function upstreamInput(
  input: Extract<InputDeclaration, { kind: "stage" }>,
  result: UpstreamResult,
  declaration: StageDeclaration,
): One {
  const columns = input.view.as === "columns" ? input.view.columns : null;
  const value: InputValue = { name: input.name, from: "stage", stage: input.stage, view: input.view, result };
  const known = (digest: Digest): One => ({
    is: "known",
    record: { kind: "stage", name: input.name, stage: input.stage, digest, view: input.view.as, columns },
    value,
  });
  // A result without a cache is identified by what made it: it cannot be told to be the same before it ran again.
  if (result.kind === "uncached") return known(result.key as string as Digest);
  if (columns === null) return known(resultIdentity(result.value));
  const there = result.value.columns ?? [];
  const chosen = columns.flatMap((name) => there.filter((column) => column.name === name));
  if (chosen.length < columns.length) {
    const names = columns.filter((name) => !there.some((column) => column.name === name));
    const has = there.length === 0 ? "it has no columns" : `it has ${there.map((c) => c.name).join(", ")}`;
    const message = `${stageName(input.stage)} has no column ${names.map((n) => `"${n}"`).join(", ")}; ${has}`;
    return { is: "missing", reason: { kind: "invalid-declaration", message, location: declaration.nameRange } };
  }
  return known(columnsDigest(chosen));
}

async function globInput(input: Extract<InputDeclaration, { kind: "files" }>, context: InputContext): Promise<One> {
  const files: { path: string; digest: Digest }[] = [];
  for (const file of expandGlob(context.root, input.pattern, context.disk)) {
    const read = await context.memo.digest(path.resolve(context.root, file));
    if ("error" in read) return missingFile(input.name, file, read.error);
    files.push({ path: file, digest: read.digest });
  }
  const record: InputRecord = { kind: "files", name: input.name, pattern: input.pattern, files };
  return {
    is: "known",
    record,
    value: { name: input.name, from: "literal", value: files.map((f) => path.resolve(context.root, f.path)) },
  };
}

async function folderInput(
  input: Extract<InputDeclaration, { kind: "file" }>,
  folder: string,
  context: InputContext,
): Promise<One> {
  const read = await readFolder(folder, context);
  if ("error" in read) return missingFile(input.name, path.posix.join(input.path, read.path), read.error);
  const record: InputRecord = { kind: "folder", name: input.name, path: input.path, files: read.files };
  return { is: "known", record, value: { name: input.name, from: "literal", value: folder } };
}

function missingFile(input: string, file: string, detail: string): One {
  return { is: "missing", reason: { kind: "input-missing", input, path: file, detail } };
}
