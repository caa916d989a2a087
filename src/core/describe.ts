/**
 * Reasons and failures in words. Both faces (terminal and editor) take their words from here, so that they cannot differ.
 * Values of environment variables never appear: they may be secrets.
 */
import type { AcceptOutcome } from "../protocol/engine-api.js";
import type { Failure } from "../protocol/failure.js";
import type { StageId } from "../protocol/ids.js";
import type { DeclarationChange, StaleReason } from "../protocol/reason.js";
import type { Acceptance, DeterminismCheck, Observation } from "../protocol/record.js";
import type { SourceLocation, StaticValue } from "../protocol/stage.js";
import type { ResultSummary, StageStatus } from "../protocol/status.js";
import { unreachable } from "../protocol/unreachable.js";
import { formatBytes, formatDuration, formatQuantity } from "./format.js";

/** One line for a lens or a list: `fresh · 344 rows · 12.3 KB · 48 ms`, `stale: clean() changed`. */
export function describeState(status: StageStatus): string {
  switch (status.state) {
    case "new":
      return "new";
    case "fresh":
      return (
        (status.result === null
          ? "fresh"
          : `${status.accepted === null ? "fresh" : "fresh (accepted)"} · ${describeResult(status.result)}`) +
        remarks(status)
      );
    case "unknown":
    case "stale":
    case "blocked": {
      const first = status.reasons[0];
      if (first === undefined) return status.state;
      const more = status.reasons.length > 1 ? ` (+${status.reasons.length - 1})` : "";
      return `${status.state}: ${describeReasonShort(first)}${more}${status.heavy ? " · heavy" : ""}`;
    }
    case "queued":
      return "queued";
    case "running":
      return status.runningOlder ? "running an older version…" : "running…";
    case "failed":
      return status.failure === null ? "failed" : `failed: ${firstLine(describeFailureShort(status.failure))}`;
    case "uncached":
      return "not cached";
    case "frozen":
      return (status.result === null ? "frozen" : `frozen · ${describeResult(status.result)}`) + remarks(status);
    default:
      return unreachable(status.state);
  }
}

/** What to know of a result that is used all the same: that it differs from run to run, or what changed and does not count. */
function remarks({ ignored, checked }: StageStatus): string {
  const [first, ...more] = ignored;
  const chance = checked?.same === false ? " · not deterministic" : "";
  if (first === undefined) return chance;
  return `${chance} · ${describeReasonShort(first)}${more.length > 0 ? ` (+${more.length})` : ""}, not counted`;
}

/** `344 rows · 12.3 KB · 48 ms`. */
export function describeResult(result: ResultSummary): string {
  const parts = [result.rows === null ? result.kind : formatQuantity(result.rows, "row")];
  parts.push(formatBytes(result.bytes), formatDuration(result.durationMs));
  return parts.join(" · ");
}

/** A few words, for a lens. */
export function describeReasonShort(reason: StaleReason): string {
  switch (reason.kind) {
    case "code-changed":
      return describeDeclarationsShort(reason.declarations);
    case "input-changed":
      return `${reason.path} changed`;
    case "files-changed":
      return `${reason.pattern} changed`;
    case "input-missing":
      return `${reason.path} is missing`;
    case "param-changed":
      return `${reason.param} changed`;
    case "env-changed":
      return `${reason.variable} changed`;
    case "package-changed":
      return `${reason.package} changed`;
    case "inputs-changed":
      return "its inputs changed";
    case "upstream-changed":
      return `${stageName(reason.stage)} gave another result`;
    case "upstream-stale":
      return reason.root === reason.stage
        ? `${stageName(reason.stage)}: ${reason.because}`
        : `upstream ${stageName(reason.root)}: ${reason.because}`;
    case "options-changed":
      return `option ${reason.option} changed`;
    case "restage-changed":
      return "made by another version of Restage";
    case "result-missing":
      return "its result is missing";
    case "result-corrupt":
      return "its result was damaged";
    case "expired":
      return `older than ${formatDuration(reason.ttlMs)}`;
    case "node-changed":
      return `Node ${reason.was ?? "?"} → ${reason.now}`;
    case "node-unknown":
      return "which Node runs it is not known";
    case "invalidated":
      return "its result is not trusted any more";
    case "always-runs":
      return "runs every time";
    case "frozen-without-result":
      return "frozen without a result";
    case "forced":
      return "asked to run again";
    case "never-run":
      return "never run";
    case "not-tracked":
      return "not fully tracked";
    case "unknown-code":
    case "invalid-declaration":
      return firstLine(reason.message);
    default:
      return unreachable(reason);
  }
}

