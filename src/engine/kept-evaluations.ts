/**
 * Evaluations that need not be made again. Invariant: one is kept only while everything it was computed from is the same, as
 * far as somebody said what changed: its declaration and code are compared, its upstreams' results too, and its input files
 * with the files that changed. What nobody tells of is found by evaluating everything, which follows each quick answer.
 */
import * as path from "node:path";
import { canonicalJson } from "../core/hashing.js";
import type { CodeState } from "../protocol/fingerprint.js";
import type { StageId } from "../protocol/ids.js";
import type { InputDeclaration, StageDeclaration } from "../protocol/stage.js";
import type { StaleReason } from "../protocol/reason.js";
import { isSourceFile } from "./project-files.js";
import type { UpstreamResult } from "./resolve-inputs.js";

/** What of an evaluation decides whether it can be kept. */
interface Known {
  readonly declaration: StageDeclaration;
  readonly code: CodeState | null;
  readonly reasons: readonly StaleReason[];
  readonly ignored: readonly StaleReason[];
  readonly result: UpstreamResult | null;
}

export interface Before<E extends Known> {
  readonly evaluations: ReadonlyMap<StageId, E>;
  /** Whether what was told to have changed may concern the stage itself. */
  readonly touches: (evaluation: Known) => boolean;
}

/** What was said of a stage, when nothing that it was said for has changed. */
export function keptEvaluation<E extends Known>(
  declaration: StageDeclaration,
  code: () => CodeState,
  upstream: readonly StageId[],
  { before, done }: { readonly before: Before<E>; readonly done: ReadonlyMap<StageId, E> },
): E | null {
  const known = before.evaluations.get(declaration.id);
  if (known?.declaration !== declaration || known.code === null || known.code !== code()) return null;
  for (const id of upstream) {
    const was = before.evaluations.get(id);
    const is = done.get(id);
    if (was !== is && !givesTheSame(was, is)) return null;
  }
  return before.touches(known) ? null : known;
}

/** Gives evaluations that say the same as before as the same objects: what is made of them need not be made again. */
export function keepEqual<E extends Known>(
  before: ReadonlyMap<StageId, E>,
  now: ReadonlyMap<StageId, E>,
): ReadonlyMap<StageId, E> {
  return new Map(
    [...now].map(([id, evaluation]) => {
      const known = before.get(id);
      return [id, known !== undefined && isEqual(known, evaluation) ? known : evaluation];
    }),
  );
}

function isEqual<E extends Known>(a: E, b: E): boolean {
  if (a === b) return true;
  const names = Object.keys(b) as (keyof E)[];
  // Large parts are the same objects while they are the same; what is made each time is small.
  return (
    names.length === Object.keys(a).length &&
    names.every(
      (name) => a[name] === b[name] || (!LARGE.has(name) && canonicalJson(a[name]) === canonicalJson(b[name])),
    )
  );
}

const LARGE: ReadonlySet<PropertyKey> = new Set(["declaration", "code", "record", "last"]);

/** Whether those that use a stage can tell no difference. */
function givesTheSame(was: Known | undefined, is: Known | undefined): boolean {
  const [a, b] = [was?.result, is?.result];
  if (a?.kind === "uncached" && b?.kind === "uncached") return a.key === b.key;
  return a?.kind === "stored" && b?.kind === "stored" && canonicalJson(a.value) === canonicalJson(b.value);
}

interface Place {
  readonly rootOf: (declaration: StageDeclaration) => string;
  readonly displayPath: (file: string) => string;
}

/** What may be kept when these files changed; `null`: nothing, because it is not known what else that may mean. */
export function keeping<E extends Known>(
  evaluations: ReadonlyMap<StageId, E>,
  files: readonly string[],
  place: Place,
): Before<E> | null {
  // Source means what its text says, and an input its content. Anything else may decide what imports or settings are.
  const others = new Set(files.filter((file) => !isSourceFile(file)));
  for (const { declaration } of others.size === 0 ? [] : evaluations.values()) {
    for (const input of declaration.inputs)
      if (input.kind === "file") others.delete(placeOf(input, place.rootOf(declaration)));
  }
  if (others.size > 0) return null;
  return { evaluations, touches: touchedBy(files, place) };
}

/** Whether a stage reads one of the files, or says of one of them where the code changed. */
function touchedBy(files: readonly string[], place: Place): (evaluation: Known) => boolean {
  const shown = new Set(files.map((file) => place.displayPath(file)));
  return ({ declaration, reasons, ignored }) => {
    // Time changed as well.
    if (declaration.options.ttl !== undefined) return true;
    for (const input of declaration.inputs) {
      if (input.kind !== "file" && input.kind !== "files") continue;
      const at = placeOf(input, place.rootOf(declaration));
      if (files.some((file) => isOrHolds(file, at) || isOrHolds(at, file))) return true;
    }
    return [...reasons, ...ignored].some(
      (reason) => reason.kind === "code-changed" && reason.declarations.some(({ file }) => shown.has(file)),
    );
  };
}

type FileInput = Extract<InputDeclaration, { kind: "file" | "files" }>;

/** A save asks for the places of all inputs of all stages. A declaration never changes: another text gives another one. */
const places = new WeakMap<FileInput, { readonly root: string; readonly at: string }>();

/** Where the file is, or the folder that all files of the glob are below. */
function placeOf(input: FileInput, root: string): string {
  const known = places.get(input);
  if (known?.root === root) return known.at;
  const at = path.resolve(root, input.kind === "file" ? input.path : fixedPart(input.pattern));
  places.set(input, { root, at });
  return at;
}

/** The folder that every file a glob may mean is below. */
function fixedPart(pattern: string): string {
  const parts = pattern.split("/");
  const first = parts.findIndex((part) => /[*?[\]{}!()+@|]/.test(part));
  return (first === -1 ? parts.slice(0, -1) : parts.slice(0, first)).join("/");
}

function isOrHolds(outer: string, inner: string): boolean {
  return inner === outer || inner.startsWith(outer.endsWith(path.sep) ? outer : `${outer}${path.sep}`);
}
