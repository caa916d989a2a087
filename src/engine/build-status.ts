/** Evaluations and running work, put together as what the faces show. */
import * as path from "node:path";
import { describeHint, FROZEN_WITHOUT_RESULT } from "../core/describe.js";
import type { Key, RunId, StageId } from "../protocol/ids.js";
import type { Observation } from "../protocol/record.js";
import type { SourceProblem, SourceRange, StageDeclaration } from "../protocol/stage.js";
import type { StageStatus } from "../protocol/status.js";
import type { Evaluation } from "./evaluate.js";
import { summarise } from "./result-summary.js";
import { sameIds, upstreamIds, type StageOrders } from "./stage-order.js";

/** A stage that a run holds at this moment. */
export interface ActiveStage {
  readonly run: RunId;
  readonly state: "queued" | "running";
  /** What it was when the run began: what is running now. */
  readonly fingerprint: string | null;
  readonly key: Key | null;
}

interface Made {
  readonly evaluation: Evaluation;
  readonly work: ActiveStage | null;
  readonly status: StageStatus;
}

/** Makes a stage's status once and gives the same object until something in it is different: few are, after a save. */
export class StatusBuilder {
  readonly #orders: StageOrders;
  #made = new Map<StageId, Made>();

  constructor(orders: StageOrders) {
    this.#orders = orders;
  }

  build(
    evaluations: ReadonlyMap<StageId, Evaluation>,
    active: ReadonlyMap<StageId, ActiveStage>,
  ): readonly StageStatus[] {
    const { users } = this.#orders.of(new Map([...evaluations].map(([id, e]) => [id, e.declaration])));
    const made = new Map<StageId, Made>();
    const statuses = [...evaluations].map(([id, evaluation]) => {
      const work = active.get(id) ?? null;
      const downstream = users.get(id) ?? [];
      const known = this.#made.get(id);
      const same =
        known?.evaluation === evaluation && known.work === work && sameIds(known.status.downstream, downstream);
      const status = same ? known.status : buildStatus(evaluation, work, downstream);
      made.set(id, { evaluation, work, status });
      return status;
    });
    this.#made = made;
    return statuses;
  }
}

function buildStatus(evaluation: Evaluation, work: ActiveStage | null, downstream: readonly StageId[]): StageStatus {
  const { declaration, code } = evaluation;
  const untracked = code?.ok === true ? code.untracked : [];
  const last = evaluation.last ?? evaluation.record;
  return {
    id: declaration.id,
    name: declaration.name,
    file: declaration.file,
    range: declaration.range,
    nameRange: declaration.nameRange,
    description: declaration.options.description ?? null,
    state: work?.state ?? evaluation.state,
    reasons: evaluation.reasons,
    ignored: evaluation.ignored,
    accepted: evaluation.record?.accepted ?? null,
    checked: evaluation.record?.checked ?? null,
    hints: evaluation.record?.observed ?? [],
    heavy: declaration.options.heavy === true,
    fingerprint: code?.ok === true ? code.data.fingerprint : null,
    key: evaluation.key,
    fullyTracked: code?.ok === true && untracked.length === 0,
    untracked,
    result: evaluation.record === null ? null : summarise(evaluation.record),
    lastResult: evaluation.record !== null ? summarise(evaluation.record) : last === null ? null : summarise(last),
    failure: evaluation.failure,
    inputs: declaration.inputs,
    upstream: upstreamIds(declaration),
    downstream,
    runningOlder: work !== null && isOlder(work, evaluation),
    run: work?.run ?? null,
  };
}

