/** Which stored result may stand for a stage as it is now, beside the record under its own key: by its cue, or frozen. */
import { matchesUnderCue, type PresentFacts } from "../core/cue.js";
import type { StageId } from "../protocol/ids.js";
import type { StaleReason } from "../protocol/reason.js";
import type { ResultRecord } from "../protocol/record.js";
import type { Cue, StageDeclaration } from "../protocol/stage.js";
import type { Store } from "../store/store.js";

interface Place {
  readonly store: Store;
  readonly now: number;
}

/** The newest usable record of the stage in which all that counts under the cue is as it is now. */
export async function findUnderCue(
  declaration: StageDeclaration,
  facts: PresentFacts,
  cue: Cue,
  place: Place,
): Promise<ResultRecord | null> {
  for await (const record of recordsOf(declaration.id, place.store)) {
    if (!matchesUnderCue(record, facts, cue)) continue;
    if ((await recordProblems(record, declaration, place)).length === 0) return record;
  }
  return null;
}

/** The last result of a frozen stage, or why there is none. How old it is does not matter. */
export async function findFrozen(
  stage: StageId,
  store: Store,
): Promise<{ readonly record: ResultRecord } | { readonly reasons: readonly StaleReason[] }> {
  for await (const record of recordsOf(stage, store)) {
    const problem =
      record.invalidated === undefined
        ? await objectProblem(record, store)
        : ({ kind: "invalidated", at: record.invalidated } as const);
    return problem === null ? { record } : { reasons: [{ kind: "frozen-without-result" }, problem] };
  }
  return { reasons: [{ kind: "frozen-without-result" }] };
}

/** Why a record for exactly this key cannot be used; none when it can. */
export async function recordProblems(
  record: ResultRecord,
  declaration: StageDeclaration,
  { store, now }: Place,
): Promise<readonly StaleReason[]> {
  const { ttl } = declaration.options;
  if (record.invalidated !== undefined) return [{ kind: "invalidated", at: record.invalidated }];
  // A clock set back makes ages negative: such a result is young, not expired.
  const ageMs = now - vouchedAt(record);
  const expired: StaleReason[] = ttl !== undefined && ageMs > ttl ? [{ kind: "expired", ttlMs: ttl, ageMs }] : [];
  const problem = await objectProblem(record, store);
  return problem === null ? expired : [...expired, problem];
}

/** When somebody, a run or a person, last said that the result is true. Milliseconds since 1970. */
export function vouchedAt(record: ResultRecord): number {
  return Date.parse(record.accepted?.at ?? record.createdAt);
}

export async function objectProblem(record: ResultRecord, store: Store): Promise<StaleReason | null> {
  const check = await store.check(record.result);
  switch (check.state) {
    case "ok":
      return null;
    case "missing":
      return { kind: "result-missing", digest: record.result.digest };
    case "corrupt":
      return { kind: "result-corrupt", digest: record.result.digest, quarantined: check.quarantined };
  }
}

/** Newest first. */
async function* recordsOf(stage: StageId, store: Store): AsyncGenerator<ResultRecord> {
  for (const { key } of await store.history(stage)) {
    const record = await store.getRecord(key);
    if (record !== null) yield record;
  }
}
