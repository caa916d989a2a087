/**
 * The state of every stage of a project, from what is on disk now. Nothing is executed. Invariant: `fresh` is said only
 * when the key could be computed from content, its record exists, and the stored bytes were verified and have not been
 * touched since.
 */
import { computeKey, resultOptions } from "../core/key.js";
import { describeReasonShort } from "../core/describe.js";
import { topologicalOrder } from "../core/order.js";
import { compareWithRecord, type StageFacts } from "../core/staleness.js";
import type { Failure } from "../protocol/failure.js";
import type { CodeState } from "../protocol/fingerprint.js";
import type { Key, StageId } from "../protocol/ids.js";
import type { StaleReason } from "../protocol/reason.js";
import type { ResultRecord } from "../protocol/record.js";
import type { StageDeclaration, StaticValue } from "../protocol/stage.js";
import type { StageState } from "../protocol/status.js";
import type { Store } from "../store/store.js";
import { resolveInputs, type ResolvedInputs, type UpstreamResult } from "./resolve-inputs.js";
import type { Disk } from "./disk.js";
import type { StatMemo } from "./stat-memo.js";

export interface Evaluation {
  readonly declaration: StageDeclaration;
  readonly code: CodeState | null;
  readonly state: Exclude<StageState, "queued" | "running">;
  readonly reasons: readonly StaleReason[];
  readonly key: Key | null;
  /** The verified result for `key`. */
  readonly record: ResultRecord | null;
  /** The newest result under any key. */
  readonly last: ResultRecord | null;
  readonly failure: Failure | null;
  /** What downstream stages get; `null` while it must run first. */
  readonly result: UpstreamResult | null;
}

export interface EvaluationContext {
  readonly declarations: ReadonlyMap<StageId, StageDeclaration>;
  readonly cycles: ReadonlyMap<StageId, readonly StageId[]>;
  readonly code: (declaration: StageDeclaration) => CodeState;
  readonly rootOf: (declaration: StageDeclaration) => string;
  readonly store: Store;
  readonly disk: Disk;
  readonly memo: StatMemo;
  readonly params: { readonly [name: string]: StaticValue };
  readonly environment: { readonly [name: string]: string | undefined };
  readonly now: number;
  /** The key a stage was last seen fresh under in this session: what a person compares with in their mind. */
  readonly lastFresh: ReadonlyMap<StageId, Key>;
}

export async function evaluate(context: EvaluationContext): Promise<Map<StageId, Evaluation>> {
  const graph = new Map([...context.declarations].map(([id, d]) => [id, upstreamIds(d)]));
  const done = new Map<StageId, Evaluation>();
  for (const id of topologicalOrder(graph)) {
    const declaration = context.declarations.get(id);
    if (declaration !== undefined) done.set(id, await evaluateStage(declaration, done, context));
  }
  // In the order of the source, which is how people read them.
  return new Map(
    [...context.declarations.keys()].flatMap((id) => {
      const evaluation = done.get(id);
      return evaluation === undefined ? [] : [[id, evaluation] as const];
    }),
  );
}

/** Direct upstream stages, each once. */
export function upstreamIds(declaration: StageDeclaration): StageId[] {
  return [...new Set(declaration.inputs.flatMap((input) => (input.kind === "stage" ? [input.stage] : [])))];
}

async function evaluateStage(
  declaration: StageDeclaration,
  done: ReadonlyMap<StageId, Evaluation>,
  context: EvaluationContext,
): Promise<Evaluation> {
  const last = await lastRecord(declaration.id, context);
  const nothing = { declaration, code: null, key: null, record: null, last, failure: null, result: null };
  const broken = declarationProblem(declaration, context);
  if (broken !== null) return { ...nothing, ...broken };
  const code = context.code(declaration);
  if (!code.ok) {
    return {
      ...nothing,
      code,
      state: "unknown",
      reasons: [{ kind: "unknown-code", message: code.message, location: code.location }],
    };
  }
  const inputs = await resolveInputs(declaration, {
    root: context.rootOf(declaration),
    disk: context.disk,
    memo: context.memo,
    params: context.params,
    environment: context.environment,
    upstream: (stage) => done.get(stage)?.result ?? null,
  });
  const options = resultOptions(declaration.options);
  const facts: StageFacts = {
    fingerprint: code.data,
    inputs: inputs.records,
    inputNames: new Set(declaration.inputs.map((i) => i.name)),
    options,
  };
  const known = { ...nothing, code };
  if (inputs.missing.length + inputs.waiting.length > 0)
    return { ...known, ...waitingState(inputs, facts, last, done) };
  const key = computeKey({ fingerprint: code.data.fingerprint, inputs: inputs.records, options });
  if (declaration.options.cache === false)
    return {
      ...known,
      key,
      state: "uncached",
      reasons: [],
      result: { kind: "uncached", key },
      failure: await context.store.getFailure(key),
    };
  return { ...known, ...(await keyedState(key, facts, last, declaration, context)), key };
}