/** A whole sentence with old and new values, for `why`, tooltips and logs. */
export function describeReason(reason: StaleReason): string {
  switch (reason.kind) {
    case "code-changed":
      return `The code changed: ${describeDeclarations(reason.declarations)}.`;
    case "input-changed":
      return `The input file ${reason.path} changed (${short(reason.was)} → ${short(reason.now)}).`;
    case "files-changed": {
      const parts = [
        ...reason.added.map((f) => `${f} added`),
        ...reason.removed.map((f) => `${f} removed`),
        ...reason.modified.map((f) => `${f} changed`),
      ];
      return `The files ${reason.pattern} changed: ${listOf(parts, 6)}.`;
    }
    case "input-missing":
      return `The input file ${reason.path} cannot be read: ${reason.detail}.`;
    case "param-changed":
      return `The parameter ${reason.param} changed from ${showValue(reason.was)} to ${showValue(reason.now)}.`;
    case "env-changed":
      return `The environment variable ${reason.variable} ${reason.change === "changed" ? "changed" : `was ${reason.change}`}.`;
    case "package-changed":
      return packageSentence(reason.package, reason.was, reason.now);
    case "inputs-changed": {
      const parts = [
        ...reason.changed.map((i) => `${i.input} was ${i.was} and is ${i.now}`),
        ...reason.added.map((i) => `${i} added`),
        ...reason.removed.map((i) => `${i} removed`),
      ];
      return `The declared inputs changed: ${listOf(parts, 6)}.`;
    }
    case "upstream-changed": {
      const which =
        reason.columns === null
          ? "result"
          : `column${reason.columns.length === 1 ? "" : "s"} ${reason.columns.join(", ")}`;
      const before = reason.before === reason.stage ? "" : `, then ${stageName(reason.before)},`;
      return `The ${which} of ${stageName(reason.stage)}${before} changed (${short(reason.was)} → ${short(reason.now)}).`;
    }
    case "upstream-stale":
      return reason.root === reason.stage
        ? `${stageName(reason.stage)} must run first: ${describeCauses(reason)}`
        : `${stageName(reason.stage)} must run first, because of ${stageName(reason.root)}, ${formatQuantity(reason.distance, "stage")} up: ${describeCauses(reason)}`;
    case "options-changed":
      return `The option ${reason.option} changed from ${showValue(reason.was)} to ${showValue(reason.now)}.`;
    case "restage-changed":
      return `The result was made by Restage ${reason.was}, and what it noted is not enough to tell that nothing changed since then.`;
    case "result-missing":
      return `The stored result ${short(reason.digest)} is missing.`;
    case "result-corrupt":
      return `The stored result ${short(reason.digest)} was damaged on disk and cannot be trusted${reason.quarantined === null ? "" : "; it was moved to the cache's quarantine folder"}.`;
    case "expired":
      return `The result is ${formatDuration(reason.ageMs)} old; its time to live is ${formatDuration(reason.ttlMs)}.`;
    case "node-changed":
      return `Its result was made with Node ${reason.was ?? "of unknown version"}, and stages now run with Node ${reason.now}.`;
    case "node-unknown":
      return `Which version of Node would run it is not known: ${reason.detail}.`;
    case "invalidated":
      return `Its result was marked as not trusted (${reason.at.slice(0, 16).replace("T", " ")} UTC).`;
    case "always-runs":
      return 'It runs each time it is asked for: its option cue has mode: "always".';
    case "frozen-without-result":
      return FROZEN_WITHOUT_RESULT;
    case "forced":
      return "A person asked for it to run again.";
    case "never-run":
      return "It never ran.";
    case "not-tracked":
      return `Not fully tracked: ${reason.what} at ${describePlace(reason.location)}.`;
    case "unknown-code":
      return `Its code cannot be read: ${reason.message} (${describePlace(reason.location)}).`;
    case "invalid-declaration":
      return `${reason.message} (${describePlace(reason.location)})`;
    default:
      return unreachable(reason);
  }
}

