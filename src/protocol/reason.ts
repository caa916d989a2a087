import type { SourceLocation, StaticValue } from "./stage.js";
import type { StageId } from "./ids.js";

/** One declaration that differs between the code of the last result and the code now. */
export interface DeclarationChange {
  readonly change: "added" | "removed" | "modified";
  readonly name: string;
  readonly kind: string;
  /** Where it is now; for `removed`, where it was. Project-relative. */
  readonly file: string;
  readonly line: number;
}

/** Why a stage must run. Every one that holds is reported; each is found by one function of `core/staleness.ts`. */
export type StaleReason =
  | { readonly kind: "code-changed"; readonly declarations: readonly DeclarationChange[] }
  | {
      readonly kind: "input-changed";
      readonly input: string;
      readonly path: string;
      readonly was: string;
      readonly now: string;
    }
  | {
      readonly kind: "files-changed";
      readonly input: string;
      readonly pattern: string;
      readonly added: readonly string[];
      readonly removed: readonly string[];
      readonly modified: readonly string[];
    }
  | { readonly kind: "input-missing"; readonly input: string; readonly path: string; readonly detail: string }
  /** `null`: the stage had, or has, no such parameter. */
  | { readonly kind: "param-changed"; readonly param: string; readonly was: StaticValue; readonly now: StaticValue }
  /** Values are never shown: they may be secrets. */
  | { readonly kind: "env-changed"; readonly variable: string; readonly change: "set" | "unset" | "changed" }
  | {
      readonly kind: "package-changed";
      readonly package: string;
      readonly was: string | null;
      readonly now: string | null;
    }
  /** Inputs that came or went, and those that are another thing under the same name: another file, other columns, a stage's rows and not its table. */
  | {
      readonly kind: "inputs-changed";
      readonly added: readonly string[];
      readonly removed: readonly string[];
      readonly changed: readonly { readonly input: string; readonly was: string; readonly now: string }[];
    }
  | {
      readonly kind: "upstream-changed";
      readonly stage: StageId;
      /** The stage whose result it was then: another one, or the same under an older name. */
      readonly before: StageId;
      readonly was: string;
      readonly now: string;
      readonly columns: readonly string[] | null;
    }
  /** An upstream must run first. One for each stage up the chain with reasons of its own, nearest first, at most 20. */
  | {
      readonly kind: "upstream-stale";
      /** The direct upstream on the way to `root`. */
      readonly stage: StageId;
      readonly root: StageId;
      readonly because: string;
      /** All of the root's own reasons. */
      readonly causes: readonly StaleReason[];
      /** Stages up: 1 for a direct upstream. */
      readonly distance: number;
    }
  | { readonly kind: "options-changed"; readonly option: string; readonly was: StaticValue; readonly now: StaticValue }
  /** The result was filed by another version of Restage, and what it kept does not prove that nothing changed. */
  | { readonly kind: "restage-changed"; readonly was: string }
  | { readonly kind: "result-missing"; readonly digest: string }
  | { readonly kind: "result-corrupt"; readonly digest: string; readonly quarantined: string | null }
  | { readonly kind: "expired"; readonly ttlMs: number; readonly ageMs: number }
  /** The major version of the Node that runs stages; `was` may be unknown in a damaged record. */
  | { readonly kind: "node-changed"; readonly was: number | null; readonly now: number }
  /** Which Node would run the stage cannot be told without starting it. */
  | { readonly kind: "node-unknown"; readonly detail: string }
  /** A person withdrew trust from the result. */
  | { readonly kind: "invalidated"; readonly at: string }
  | { readonly kind: "always-runs" }
  | { readonly kind: "frozen-without-result" }
  | { readonly kind: "forced" }
  | { readonly kind: "never-run" }
  | { readonly kind: "not-tracked"; readonly what: string; readonly location: SourceLocation }
  | { readonly kind: "unknown-code"; readonly message: string; readonly location: SourceLocation }
  | { readonly kind: "invalid-declaration"; readonly message: string; readonly location: SourceLocation };

export type StaleReasonKind = StaleReason["kind"];
