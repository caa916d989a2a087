/**
 * A summary as it lies on disk. Most of what a unit says is what units mostly say, and that is left out; texts stand apart,
 * because a status needs none of them: they are read when a slice is shown, compared or stored.
 */
import type {
  Binding,
  FileSummary,
  ParsedSummary,
  Reference,
  Span,
  UnitSummary,
} from "../core/analysis/file-summary.js";

export interface PackedText {
  readonly body: string;
  /** JSON of the texts of the units, in their order. */
  readonly texts: string;
}

/** What is not written. Shared by all that is read: nothing writes to a summary. */
const USUAL: Omit<UnitSummary, "hash" | "kind" | "name" | "names" | "line" | "text"> = {
  references: [],
  untracked: [],
  configured: [],
  effect: false,
  does: {
    acts: false,
    mutates: false,
    mutatesThis: false,
    invokesMethods: false,
    changesWhenRead: false,
    reads: [],
    readsGlobals: "no",
    early: [],
  },
  writes: [],
  functionName: null,
  call: null,
  plain: null,
};

const USUAL_VALUES: ReadonlyMap<string, unknown> = new Map(Object.entries(USUAL));

type NameReference = Extract<Reference, { to: "name" }>;
type PackedReference =
  | readonly [name: string, seen: NameReference["seen"], at: Span, path?: readonly string[]]
  | Exclude<Reference, { to: "name" }>;
type PackedUnit = Pick<UnitSummary, "hash" | "kind" | "name" | "line"> &
  Partial<Omit<UnitSummary, "text" | "references">> & { readonly references?: readonly PackedReference[] };
type PackedBinding = readonly [name: string, binding: readonly number[] | Exclude<Binding, { is: "unit" }>];
type PackedSummary =
  | Extract<FileSummary, { ok: false }>
  | (Omit<ParsedSummary, "units" | "bindings"> & {
      readonly units: readonly PackedUnit[];
      readonly bindings: readonly PackedBinding[];
    });

const NO_PATH: readonly string[] = [];

export function packSummary(summary: FileSummary): PackedText {
  if (!summary.ok) return { body: JSON.stringify(summary), texts: "[]" };
  const packed: PackedSummary = {
    ...summary,
    units: summary.units.map(packUnit),
    bindings: summary.bindings.map(([name, binding]) => [name, binding.is === "unit" ? binding.units : binding]),
  };
  return { body: JSON.stringify(packed), texts: JSON.stringify(summary.units.map((unit) => unit.text)) };
}

/** `texts` is called when the first text is asked for. */
export function unpackSummary(body: string, texts: () => string): FileSummary {
  const packed = JSON.parse(body) as PackedSummary;
  if (!packed.ok) return packed;
  let read: readonly string[] | null = null;
  const textOf = (nth: number): string => {
    read ??= JSON.parse(texts()) as readonly string[];
    return read[nth] ?? "";
  };
  return {
    ...packed,
    units: packed.units.map((unit, nth) => unpackUnit(unit, () => textOf(nth))),
    bindings: packed.bindings.map(([name, binding]) => [
      name,
      isList(binding) ? { is: "unit", units: binding } : binding,
    ]),
  };
}

function packUnit(unit: UnitSummary): PackedUnit {
  const { hash, kind, name, names, line } = unit;
  const written = new Map<string, unknown>(Object.entries({ ...unit, references: unit.references.map(packReference) }));
  const unusual = [...USUAL_VALUES.keys()].filter((key) => !isUsual(written.get(key), USUAL_VALUES.get(key)));
  const own = names.length === 1 && names[0] === name;
  return {
    hash,
    kind,
    name,
    line,
    ...(own ? {} : { names }),
    ...Object.fromEntries(unusual.map((key) => [key, written.get(key)])),
  };
}

/** All lists that are usual are empty. */
function isUsual(value: unknown, usual: unknown): boolean {
  if (Array.isArray(usual)) return Array.isArray(value) && value.length === 0;
  if (typeof usual !== "object" || usual === null) return value === usual;
  if (typeof value !== "object" || value === null) return false;
  const expected = new Map<string, unknown>(Object.entries(usual));
  const fields = Object.entries(value);
  return fields.length === expected.size && fields.every(([key, field]) => isUsual(field, expected.get(key)));
}

function packReference(reference: Reference): PackedReference {
  if (reference.to !== "name") return reference;
  const { name, seen, at, path } = reference;
  return path.length === 0 ? [name, seen, at] : [name, seen, at, path];
}

function unpackUnit(unit: PackedUnit, text: () => string): UnitSummary {
  return {
    hash: unit.hash,
    references: unit.references?.map(unpackReference) ?? USUAL.references,
    untracked: unit.untracked ?? USUAL.untracked,
    configured: unit.configured ?? USUAL.configured,
    kind: unit.kind,
    name: unit.name,
    names: unit.names ?? [unit.name],
    effect: unit.effect ?? USUAL.effect,
    does: unit.does ?? USUAL.does,
    writes: unit.writes ?? USUAL.writes,
    line: unit.line,
    get text() {
      return text();
    },
    functionName: unit.functionName ?? USUAL.functionName,
    call: unit.call ?? USUAL.call,
    plain: unit.plain ?? USUAL.plain,
  };
}

function unpackReference(packed: PackedReference): Reference {
  if (!isList(packed)) return packed;
  const [name, seen, at, path = NO_PATH] = packed;
  return { to: "name", name, path, seen, at };
}

function isList<T>(value: T): value is Extract<T, readonly unknown[]> {
  return Array.isArray(value);
}