/** Also the message of the diagnostic and of the run that is refused. */
export const FROZEN_WITHOUT_RESULT =
  'It is frozen (its option cue has mode: "never") and has no result to use. Take the mode out, run it once, and put it back.';

/** One sentence that says what happened, to which stage, and what to do. */
export function describeFailure(failure: Failure): string {
  if (failure.reason === "untrusted" || failure.reason === "store-failed" || failure.reason === "internal")
    return describeFailureShort(failure);
  const text = describeFailureShort(failure);
  return `${stageName(failure.stage)}: ${text}`;
}

function describeFailureShort(failure: Failure): string {
  switch (failure.reason) {
    case "stage-threw":
      return failure.name === "" ? failure.message : `${failure.name}: ${failure.message}`;
    case "bundle-failed":
      return `its code could not be prepared: ${failure.message}`;
    case "module-failed":
      return `its module failed while loading: ${failure.message}`;
    case "timed-out":
      return `stopped after its timeout of ${formatDuration(failure.timeoutMs)}. Raise the option "timeout" or make it faster.`;
    case "cancelled":
      return "cancelled";
    case "exited":
      return `its process ended (exit code ${failure.code}) without a result: process.exit() was called, or it waits for something that never comes.`;
    case "crashed":
      return `its process crashed (${failure.signal}).`;
    case "out-of-memory":
      return "its process ran out of memory. Work on fewer rows at a time.";
    case "unstorable-value":
      return `its result cannot be stored: ${failure.message}`;
    case "input-missing":
      return `the input file ${failure.path} does not exist or cannot be read.`;
    case "input-changed-during-run":
      return `${failure.inputs.join(", ")} changed while it ran, so its result was not kept. Run it again.`;
    case "upstream-failed":
      return `not run, because ${stageName(failure.upstream)} failed.`;
    case "held-back":
      return failure.heavy === failure.stage
        ? "not run, because it is heavy and only light stages were asked for."
        : `not run, because it needs ${stageName(failure.heavy)}, which is heavy, and only light stages were asked for.`;
    case "not-runnable":
      return failure.message;
    case "store-failed":
      return `The cache could not be written (${failure.path}): ${failure.message}`;
    case "untrusted":
      return failure.message;
    case "internal":
      return `Internal error, please report it: ${failure.message}`;
    default:
      return unreachable(failure);
  }
}

/** What a person gets to hear who asked to accept a stage as fresh. */
export function describeAcceptance(stage: StageId, outcome: AcceptOutcome): string {
  const name = stageName(stage);
  switch (outcome.outcome) {
    case "accepted":
      return `${name} is accepted as fresh with its last result, in spite of: ${listOf(outcome.reasons.map(describeReasonShort), 6)}.`;
    case "undone":
      return `${name}: what was accepted counts as a change again.`;
    case "already-fresh":
      return `${name} is fresh already.`;
    case "refused":
      return `${name} ${refusal(outcome)}`;
    default:
      return unreachable(outcome);
  }
}

/** What came out when a stage ran twice to compare. */
export function describeCheck(stage: StageId, { same, columns, row }: DeterminismCheck): string {
  const name = stageName(stage);
  if (same) return `${name} gave the same both times.`;
  const where = [
    ...(columns.length === 0 ? [] : [`in the column${columns.length === 1 ? "" : "s"} ${listOf(columns, 6)}`]),
    ...(row === null ? [] : [`first in row ${row + 1}`]),
  ].join(", ");
  return `${name} is not deterministic: two runs on the same inputs gave different results${where === "" ? "" : `, ${where}`}.`;
}

/** What a run was seen to do beside its inputs, and what to write instead. */
export function describeHint({ kind, name, count, place }: Observation): string {
  const at = `${place === null ? "" : ` at ${place.file}:${place.line}`}${count > 1 ? `, ${formatQuantity(count, "time")}` : ""}`;
  switch (kind) {
    case "random":
      return `It called ${name}${at}: each run draws anew. Take random() from the second argument of the run function, which is seeded.`;
    case "clock":
      return `It read the clock with ${name}${at}: its result may depend on when it ran. Make the time a parameter, or give it a ttl.`;
    case "env":
      return `It read process.env.${name}${at}, which is not declared: a change is not noticed. Add an input env("${name}").`;
    case "file":
      return `It read ${name}${at}, which is not declared: a change is not noticed. Add an input file("${name}").`;
    default:
      return unreachable(kind);
  }
}

