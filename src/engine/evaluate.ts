/**
 * The state of every stage of a project, from what is on disk now. Nothing is executed. Invariant: `fresh` is said only
 * when the key could be computed from content, its record exists, and the stored bytes were verified and have not been
 * touched since.
 */
import { computeKey, resultOptions } from "../core/key.js";
import { splitByCue, suppresses, type PresentFacts } from "../core/cue.js";
import { compareWithRecord, type StageFacts } from "../core/staleness.js";
import type { Failure } from "../protocol/failure.js";
import type { CodeState, FingerprintData } from "../protocol/fingerprint.js";
import type { Digest, Key, StageId } from "../protocol/ids.js";
import type { StaleReason } from "../protocol/reason.js";
import type { InputRecord, ResultRecord } from "../protocol/record.js";
import type { StageDeclaration, StaticValue } from "../protocol/stage.js";
import type { StageState } from "../protocol/status.js";
import type { Store } from "../store/store.js";
import type { Disk } from "./disk.js";
import { findFrozen, findUnderCue, recordProblems, vouchedAt } from "./find-result.js";
import { keptEvaluation, type Before } from "./kept-evaluations.js";
import type { Lineage } from "./lineage.js";
import { resolveInputs, type UpstreamResult } from "./resolve-inputs.js";
import type { StageOrder } from "./stage-order.js";
import type { StatMemo } from "./stat-memo.js";
import { upstreamReasons } from "./upstream-reasons.js";

export interface Evaluation {
  readonly declaration: StageDeclaration;
  readonly code: CodeState | null;
  readonly state: Exclude<StageState, "queued" | "running">;
  readonly reasons: readonly StaleReason[];
  /** What differs from `record` but does not count. */
  readonly ignored: readonly StaleReason[];
  readonly key: Key | null;
  /** What the inputs are now, as far as it is known. */
  readonly inputs: readonly InputRecord[];
  /** The verified result for `key`, or the one that stands for it by the stage's cue. */
  readonly record: ResultRecord | null;
  /** The newest result under any key. */
  readonly last: ResultRecord | null;
  readonly failure: Failure | null;
  /** What downstream stages get; `null` while it must run first. */
  readonly result: UpstreamResult | null;
}

/** The key of a result that was shown as fresh, and when last. Milliseconds since 1970. */
export interface SeenFresh {
  readonly key: Key;
  readonly at: number;
}

export interface EvaluationContext {
  readonly declarations: ReadonlyMap<StageId, StageDeclaration>;
  readonly order: StageOrder;
  readonly code: (declaration: StageDeclaration) => CodeState;
  readonly withoutVersions: (declaration: StageDeclaration) => Digest | null;
  readonly rootOf: (declaration: StageDeclaration) => string;
  readonly store: Store;
  readonly lineage: Lineage;
  readonly disk: Disk;
  readonly memo: StatMemo;
  readonly params: { readonly [name: string]: StaticValue };
  readonly environment: { readonly [name: string]: string | undefined };
  readonly node: { readonly major: number } | { readonly unknown: string };
  readonly now: number;
  /** The key a stage was last seen fresh under in this session: what a person compares with in their mind. */
  readonly lastFresh: ReadonlyMap<StageId, SeenFresh>;
  /** What is known already and may be kept; `null`: everything is looked at. */
  readonly before: Before<Evaluation> | null;
}

export async function evaluate(context: EvaluationContext): Promise<Map<StageId, Evaluation>> {
  context.lineage.know(context.declarations.keys());
  const { order, upstream, cycles } = context.order;
  const done = new Map<StageId, Evaluation>();
  for (const id of order) {
    const declaration = context.declarations.get(id);
    if (declaration === undefined) continue;
    const { before } = context;
    const kept =
      before === null || cycles.has(id)
        ? null
        : keptEvaluation(declaration, () => context.code(declaration), upstream.get(id) ?? [], { before, done });
    done.set(id, kept ?? (await evaluateStage(declaration, done, context)));
  }
  // In the order of the source, which is how people read them.
  return new Map(
    [...context.declarations.keys()].flatMap((id) => {
      const evaluation = done.get(id);
      return evaluation === undefined ? [] : [[id, evaluation] as const];
    }),
  );
}

