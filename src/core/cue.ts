/**
 * Cues: which changes count for a stage. A stage's key always holds all that is true, and its record says what was true;
 * a cue only widens which records may stand for the present. Invariant: a record is accepted under a cue only where all
 * that still counts is equal as data, never because no reason happened to be found.
 */
import type { FingerprintData } from "../protocol/fingerprint.js";
import type { Digest } from "../protocol/ids.js";
import type { StaleReason } from "../protocol/reason.js";
import type { InputRecord, ResultRecord } from "../protocol/record.js";
import type { Cause, Cue, InputDeclaration, StaticValue } from "../protocol/stage.js";
import { unreachable } from "../protocol/unreachable.js";
import { canonicalJson } from "./hashing.js";
import { inputIdentity, nodeMajor } from "./key.js";

/** What is true of a stage now, as far as it can be known. */
export interface PresentFacts {
  readonly fingerprint: FingerprintData;
  /** Hash of the code in which versions of packages do not count; asked for only where the cue needs it. */
  readonly withoutVersions: () => Digest | null;
  /** Inputs that cannot be known now (missing, or waiting for an upstream) are in `declared` only. */
  readonly inputs: readonly InputRecord[];
  readonly declared: readonly InputDeclaration[];
  readonly options: { readonly [name: string]: StaticValue };
  readonly node: number | null;
}

/** Whether the cue leaves anything out. */
export function suppresses(cue: Cue | undefined): cue is Cue {
  return cue !== undefined && Object.values(cue).includes(false);
}

/** Whether a record's result may be used now: all that counts under the cue is the same. */
export function matchesUnderCue(then: ResultRecord, now: PresentFacts, cue: Cue): boolean {
  return (
    sameCode(then.fingerprint, now, cue) &&
    sameInputs(then.inputs, now, cue) &&
    (cue.options === false || canonicalJson(then.options) === canonicalJson(now.options)) &&
    (cue.node === false || (now.node !== null && nodeMajor(then.node) === now.node))
  );
}

/** Reasons that count, and those that the cue leaves out. */
export function splitByCue(
  reasons: readonly StaleReason[],
  cue: Cue | undefined,
): { readonly counting: readonly StaleReason[]; readonly ignored: readonly StaleReason[] } {
  const counting: StaleReason[] = [];
  const ignored: StaleReason[] = [];
  for (const reason of reasons) {
    const cause = causeOf(reason);
    (cause !== null && cue?.[cause] === false ? ignored : counting).push(reason);
  }
  return { counting, ignored };
}

/** The cause that a cue can name for a reason; `null` for what always counts. */
function causeOf(reason: StaleReason): Cause | null {
  switch (reason.kind) {
    case "code-changed":
      return "code";
    case "package-changed":
      return "packages";
    case "input-changed":
    case "files-changed":
    case "input-missing":
      return "inputs";
    case "param-changed":
      return "params";
    case "env-changed":
      return "env";
    case "upstream-changed":
    case "upstream-stale":
      return "upstream";
    case "node-changed":
    case "node-unknown":
      return "node";
    case "options-changed":
      return "options";
    case "inputs-changed":
    case "restage-changed":
    case "result-missing":
    case "result-corrupt":
    case "expired":
    case "invalidated":
    case "always-runs":
    case "frozen-without-result":
    case "forced":
    case "never-run":
    case "not-tracked":
    case "unknown-code":
    case "invalid-declaration":
      return null;
    default:
      return unreachable(reason);
  }
}

function sameCode(then: FingerprintData, now: PresentFacts, cue: Cue): boolean {
  const { fingerprint } = now;
  if (then.fingerprint === fingerprint.fingerprint) return true;
  if (cue.code === false)
    return cue.packages === false || canonicalJson(then.packages) === canonicalJson(fingerprint.packages);
  if (cue.packages !== false || then.withoutVersions === undefined) return false;
  return then.withoutVersions === now.withoutVersions();
}

function sameInputs(then: readonly InputRecord[], now: PresentFacts, cue: Cue): boolean {
  const was = new Map(then.map((input) => [input.name, input]));
  const is = new Map(now.inputs.map((input) => [input.name, input]));
  if (was.size !== now.declared.length) return false;
  return now.declared.every((declared) => {
    const before = was.get(declared.name);
    if (before === undefined || sourceOf(before) !== sourceOf(declared)) return false;
    if (cue[CAUSES[declared.kind]] === false) return true;
    const present = is.get(declared.name);
    return present !== undefined && canonicalJson(inputIdentity(before)) === canonicalJson(inputIdentity(present));
  });
}

const CAUSES: { readonly [kind in InputDeclaration["kind"]]: Cause } = {
  stage: "upstream",
  file: "inputs",
  files: "inputs",
  param: "params",
  env: "env",
};

/** Where an input comes from, without its content. An upstream counts as the same under another id: it may be renamed. */
function sourceOf(input: InputRecord | InputDeclaration): string {
  switch (input.kind) {
    case "stage": {
      const view = typeof input.view === "string" ? input.view : input.view.as;
      const columns = "columns" in input ? input.columns : input.view.as === "columns" ? input.view.columns : null;
      return canonicalJson(["stage", view, columns]);
    }
    case "file":
    case "folder":
      return canonicalJson(["file", input.path]);
    case "files":
      return canonicalJson(["files", input.pattern]);
    case "param":
      return canonicalJson(["param", input.param]);
    case "env":
      return canonicalJson(["env", input.variable]);
  }
}