/** That a result shown as fresh was accepted, and what had changed. */
export function describeAccepted({ at, reasons }: Acceptance): string {
  return `Accepted as fresh without a run (${at.slice(0, 16).replace("T", " ")} UTC) in spite of: ${listOf(reasons.map(describeReasonShort), 6)}. Running it with force makes it anew.`;
}

function refusal({ why, waitingFor }: Extract<AcceptOutcome, { outcome: "refused" }>): string {
  switch (why) {
    case "frozen":
      return "is frozen: its last result is used anyway.";
    case "uncached":
      return "keeps no result that could be accepted (its option cache is false).";
    case "unknown":
      return "cannot be accepted, because its code or what it reads cannot be known now.";
    case "failed":
      return "cannot be accepted: its last run with exactly this code and these inputs failed.";
    case "always-runs":
      return "cannot be accepted: its cue makes it run each time.";
    case "invalid":
      return "cannot be accepted before its declaration is repaired.";
    case "no-result":
      return "has no result that could be accepted. Run it.";
    case "result-gone":
      return "has no result that could be accepted: the last one is not in the cache any more. Run it.";
    case "input":
      return "cannot be accepted while an input is missing.";
    case "upstream":
      return `cannot be accepted before ${listOf(waitingFor.map(stageName), 6)}: accept or run ${waitingFor.length === 1 ? "it" : "them"} first, or in the same command.`;
    case "not-accepted":
      return "has nothing to take back: its present result was not accepted.";
    default:
      return unreachable(why);
  }
}

/** `src/a.ts#clean` → `clean`; `src/a.ts#default` → `a (default)`. */
export function stageName(id: StageId): string {
  const at = id.lastIndexOf("#");
  const name = id.slice(at + 1);
  if (name !== "default") return name;
  const file = id.slice(0, at);
  return `${file.slice(file.lastIndexOf("/") + 1).replace(/\.[cm]?[jt]sx?$/, "")} (default)`;
}

function describeCauses({ because, causes }: Extract<StaleReason, { kind: "upstream-stale" }>): string {
  const [only] = causes;
  if (only === undefined || because === "it failed") return `${because}.`;
  const text = causes.slice(0, 3).map(describeReason).join(" ");
  return causes.length > 3 ? `${text} (and ${causes.length - 3} more)` : text;
}

function describeDeclarations(changes: readonly DeclarationChange[]): string {
  if (changes.length === 0) return "what its names refer to";
  return listOf(
    changes.map((c) => `${displayName(c)} ${c.change === "modified" ? "changed" : c.change} (${c.file}:${c.line})`),
    6,
  );
}

function describeDeclarationsShort(changes: readonly DeclarationChange[]): string {
  const first = changes.find((c) => c.change === "modified") ?? changes[0];
  if (first === undefined) return "what it refers to changed";
  const more = changes.length > 1 ? ` and ${changes.length - 1} more` : "";
  return `${displayName(first)}${more} ${first.change === "modified" ? "changed" : first.change}`;
}

/** `clean()`, `RATE`. */
export function displayName(change: { readonly name: string; readonly kind: string }): string {
  return change.kind === "function" || change.kind === "stage" ? `${change.name}()` : change.name;
}

function packageSentence(name: string, was: string | null, now: string | null): string {
  if (was === null) return `The package ${name}${now === null || now === "" ? "" : ` ${now}`} is now used.`;
  if (now === null) return `The package ${name}${was === "" ? "" : ` ${was}`} is no longer used.`;
  if (was === now)
    return `The package ${name} ${now} was changed in place: the version is the same, its files are not.`;
  return `The package ${name} changed from ${was} to ${now}.`;
}

function describePlace(location: SourceLocation): string {
  return `${location.file}:${location.line}`;
}

function showValue(value: StaticValue): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function listOf(parts: readonly string[], most: number): string {
  return parts.length <= most ? parts.join(", ") : `${parts.slice(0, most).join(", ")} and ${parts.length - most} more`;
}

function short(digest: string): string {
  return digest.slice(0, 8);
}

function firstLine(text: string): string {
  const line = text.split("\n", 1)[0] ?? "";
  return line.length > 100 ? `${line.slice(0, 97)}…` : line;
}
