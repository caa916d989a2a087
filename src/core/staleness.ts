/**
 * Why a stage must run: one function per reason, each comparing what the last result was made from with what is there
 * now. All that hold are reported, because a person who repairs one wants to know of the other.
 */
import type { CodeChange } from "../protocol/engine-api.js";
import type { FingerprintData, SliceEntry } from "../protocol/fingerprint.js";
import type { DeclarationChange, StaleReason } from "../protocol/reason.js";
import type { InputRecord, ResultRecord } from "../protocol/record.js";
import type { InputDeclaration, StaticValue } from "../protocol/stage.js";
import { canonicalJson } from "./hashing.js";
import { nodeMajor } from "./key.js";
import { isPresentFormat } from "./record-format.js";

/** What is true of a stage now. Inputs that cannot be known yet (an upstream must run) are not in `inputs`. */
export interface StageFacts {
  readonly fingerprint: FingerprintData;
  readonly inputs: readonly InputRecord[];
  /** All declared inputs, known or not. */
  readonly declared: readonly InputDeclaration[];
  readonly options: { readonly [name: string]: StaticValue };
  /** Major version of the Node that would run it; `null` while that cannot be told. */
  readonly node: number | null;
}

export function compareWithRecord(then: ResultRecord, now: StageFacts): readonly StaleReason[] {
  return [
    ...(restageChanged(then, now).length > 0 ? [] : codeChanged(then.fingerprint, now.fingerprint)),
    // What another version noted of a package's files is not comparable.
    ...packagesChanged(then.fingerprint, now.fingerprint).filter(
      (reason) => isPresentFormat(then.format) || (reason.kind === "package-changed" && reason.was !== reason.now),
    ),
    ...inputsChanged(then, now),
    ...filesChanged(then, now),
    ...paramsChanged(then, now),
    ...environmentChanged(then, now),
    ...upstreamsChanged(then, now),
    ...optionsChanged(then, now),
    ...nodeChanged(then, now),
    ...restageChanged(then, now),
  ];
}

/** Another version of Restage reads code otherwise: where no declaration differs, that is all there is to say. */
export function restageChanged(then: ResultRecord, now: StageFacts): StaleReason[] {
  if (isPresentFormat(then.format) || then.fingerprint.fingerprint === now.fingerprint.fingerprint) return [];
  const edited = compareSlices(then.fingerprint.slice, now.fingerprint.slice).length > 0;
  return edited ? [] : [{ kind: "restage-changed", was: then.producer }];
}

export function codeChanged(then: FingerprintData, now: FingerprintData): StaleReason[] {
  if (then.fingerprint === now.fingerprint) return [];
  const declarations = compareSlices(then.slice, now.slice);
  // A changed package alone also changes the fingerprint; it has a reason of its own.
  if (declarations.length === 0 && packagesChanged(then, now).length > 0) return [];
  return [{ kind: "code-changed", declarations }];
}

export function packagesChanged(then: FingerprintData, now: FingerprintData): StaleReason[] {
  if (then.fingerprint === now.fingerprint) return [];
  const was = versionsOf(then);
  const is = versionsOf(now);
  const names = [...new Set([...was.keys(), ...is.keys()])].sort();
  return names
    .filter((name) => was.get(name) !== is.get(name) || contentsOf(then, name) !== contentsOf(now, name))
    .map((name) => ({ kind: "package-changed", package: name, was: was.get(name) ?? null, now: is.get(name) ?? null }));
}

/** Versions of the packages that code uses, and of those they need; several of one may be installed. */
function versionsOf({ packages }: FingerprintData): Map<string, string> {
  const versions = new Map<string, Set<string>>();
  for (const { name, version } of packages.flatMap((used) => [used, ...(used.dependencies ?? [])])) {
    versions.set(name, (versions.get(name) ?? new Set()).add(version));
  }
  return new Map([...versions].map(([name, set]) => [name, [...set].sort().join(", ")]));
}

function contentsOf({ packages }: FingerprintData, name: string): string {
  return packages.flatMap((used) => (used.name === name ? [used.content ?? ""] : [])).join();
}

/** Inputs declared differently: other names, or another kind or source under the same name. */
export function inputsChanged(then: ResultRecord, now: StageFacts): StaleReason[] {
  const was = new Map(then.inputs.map((input) => [input.name, recordedInput(input)]));
  const is = new Map(now.declared.map((input) => [input.name, declaredInput(input)]));
  const removed = [...was].filter(([name]) => !is.has(name)).map(([name, what]) => `${name} = ${what}`);
  const added = [...is].filter(([name]) => !was.has(name)).map(([name, what]) => `${name} = ${what}`);
  const changed = [...is].flatMap(([input, what]) => {
    const before = was.get(input);
    return before === undefined || before === what ? [] : [{ input, was: before, now: what }];
  });
  return added.length + removed.length + changed.length === 0
    ? []
    : [{ kind: "inputs-changed", added, removed, changed }];
}

