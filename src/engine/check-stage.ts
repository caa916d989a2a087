/** Two runs of one stage's frozen code on the same inputs, compared. */
import { rename } from "node:fs/promises";
import type { Failure } from "../protocol/failure.js";
import type { DeterminismCheck, StoredValue } from "../protocol/record.js";
import { compareResults } from "./compare-results.js";
import type { Materialised, RunPlan } from "./run-plan.js";
import { runStage, type RunStageHooks, type StageWork } from "./run-stage.js";

/** A result that another run would not give again is not filed; one that is filed already learns what came out. */
export async function checkStage(
  work: StageWork,
  plan: RunPlan,
  hooks: RunStageHooks & { readonly keep: false },
): Promise<{ readonly check: DeterminismCheck; readonly result: StoredValue } | { readonly failure: Failure }> {
  const first = await runStage(work, plan, hooks);
  if (!first.ok) return first;
  const second = await runStage(work, plan, hooks);
  if (!second.ok) return second;
  const values = [first, second].map(({ record, path }) => ({ stored: record.result, path }));
  const [left, right] = values as [Materialised, Materialised];
  const check = await compareResults(left, right, new Date(plan.now()).toISOString());
  const { store } = plan;
  const known = await store.getRecord(work.key);
  if (known !== null) {
    await store.putRecord({ ...known, checked: check });
    return { check, result: known.result };
  }
  if (check.same && work.declaration.options.cache !== false) {
    // Only the store's own temporary files are taken in.
    const temporary = await store.newTemporary();
    await rename(first.path, temporary);
    await store.adopt(temporary, first.record.result.format);
    await store.putRecord({ ...first.record, checked: check });
    await store.deleteFailure(work.key);
  }
  return { check, result: first.record.result };
}
