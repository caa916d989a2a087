import type { Digest, Fingerprint } from "./ids.js";
import type { SourceLocation, UntrackedPlace } from "./stage.js";

/** One declaration that a stage reaches, as data that can be compared and shown. */
export interface SliceEntry {
  /** `function`, `class`, `const`, … as a person would call it; `effects` for a module's top-level statements. */
  readonly kind: "function" | "class" | "variable" | "enum" | "namespace" | "effects" | "data" | "stage";
  /** The declared name; for `data`, the file's name; for `effects`, `top level of <file>`; for the stage itself, its name. */
  readonly name: string;
  /** Relative to the project root, forward slashes. Shown to people; never part of a hash. */
  readonly file: string;
  readonly line: number;
  /** Hash of the declaration's own canonical form, without what it refers to. */
  readonly hash: Digest;
  /** The declaration's source text, for the diff. Empty for `data`. */
  readonly text: string;
}

/** An npm package (or a Node built-in, version empty) that a stage's code reaches. */
export interface PackageEntry {
  readonly name: string;
  readonly version: string;
  /** Of its files, or of the one that is imported: another one at the same version was changed in place. */
  readonly content?: Digest | undefined;
  /** The packages that it needs in turn, as installed, sorted. */
  readonly dependencies?: readonly { readonly name: string; readonly version: string }[] | undefined;
}

/** A stage's code as readable data first, hash second, so that two fingerprints can be compared and shown as a diff. */
export interface FingerprintData {
  readonly fingerprint: Fingerprint;
  /** The stage's own run function first, then in the order of first reach. */
  readonly slice: readonly SliceEntry[];
  /** Sorted by name. */
  readonly packages: readonly PackageEntry[];
  /** Like `fingerprint`, but the versions of packages do not count. Absent in records of older versions. */
  readonly withoutVersions?: Digest;
}

/**
 * The graph behind a slice, kept with a result so that a later version of Restage can tell whether the code is still the
 * same although it hashes otherwise.
 */
export interface CodeGraph {
  /** The run function first. */
  readonly nodes: readonly CodeGraphNode[];
}

export interface CodeGraphNode {
  /** What was hashed of it alone. */
  readonly own: string;
  /**
   * Its source; `null` for what is not a piece of source. `text`: its position in the slice, or the text itself for a
   * top-level statement. `settings`: what tsconfig.json says of it, `null` where that is not all that decides.
   */
  readonly code: {
    readonly part: "run" | "unit";
    readonly text: number | string;
    readonly settings: string | null;
  } | null;
  /** What it uses, in order: what the code calls it, and its position in `nodes`. */
  readonly edges: readonly (readonly [by: string, node: number])[];
}

/** What the analysis says about one stage's code. */
export type CodeState =
  | { readonly ok: true; readonly data: FingerprintData; readonly untracked: readonly UntrackedPlace[] }
  /** A file the stage reaches does not parse or an import does not resolve: the stage is `unknown`. */
  | { readonly ok: false; readonly message: string; readonly location: SourceLocation };