/** Diagnostics of the whole project: of declarations, missing inputs, and what cannot be tracked. */
export function buildProblems(
  evaluations: ReadonlyMap<StageId, Evaluation>,
  project: {
    readonly settingsProblems: readonly string[];
    readonly settingsFile: string;
    readonly root: string;
    readonly parses: (file: string) => boolean;
  },
): SourceProblem[] {
  const problems: SourceProblem[] = project.settingsProblems.map((message) => ({
    severity: "error",
    code: "non-static-option",
    message,
    range: firstLine(project.settingsFile),
  }));
  for (const { declaration, code, reasons, record } of evaluations.values()) {
    problems.push(...declaration.problems);
    // Places of a run are those of exactly this code only while nothing changed since.
    if (record?.observed !== undefined && record.fingerprint.fingerprint === fingerprintOf(code))
      problems.push(...record.observed.map((hint) => hintProblem(hint, declaration, project.root)));
    if (code?.ok === true) {
      for (const { location, what } of code.untracked) {
        problems.push({
          severity: "information",
          code: "not-fully-tracked",
          message: `${declaration.name} is not fully tracked: ${what}. A change there does not make it stale.`,
          range: { ...location, endLine: location.line, endColumn: location.column + 1 },
        });
      }
    }
    for (const reason of reasons) {
      // A reason may only repeat what the declaration says of itself, at a better place.
      if ("message" in reason && declaration.problems.some((p) => p.message === reason.message)) continue;
      const problem = reasonProblem(reason, declaration, project.parses);
      if (problem !== null) problems.push(problem);
    }
  }
  return dedupe(problems);
}

function reasonProblem(
  reason: Evaluation["reasons"][number],
  { name, nameRange }: StageDeclaration,
  parses: (file: string) => boolean,
): SourceProblem | null {
  if (reason.kind === "input-missing") {
    const message = `${name} reads ${reason.path}, but ${reason.detail}.`;
    return { severity: "error", code: "missing-input-file", message, range: nameRange };
  }
  if (reason.kind === "frozen-without-result")
    return {
      severity: "error",
      code: "frozen-without-result",
      message: `${name}: ${FROZEN_WITHOUT_RESULT}`,
      range: nameRange,
    };
  if (reason.kind === "unknown-code") {
    // Said of the place and not of the stage: one broken file makes many stages unknown, and is one problem.
    const { location, message } = reason;
    const range = { ...location, endLine: location.line, endColumn: location.column + 1 };
    return { severity: "error", code: parses(location.file) ? "unresolved-import" : "syntax-error", message, range };
  }
  if (reason.kind === "invalid-declaration") {
    const code = reason.message.startsWith("it depends on itself") ? "cycle" : "non-static-input";
    return { severity: "error", code, message: `${name}: ${reason.message}`, range: nameRange };
  }
  return null;
}

function fingerprintOf(code: Evaluation["code"]): string | null {
  return code?.ok === true ? code.data.fingerprint : null;
}

function hintProblem(hint: Observation, { name, nameRange }: StageDeclaration, root: string): SourceProblem {
  const { kind, place } = hint;
  const range: SourceRange =
    place === null
      ? nameRange
      : {
          file: path.resolve(root, place.file),
          line: place.line,
          column: place.column,
          endLine: place.line,
          endColumn: place.column,
        };
  return {
    severity: "information",
    code: kind === "env" || kind === "file" ? "undeclared-read" : "not-repeatable",
    message: `${name}: ${describeHint(hint)}`,
    range,
  };
}

function isOlder(work: ActiveStage, evaluation: Evaluation): boolean {
  const fingerprint = evaluation.code?.ok === true ? evaluation.code.data.fingerprint : null;
  return (
    work.fingerprint !== fingerprint || (work.key !== null && evaluation.key !== null && work.key !== evaluation.key)
  );
}

function firstLine(file: string): SourceRange {
  return { file, line: 1, column: 1, endLine: 1, endColumn: 2 };
}

/** The same place can be reached by many stages; it is said once a stage and place. */
function dedupe(problems: readonly SourceProblem[]): SourceProblem[] {
  const seen = new Map<string, SourceProblem>();
  for (const problem of problems) {
    const { range } = problem;
    // A file that does not parse says so once, however many stages it holds and whoever imports it.
    const what = problem.code === "syntax-error" ? "" : problem.message;
    const key = `${problem.code}/${range.file}/${range.line}/${range.column}/${what}`;
    if (!seen.has(key)) seen.set(key, problem);
  }
  return [...seen.values()];
}