export function filesChanged(then: ResultRecord, now: StageFacts): StaleReason[] {
  return sameInputs(then, now).flatMap(([was, is]): StaleReason[] => {
    if (was.kind === "file" && is.kind === "file" && was.digest !== is.digest) {
      return [{ kind: "input-changed", input: is.name, path: is.path, was: was.digest, now: is.digest }];
    }
    if ((was.kind === "file" && is.kind === "folder") || (was.kind === "folder" && is.kind === "file"))
      return [{ kind: "input-changed", input: is.name, path: is.path, was: `a ${was.kind}`, now: `a ${is.kind}` }];
    if ((was.kind === "files" && is.kind === "files") || (was.kind === "folder" && is.kind === "folder")) {
      const before = new Map(was.files.map((f) => [f.path, f.digest]));
      const after = new Map(is.files.map((f) => [f.path, f.digest]));
      const added = [...after.keys()].filter((path) => !before.has(path));
      const removed = [...before.keys()].filter((path) => !after.has(path));
      const modified = [...after]
        .filter(([path, digest]) => before.has(path) && before.get(path) !== digest)
        .map(([path]) => path);
      if (added.length + removed.length + modified.length === 0) return [];
      return [
        {
          kind: "files-changed",
          input: is.name,
          pattern: is.kind === "files" ? is.pattern : `${is.path}/**`,
          added,
          removed,
          modified,
        },
      ];
    }
    return [];
  });
}

export function paramsChanged(then: ResultRecord, now: StageFacts): StaleReason[] {
  return sameInputs(then, now).flatMap(([was, is]): StaleReason[] =>
    was.kind === "param" && is.kind === "param" && canonicalJson(was.value) !== canonicalJson(is.value)
      ? [{ kind: "param-changed", param: is.param, was: was.value, now: is.value }]
      : [],
  );
}

export function environmentChanged(then: ResultRecord, now: StageFacts): StaleReason[] {
  return sameInputs(then, now).flatMap(([was, is]): StaleReason[] => {
    if (was.kind !== "env" || is.kind !== "env" || was.digest === is.digest) return [];
    const change = was.digest === null ? "set" : is.digest === null ? "unset" : "changed";
    return [{ kind: "env-changed", variable: is.variable, change }];
  });
}

export function upstreamsChanged(then: ResultRecord, now: StageFacts): StaleReason[] {
  return sameInputs(then, now).flatMap(([was, is]): StaleReason[] =>
    was.kind === "stage" && is.kind === "stage" && was.digest !== is.digest
      ? [
          {
            kind: "upstream-changed",
            stage: is.stage,
            before: was.stage,
            was: was.digest,
            now: is.digest,
            columns: is.columns,
          },
        ]
      : [],
  );
}

export function optionsChanged(then: ResultRecord, now: StageFacts): StaleReason[] {
  const names = [...new Set([...Object.keys(then.options), ...Object.keys(now.options)])].sort();
  return names
    .filter((name) => canonicalJson(then.options[name] ?? null) !== canonicalJson(now.options[name] ?? null))
    .map((name) => ({
      kind: "options-changed",
      option: name,
      was: then.options[name] ?? null,
      now: now.options[name] ?? null,
    }));
}

export function nodeChanged(then: ResultRecord, now: StageFacts): StaleReason[] {
  const was = nodeMajor(then.node);
  return now.node === null || was === now.node ? [] : [{ kind: "node-changed", was, now: now.node }];
}

export function compareSlices(then: readonly SliceEntry[], now: readonly SliceEntry[]): DeclarationChange[] {
  return codeChanges(then, now).flatMap(({ change, was, now: is }) => {
    const entry = is ?? was;
    return entry === null ? [] : [{ change, name: entry.name, kind: entry.kind, file: entry.file, line: entry.line }];
  });
}

/**
 * Declarations that differ, with their texts. They are matched by name first within a file and then anywhere, so that a
 * helper that only moved is not reported; the stage itself is matched whatever it is called.
 */
