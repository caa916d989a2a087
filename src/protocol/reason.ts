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
  | { readonly kind: "inputs-changed"; readonly added: readonly string[]; readonly removed: readonly string[] }
  | {
      readonly kind: "upstream-changed";
      readonly stage: StageId;
      readonly was: string;
      readonly now: string;
      readonly columns: readonly string[] | null;
    }
  /** The upstream must run first; `root` is the first stage up the chain with a reason of its own. */
  | {
      readonly kind: "upstream-stale";
      readonly stage: StageId;
      readonly root: StageId;
      readonly because: string;
      readonly distance: number;
    }
  | { readonly kind: "options-changed"; readonly option: string; readonly was: StaticValue; readonly now: StaticValue }
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
