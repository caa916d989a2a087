/**
 * Trust given and withdrawn by a person. Invariant: no data is made or removed; a record that a person vouched for says so,
 * and from which result and in spite of which changes.
 */
import { topologicalOrder } from "../core/order.js";
import { storedGraph } from "../core/analysis/captured-code.js";
import { resultOptions } from "../core/key.js";
import { PRESENT_FORMAT } from "../core/record-format.js";
import type { AcceptOutcome, AcceptReport, InvalidateReport } from "../protocol/engine-api.js";
import type { Key, StageId } from "../protocol/ids.js";
import type { ResultRecord } from "../protocol/record.js";
import type { Store } from "../store/store.js";
import type { Evaluation } from "./evaluate.js";
import { upstreamIds } from "./stage-order.js";
import { objectProblem } from "./find-result.js";
import type { SourceIndex } from "./source-index.js";

/** The project as far as trust needs it. */
export interface Trusting {
  readonly store: Store;
  /** Looks at everything again and evaluates it. */
  readonly refresh: () => Promise<ReadonlyMap<StageId, Evaluation>>;
  readonly index: SourceIndex;
  readonly node: () => string | null;
  readonly version: string;
  readonly now: () => number;
}

/** Upstreams first, because a stage can be accepted only when what it gets is known. */
export async function acceptStages(stages: readonly StageId[], project: Trusting): Promise<AcceptReport> {
  await project.store.open();
  let evaluations = await project.refresh();
  const graph = new Map([...evaluations].map(([id, e]) => [id, upstreamIds(e.declaration)]));
  const order = topologicalOrder(graph).filter((id) => stages.includes(id));
  const results: AcceptReport["results"][number][] = [];
  for (const stage of order) {
    const evaluation = evaluations.get(stage);
    if (evaluation === undefined) continue;
    const outcome = await acceptStage(evaluation, project);
    results.push({ stage, outcome });
    if (outcome.outcome === "accepted") evaluations = await project.refresh();
  }
  return { results };
}

async function acceptStage(evaluation: Evaluation, project: Trusting): Promise<AcceptOutcome> {
  const { declaration, state, key, last, reasons } = evaluation;
  const refused = (why: Extract<AcceptOutcome, { outcome: "refused" }>["why"]): AcceptOutcome => ({
    outcome: "refused",
    why,
    waitingFor: [],
  });
  if (state === "fresh") return { outcome: "already-fresh" };
  if (state === "frozen" || state === "uncached" || state === "unknown" || state === "failed") return refused(state);
  if (declaration.options.cue?.mode === "always") return refused("always-runs");
  if (reasons.some((r) => r.kind === "invalid-declaration" || r.kind === "frozen-without-result"))
    return refused("invalid");
  if (last === null) return refused("no-result");
  const waitingFor = [...new Set(reasons.flatMap((r) => (r.kind === "upstream-stale" ? [r.stage] : [])))];
  if (waitingFor.length > 0) return { outcome: "refused", why: "upstream", waitingFor };
  const fingerprint = codeOf(evaluation, project.index);
  const node = project.node();
  if (key === null || fingerprint === null || node === null) return refused("input");
  // A result of exactly this key, expired or not trusted any more, is nearer than the newest one.
  const source = (await project.store.getRecord(key)) ?? last;
  if ((await objectProblem(source, project.store)) !== null) return refused("result-gone");
  const trusted: { -readonly [Name in keyof ResultRecord]: ResultRecord[Name] } = { ...source };
  delete trusted.invalidated;
  const captured = project.index.capture(declaration);
  const at = new Date(project.now()).toISOString();
  await project.store.putRecord({
    ...trusted,
    format: PRESENT_FORMAT,
    graph: captured === null ? null : storedGraph(captured.code),
    sources: captured?.sources ?? null,
    migratedFrom: null,
    key,
    stage: declaration.id,
    fingerprint,
    inputs: evaluation.inputs,
    options: resultOptions(declaration.options),
    node,
    producer: project.version,
    accepted: { at, from: source.key, reasons },
  });
  return { outcome: "accepted", reasons };
}

/** The code with all that a record of it holds. */
function codeOf({ code, declaration }: Evaluation, index: SourceIndex): ResultRecord["fingerprint"] | null {
  if (code?.ok !== true) return null;
  const withoutVersions = index.withoutVersions(declaration);
  return withoutVersions === null ? code.data : { ...code.data, withoutVersions };
}

/** Takes back that the present result was accepted: what made the stage stale counts again. */
export async function undoAcceptance(stages: readonly StageId[], project: Trusting): Promise<AcceptReport> {
  const evaluations = await project.refresh();
  const results: AcceptReport["results"][number][] = [];
  for (const stage of stages) {
    const record = evaluations.get(stage)?.record ?? null;
    const { accepted, ...original } = record ?? {};
    if (record === null || accepted === undefined) {
      results.push({ stage, outcome: { outcome: "refused", why: "not-accepted", waitingFor: [] } });
      continue;
    }
    const { from, reasons } = accepted;
    const withdrawn = reasons.find((r) => r.kind === "invalidated");
    // The record of the very same key was not copied but stamped, as for a result that had expired.
    if (from === record.key)
      await project.store.putRecord({
        ...(original as ResultRecord),
        ...(withdrawn === undefined ? {} : { invalidated: withdrawn.at }),
      });
    else {
      // The older record that it was made of would be found again.
      const { migratedFrom } = record;
      await project.store.remove({ keys: migratedFrom === null ? [record.key] : [record.key, migratedFrom] });
    }
    results.push({ stage, outcome: { outcome: "undone" } });
  }
  await project.refresh();
  return { results };
}

/** Withdraws trust from all results of the stages; the data stays and can be looked at. */
export async function invalidateStages(
  stages: readonly StageId[],
  project: Trusting & { readonly keysOf: (stage: StageId) => Promise<readonly Key[]> },
): Promise<InvalidateReport> {
  await project.refresh();
  const at = new Date(project.now()).toISOString();
  let records = 0;
  for (const stage of stages) {
    for (const key of await project.keysOf(stage)) {
      const record = await project.store.getRecord(key);
      if (record === null || record.invalidated !== undefined) continue;
      await project.store.putRecord({ ...record, invalidated: at });
      records++;
    }
  }
  await project.refresh();
  return { stages, records };
}