export function codeChanges(then: readonly SliceEntry[], now: readonly SliceEntry[]): CodeChange[] {
  const { were, are } = withoutCommon(then, now);
  const modified: CodeChange[] = [];
  const unmatched = new Set(were);
  const added: SliceEntry[] = [];
  for (const entry of are) {
    const match = find(unmatched, entry);
    if (match === undefined) {
      added.push(entry);
      continue;
    }
    unmatched.delete(match);
    if (match.hash !== entry.hash) modified.push({ change: "modified", was: match, now: entry });
  }
  return [
    ...modified,
    ...added.map((entry): CodeChange => ({ change: "added", was: null, now: entry })),
    ...[...unmatched].map((entry): CodeChange => ({ change: "removed", was: entry, now: null })),
  ];
}

/** Without what stands in both as it is: nearly all, nearly always, and the rest is compared each with each. */
function withoutCommon(
  then: readonly SliceEntry[],
  now: readonly SliceEntry[],
): { readonly were: Iterable<SliceEntry>; readonly are: readonly SliceEntry[] } {
  const [were, are] = withoutSamePlaces(then, now);
  if (were.length === 0 || are.length === 0) return { were, are };
  const byHash = new Map<string, SliceEntry[]>();
  for (const entry of were) {
    const same = byHash.get(entry.hash);
    if (same) same.push(entry);
    else byHash.set(entry.hash, [entry]);
  }
  const common = new Set<SliceEntry>();
  const others = are.filter((entry) => {
    const match = byHash.get(entry.hash)?.find((e) => isSameEntry(e, entry) && !common.has(e));
    if (match) common.add(match);
    return !match;
  });
  return { were: were.filter((entry) => !common.has(entry)), are: others };
}

/** Without what stands at the same place, counted from the begin or the end: one edit leaves the order of the rest alone. */
function withoutSamePlaces(
  then: readonly SliceEntry[],
  now: readonly SliceEntry[],
): readonly [SliceEntry[], SliceEntry[]] {
  const were: SliceEntry[] = [];
  const are: SliceEntry[] = [];
  const short = Math.min(then.length, now.length);
  let front = 0;
  while (front < short && isSameEntry(then[front], now[front])) front++;
  let back = 0;
  while (back < short - front && isSameEntry(then.at(-1 - back), now.at(-1 - back))) back++;
  const [thenEnd, nowEnd] = [then.length - back, now.length - back];
  for (let at = front; at < Math.max(thenEnd, nowEnd); at++) {
    const was = at < thenEnd ? then[at] : undefined;
    const is = at < nowEnd ? now[at] : undefined;
    if (isSameEntry(was, is)) continue;
    if (was) were.push(was);
    if (is) are.push(is);
  }
  return [were, are];
}

function isSameEntry(a: SliceEntry | undefined, b: SliceEntry | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  return a === b || (a.hash === b.hash && a.name === b.name && a.file === b.file && a.kind === b.kind);
}

function find(candidates: ReadonlySet<SliceEntry>, entry: SliceEntry): SliceEntry | undefined {
  let elsewhere: SliceEntry | undefined;
  for (const other of candidates) {
    if (other.kind !== entry.kind) continue;
    if (entry.kind === "stage") return other;
    if (other.name !== entry.name && !(entry.kind === "effects" && other.hash === entry.hash)) continue;
    if (other.file === entry.file) return other;
    if (other.hash === entry.hash) elsewhere ??= other;
  }
  return elsewhere;
}

/** Pairs of inputs declared the same then and now. */
function sameInputs(then: ResultRecord, now: StageFacts): [InputRecord, InputRecord][] {
  const was = new Map(then.inputs.map((i) => [i.name, i]));
  return now.inputs.flatMap((is): [InputRecord, InputRecord][] => {
    const before = was.get(is.name);
    return before !== undefined && recordedInput(before) === recordedInput(is) ? [[before, is]] : [];
  });
}

/** An input without its content, as far as it counts: names of parameters do not, nor those of upstream stages. */
function recordedInput(input: InputRecord): string {
  switch (input.kind) {
    case "stage":
      return input.columns === null ? viewOf(input.view) : `columns ${input.columns.join(", ")} of a stage`;
    case "file":
    case "folder":
      return `file ${input.path}`;
    case "files":
      return "files";
    case "param":
      return "a parameter";
    case "env":
      return `variable ${input.variable}`;
  }
}

function declaredInput(input: InputDeclaration): string {
  switch (input.kind) {
    case "stage":
      return input.view.as === "columns"
        ? `columns ${input.view.columns.join(", ")} of a stage`
        : viewOf(input.view.as);
    case "file":
      return `file ${input.path}`;
    case "files":
      return "files";
    case "param":
      return "a parameter";
    case "env":
      return `variable ${input.variable}`;
  }
}

function viewOf(view: string): string {
  return `a stage's ${view}`;
}