/** A declaration that cannot be trusted to be what it says: stale or unknown, never fresh. */
function declarationProblem(
  declaration: StageDeclaration,
  context: EvaluationContext,
): Pick<Evaluation, "state" | "reasons"> | null {
  const cycle = context.cycles.get(declaration.id);
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
  inputs: ResolvedInputs,
  facts: StageFacts,
  last: ResultRecord | null,
  done: ReadonlyMap<StageId, Evaluation>,
): Pick<Evaluation, "state" | "reasons"> {
  const own = [...inputs.missing, ...(last === null ? [] : compareWithRecord(last, facts))];
  const upstream = inputs.waiting.map((stage) => upstreamReason(stage, done));
  if (last === null && inputs.missing.length === 0)
    return { state: "new", reasons: [{ kind: "never-run" }, ...upstream] };
  return { state: own.length > 0 ? "stale" : "blocked", reasons: [...own, ...upstream] };
}

/** Names the root cause: the first stage up the chain that has a reason of its own. */
function upstreamReason(stage: StageId, done: ReadonlyMap<StageId, Evaluation>): StaleReason {
  const upstream = done.get(stage);
  const reason = upstream?.reasons[0];
  if (upstream === undefined)
    return { kind: "upstream-stale", stage, root: stage, because: "it does not exist", distance: 1 };
  if (upstream.state === "failed")
    return { kind: "upstream-stale", stage, root: stage, because: "it failed", distance: 1 };
  const chained = upstream.reasons.find((r) => r.kind === "upstream-stale");
  const own = upstream.reasons.find((r) => r.kind !== "upstream-stale" && r.kind !== "never-run");
  if (own === undefined && chained?.kind === "upstream-stale")
    return { ...chained, stage, distance: chained.distance + 1 };
  return {
    kind: "upstream-stale",
    stage,
    root: stage,
    because:
      own === undefined
        ? reason === undefined
          ? upstream.state
          : describeReasonShort(reason)
        : describeReasonShort(own),
    distance: 1,
  };
}

async function keyedState(
  key: Key,
  facts: StageFacts,
  last: ResultRecord | null,
  declaration: StageDeclaration,
  context: EvaluationContext,
): Promise<Pick<Evaluation, "state" | "reasons" | "record" | "failure" | "result">> {
  const record = await context.store.getRecord(key);
  const failure = await context.store.getFailure(key);
  const not = { record: null, failure, result: null };
  if (record !== null) {
    const wrong = await recordProblem(record, declaration, context);
    if (wrong === null)
      return { state: "fresh", reasons: [], record, failure: null, result: { kind: "stored", value: record.result } };
    return { ...not, state: failure === null ? "stale" : "failed", reasons: [wrong] };
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

/** Why a record for exactly this key cannot be used; `null` when it can. */
export async function recordProblem(
  record: ResultRecord,
  declaration: StageDeclaration,
  context: { readonly store: Store; readonly now: number },
): Promise<StaleReason | null> {
  const { ttl } = declaration.options;
  // A clock set back makes ages negative: such a result is young, not expired.
  const ageMs = context.now - Date.parse(record.createdAt);
  if (ttl !== undefined && ageMs > ttl) return { kind: "expired", ttlMs: ttl, ageMs };
  const check = await context.store.check(record.result);
  switch (check.state) {
    case "ok":
      return null;
    case "missing":
      return { kind: "result-missing", digest: record.result.digest };
    case "corrupt":
      return { kind: "result-corrupt", digest: record.result.digest, quarantined: check.quarantined };
  }
}

async function lastRecord(stage: StageId, context: EvaluationContext): Promise<ResultRecord | null> {
  const seen = context.lastFresh.get(stage);
  const candidates = [
    ...(seen === undefined ? [] : [seen]),
    ...(await context.store.history(stage)).map((entry) => entry.key),
  ];
  for (const key of candidates) {
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
    const at = Date.parse(record.createdAt) + declaration.options.ttl;
    if (earliest === null || at < earliest) earliest = at;
  }
  return earliest;
}