async function evaluateStage(
  declaration: StageDeclaration,
  done: ReadonlyMap<StageId, Evaluation>,
  context: EvaluationContext,
): Promise<Evaluation> {
  const nothing = {
    declaration,
    code: null,
    key: null,
    record: null,
    failure: null,
    result: null,
    ignored: [],
    inputs: [],
  };
  const broken = declarationProblem(declaration, context);
  if (broken !== null) return { ...nothing, last: await lastRecord(declaration.id, context), ...broken };
  const code = context.code(declaration);
  const frozen = declaration.options.cue?.mode === "never";
  if (!code.ok) {
    const reasons: StaleReason[] = [{ kind: "unknown-code", message: code.message, location: code.location }];
    const last = await lastRecord(declaration.id, context);
    if (frozen) return { ...nothing, last, code, ...(await frozenState(declaration, () => reasons, context)) };
    return { ...nothing, last, code, state: "unknown", reasons };
  }
  const present = await presentOf(declaration, code.data, done, context);
  const { key } = present;
  const known = { ...nothing, code, key, inputs: present.facts.inputs };
  // By far the most stages most of the time, and nothing but the record under their key has to be looked at.
  const fresh = key === null || !isPlain(declaration) ? null : await freshRecord(key, declaration, context);
  if (fresh !== null) return { ...known, ...freshState(fresh), last: fresh };
  const last = await comparable(await lastRecord(declaration.id, context), declaration, code.data, context);
  if (frozen) {
    const changed = (record: ResultRecord): readonly StaleReason[] => changedSince(record, present, done);
    return { ...known, last, ...(await frozenState(declaration, changed, context)) };
  }
  return { ...known, last, ...(await presentState(present, last, declaration, done, context)) };
}

/** Whether nothing but the record under its key decides if it is fresh. */
function isPlain({ options }: StageDeclaration): boolean {
  return options.cache !== false && options.cue?.mode === undefined;
}

async function freshRecord(
  key: Key,
  declaration: StageDeclaration,
  context: EvaluationContext,
): Promise<ResultRecord | null> {
  const record = await context.store.getRecord(key);
  if (record === null || (await recordProblems(record, declaration, context)).length > 0) return null;
  if (record.stage !== declaration.id) await context.lineage.link(declaration.id, record);
  return record;
}

function freshState(record: ResultRecord): StateOf {
  return { state: "fresh", reasons: [], ignored: [], record, failure: null, result: storedResult(record) };
}

/** The last result, also from under a former name or of an older format, as it compares with the code of today. */
async function comparable(
  own: ResultRecord | null,
  declaration: StageDeclaration,
  code: FingerprintData,
  { lineage }: EvaluationContext,
): Promise<ResultRecord | null> {
  const last = own ?? (await lineage.formerResult(code.fingerprint));
  if (last === null) return null;
  if (own === null) await lineage.link(declaration.id, last);
  return lineage.inTodaysTerms(last, code, () => lineage.capture(declaration));
}

/** What is true of a stage whose code is known. */
interface Present {
  readonly facts: StageFacts;
  readonly counted: PresentFacts;
  /** Inputs, or the version of Node, that cannot be known. */
  readonly missing: readonly StaleReason[];
  readonly waiting: readonly StageId[];
  /** `null` while anything is missing or awaited. */
  readonly key: Key | null;
}

async function presentOf(
  declaration: StageDeclaration,
  fingerprint: FingerprintData,
  done: ReadonlyMap<StageId, Evaluation>,
  context: EvaluationContext,
): Promise<Present> {
  const inputs = await resolveInputs(declaration, {
    root: context.rootOf(declaration),
    disk: context.disk,
    memo: context.memo,
    cache: context.store.folder,
    params: context.params,
    environment: context.environment,
    upstream: (stage) => done.get(stage)?.result ?? null,
  });
  const options = resultOptions(declaration.options);
  const node = "major" in context.node ? context.node.major : null;
  const missing = [...inputs.missing];
  if ("unknown" in context.node) missing.push({ kind: "node-unknown", detail: context.node.unknown });
  const whole = missing.length + inputs.waiting.length === 0 && node !== null;
  return {
    facts: { fingerprint, inputs: inputs.records, declared: declaration.inputs, options, node },
    counted: {
      fingerprint,
      withoutVersions: () => context.withoutVersions(declaration),
      inputs: inputs.records,
      declared: declaration.inputs,
      options,
      node,
    },
    missing,
    waiting: inputs.waiting,
    key: whole ? computeKey({ fingerprint: fingerprint.fingerprint, inputs: inputs.records, options, node }) : null,
  };
}

async function presentState(
  present: Present,
  last: ResultRecord | null,
  declaration: StageDeclaration,
  done: ReadonlyMap<StageId, Evaluation>,
  context: EvaluationContext,
): Promise<StateOf> {
  const { key } = present;
  const { cue } = declaration.options;
  const none = { record: null, failure: null, result: null, ignored: [] };
  if (key !== null && declaration.options.cache === false)
    return {
      ...none,
      state: "uncached",
      reasons: [],
      result: { kind: "uncached", key },
      failure: await context.store.getFailure(key),
    };
  if (key !== null && cue?.mode === "always") {
    const failure = await context.store.getFailure(key);
    const reasons: StaleReason[] = [
      ...(last === null ? [{ kind: "never-run" as const }] : []),
      { kind: "always-runs" },
    ];
    return { ...none, failure, reasons, state: failure !== null ? "failed" : last === null ? "new" : "stale" };
  }
  const found = key === null ? null : await keyedState(key, present.facts, last, declaration, context);
  if (found !== null && (found.state === "fresh" || !suppresses(cue))) return found;
  if (suppresses(cue) && cue.mode === undefined) {
    const record = await findUnderCue(declaration, present.counted, cue, context);
    if (record !== null) {
      const ignored = changedSince(record, present, done);
      return { state: "fresh", reasons: [], ignored, record, failure: null, result: storedResult(record) };
    }
  }
  if (found === null) return { ...none, ...waitingState(present, last, done) };
  const { counting, ignored } = splitByCue(found.reasons, cue);
  // Where only what does not count is different, what is missing is a usable result.
  const { reasons } = found;
  return counting.length === 0 ? { ...found, reasons } : { ...found, reasons: counting, ignored };
}

type StateOf = Pick<Evaluation, "state" | "reasons" | "ignored" | "record" | "failure" | "result">;

async function frozenState(
  declaration: StageDeclaration,
  changed: (record: ResultRecord) => readonly StaleReason[],
  { store }: EvaluationContext,
): Promise<StateOf> {
  const found = await findFrozen(declaration.id, store);
  if ("reasons" in found)
    return { state: "stale", reasons: found.reasons, ignored: [], record: null, failure: null, result: null };
  const { record } = found;
  return {
    state: "frozen",
    reasons: [],
    ignored: changed(record),
    record,
    failure: null,
    result: storedResult(record),
  };
}

/** Everything that differs from what a record was made from. */
function changedSince(
  record: ResultRecord,
  present: Present,
  done: ReadonlyMap<StageId, Evaluation>,
): readonly StaleReason[] {
  const waiting = upstreamReasons(present.waiting, done);
  return [...present.missing, ...compareWithRecord(record, present.facts), ...waiting];
}

function storedResult(record: ResultRecord): UpstreamResult {
  return { kind: "stored", value: record.result };
}

/** A declaration that cannot be trusted to be what it says: stale or unknown, never fresh. */
function declarationProblem(
  declaration: StageDeclaration,
  context: EvaluationContext,
): Pick<Evaluation, "state" | "reasons"> | null {
  const cycle = context.order.cycles.get(declaration.id);
  if (cycle !== undefined) {
    const message = `it depends on itself: ${cycle.join(" → ")}`;
    return { state: "stale", reasons: [{ kind: "invalid-declaration", message, location: declaration.nameRange }] };
  }
  const errors = declaration.problems.filter((p) => p.severity === "error");
  if (errors.length === 0) return null;
  const syntax = errors.find((p) => p.code === "syntax-error" || p.code === "unresolved-import");
  if (syntax !== undefined)
    return { state: "unknown", reasons: [{ kind: "unknown-code", message: syntax.message, location: syntax.range }] };
  return {
    state: "stale",
    reasons: errors.map((p) => ({ kind: "invalid-declaration", message: p.message, location: p.range })),
  };
}

/** An input is missing or an upstream must run: own reasons first, because they hold whatever the upstream gives. */
function waitingState(
  { missing, waiting, facts }: Present,
  last: ResultRecord | null,
  done: ReadonlyMap<StageId, Evaluation>,
): Pick<Evaluation, "state" | "reasons"> {
  const own = [...missing, ...(last === null ? [] : compareWithRecord(last, facts))];
  const upstream = upstreamReasons(waiting, done);
  if (last === null && missing.length === 0) return { state: "new", reasons: [{ kind: "never-run" }, ...upstream] };
  if (own.some((reason) => reason.kind === "node-unknown")) return { state: "unknown", reasons: [...own, ...upstream] };
  return { state: own.length > 0 ? "stale" : "blocked", reasons: [...own, ...upstream] };
}

async function keyedState(
  key: Key,
  facts: StageFacts,
  last: ResultRecord | null,
  declaration: StageDeclaration,
  context: EvaluationContext,
): Promise<StateOf> {
  const { lineage } = context;
  const record =
    (await context.store.getRecord(key)) ??
    (await lineage.adopt({ stage: declaration.id, key, ...facts, capture: () => lineage.capture(declaration) }));
  const failure = await context.store.getFailure(key);
  const not = { record: null, failure, result: null, ignored: [] };
  if (record !== null) {
    const wrong = await recordProblems(record, declaration, context);
    if (wrong.length === 0) {
      if (record.stage !== declaration.id) await lineage.link(declaration.id, record);
      return freshState(record);
    }
    return { ...not, state: failure === null ? "stale" : "failed", reasons: wrong };
  }
  const reasons = last === null ? [{ kind: "never-run" as const }] : compareWithRecord(last, facts);
  if (failure !== null) return { ...not, state: "failed", reasons };
  if (last === null) return { ...not, state: "new", reasons };
  // The newest record may be of exactly these facts but cleared or from an older key format.
  return {
    ...not,
    state: "stale",
    reasons: reasons.length > 0 ? reasons : [{ kind: "result-missing", digest: last.result.digest }],
  };
}

async function lastRecord(stage: StageId, context: EvaluationContext): Promise<ResultRecord | null> {
  const seen = context.lastFresh.get(stage);
  const history = await context.store.history(stage);
  // What was made since then is nearer, though it was never seen fresh: the code or an input was edited while it ran.
  const since = seen === undefined ? [] : history.filter(({ createdAt }) => createdAt > seen.at);
  const remembered = seen === undefined || since.length > 0 ? null : await context.store.getRecord(seen.key);
  if (remembered !== null) return remembered;
  for (const { key } of history) {
    const record = await context.store.getRecord(key);
    if (record !== null) return record;
  }
  return null;
}

/** When the first of the results that are fresh now will have outlived its time to live; `null` when none will. */
export function earliestExpiry(evaluations: ReadonlyMap<StageId, Evaluation>): number | null {
  let earliest: number | null = null;
  for (const { record, declaration } of evaluations.values()) {
    if (record === null || declaration.options.ttl === undefined) continue;
    const at = vouchedAt(record) + declaration.options.ttl;
    if (earliest === null || at < earliest) earliest = at;
  }
  return earliest;
}

/** Whether earlier results counted: not for a stage whose result for its key of now is there. */
export function restsOnHistory(evaluations: ReadonlyMap<StageId, Evaluation>): boolean {
  return ![...evaluations.values()].every(
    ({ state, key, record }) => state === "uncached" || (state === "fresh" && record?.key === key),
  );
}
