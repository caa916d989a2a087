/**
 * One run: every target and what it needs, each stage at most once, independent ones at the same time. It works on code
 * frozen at its start. Invariant: a record is written only for a result whose inputs were the same before and after, under
 * the key of the frozen code.
 */
import { suppresses, type PresentFacts } from "../core/cue.js";
import { computeKey, nodeMajor, resultOptions } from "../core/key.js";
import type { RunEvent, RunRequest, RunSummary, StageOutcome } from "../protocol/events.js";
import type { Failure } from "../protocol/failure.js";
import type { FingerprintData } from "../protocol/fingerprint.js";
import type { RunId, StageId } from "../protocol/ids.js";
import type { StaleReason } from "../protocol/reason.js";
import type { ResultRecord, StoredValue } from "../protocol/record.js";
import type { StageDeclaration } from "../protocol/stage.js";
import { becauseOf, internal, isGood, missingInput, persistent, type Ensured, type Lost } from "./stage-end.js";
import { checkStage } from "./check-stage.js";
import { upstreamIds } from "./stage-order.js";
import { findUnderCue, recordProblems } from "./find-result.js";
import { resolveInputs, type ResolvedInputs, type UpstreamResult } from "./resolve-inputs.js";
import { summarise } from "./result-summary.js";
import type { Materialised, RunPlan } from "./run-plan.js";
import { runStage, type StageWork } from "./run-stage.js";
import { Semaphore } from "./semaphore.js";

export class RunSession {
  readonly id: RunId;
  readonly #plan: RunPlan;
  readonly #request: RunRequest;
  readonly #emit: (event: RunEvent) => void;
  readonly #abort: AbortController;
  readonly #ensured = new Map<StageId, Promise<Ensured>>();
  readonly #healed = new Map<StageId, Promise<Ensured>>();
  readonly #values = new Map<StageId, Promise<Materialised | Failure>>();
  readonly #outcomes = new Map<StageId, StageOutcome>();
  readonly #slots: Semaphore;

  constructor(options: {
    readonly id: RunId;
    readonly plan: RunPlan;
    readonly request: RunRequest;
    readonly abort: AbortController;
    readonly emit: (event: RunEvent) => void;
  }) {
    this.id = options.id;
    this.#abort = options.abort;
    this.#plan = options.plan;
    this.#request = options.request;
    this.#emit = options.emit;
    this.#slots = new Semaphore(options.plan.concurrency);
  }

  async run(): Promise<RunSummary> {
    const started = performance.now();
    const startedAt = new Date(this.#plan.now()).toISOString();
    this.#emit({ type: "run-started", run: this.id, stages: [...this.#plan.stages] });
    const { pool, stages, bundles, concurrency } = this.#plan;
    const mayRun = [...stages].filter((id) => bundles.has(this.#plan.declarations.get(id)?.file ?? "")).length;
    const settled = pool.expect(mayRun, concurrency);
    await Promise.all(this.#plan.targets.map((id) => this.#ensure(id)));
    settled();
    // A target that is gone is in no plan, and must still be answered.
    const outcomes = [...new Set([...this.#plan.stages, ...this.#plan.targets])].flatMap((stage) => {
      const outcome = this.#outcomes.get(stage);
      return outcome === undefined ? [] : [{ stage, outcome }];
    });
    const ok = outcomes.every(({ outcome }) => isGood(outcome));
    const summary: RunSummary = {
      run: this.id,
      ok,
      cancelled: this.#abort.signal.aborted,
      durationMs: performance.now() - started,
      outcomes,
    };
    await this.#plan.store.addRun(summary, startedAt).catch(() => undefined);
    return summary;
  }

  /** The value of a stage that this run made or reused. */
  async value(id: StageId): Promise<Materialised | Failure> {
    const ensured = await this.#ensure(id);
    if (!ensured.ok) return ensured.failure;
    return ensured.result.kind === "stored" ? this.#stored(ensured.result.value) : this.#materialise(id);
  }

  #ensure(id: StageId): Promise<Ensured> {
    let promise = this.#ensured.get(id);
    if (promise === undefined) {
      promise = this.#settle(id).catch((error: unknown): Ensured => this.#fail(id, internal(id, error), "failed"));
      this.#ensured.set(id, promise);
    }
    return promise;
  }

  async #settle(id: StageId): Promise<Ensured> {
    const declaration = this.#plan.declarations.get(id);
    if (declaration === undefined)
      return this.#fail(
        id,
        { reason: "not-runnable", stage: id, message: `there is no stage ${id} any more.`, location: null },
        "failed",
      );
    const without = await this.#withoutUpstreams(declaration);
    if (without !== null) return this.#reuse(id, without);
    const upstreams = upstreamIds(declaration);
    // A tick between levels: a chain of thousands of stages must not grow the stack.
    await Promise.resolve();
    const above = await Promise.all(upstreams.map(async (up) => ({ up, ensured: await this.#ensure(up) })));
    if (this.#abort.signal.aborted) return this.#fail(id, { reason: "cancelled", stage: id }, "skipped");
    const failed = above.find(({ ensured }) => !ensured.ok);
    if (failed !== undefined) return this.#fail(id, becauseOf(id, failed), "skipped");
    const blocked = this.#plan.problems.get(id);
    if (blocked !== undefined) return this.#fail(id, blocked, "failed");
    const code = this.#plan.code.get(id);
    if (code === undefined)
      return this.#fail(
        id,
        { reason: "not-runnable", stage: id, message: "its code could not be read.", location: declaration.nameRange },
        "failed",
      );

    const results = new Map(above.flatMap(({ up, ensured }) => (ensured.ok ? [[up, ensured.result] as const] : [])));
    const inputs = await this.#inputs(declaration, results);
    const missing = inputs.missing[0];
    if (missing !== undefined && !this.#mustRun(declaration)) {
      const record = await this.#underCue(declaration, code, inputs);
      if (record !== null) return this.#reuse(id, record);
    }
    if (missing !== undefined) return this.#fail(id, missingInput(missing, declaration), "failed");
    const work = this.#workOf(declaration, code, inputs, results);
    const { key } = work;
    if (this.#checks(id)) return this.#slots.use(() => this.#check(work));
    const heldBack = this.#request.light === true && declaration.options.heavy === true;
    if (
      heldBack &&
      (declaration.options.cache === false ||
        declaration.options.cue?.mode === "always" ||
        (await this.#usable(work)) === null)
    )
      return this.#fail(id, { reason: "held-back", stage: id, heavy: id }, "skipped");
    if (declaration.options.cache === false) {
      const result: UpstreamResult = { kind: "uncached", key };
      this.#works.set(id, work);
      if (!this.#plan.targets.includes(id)) return { ok: true, result };
      const value = await this.#slots.use(() => this.#materialise(id));
      return "reason" in value ? { ok: false, failure: value } : { ok: true, result };
    }
    const done = await this.#cached(work);
    if (!("lost" in done)) return done;
    // An input's result was damaged or went away: it is made anew, once, and this stage tried again with it.
    const again = await this.#again(done.lost);
    if (!again.ok) return this.#fail(id, becauseOf(id, { up: done.lost, ensured: again }), "skipped");
    results.set(done.lost, again.result);
    const second = await this.#cached(
      this.#workOf(declaration, code, await this.#inputs(declaration, results), results),
    );
    return "lost" in second ? this.#fail(id, second.failure, "failed") : second;
  }

  #workOf(
    declaration: StageDeclaration,
    code: FingerprintData,
    inputs: ResolvedInputs,
    results: ReadonlyMap<StageId, UpstreamResult>,
  ): StageWork {
    const { options } = declaration;
    const node = nodeMajor(this.#plan.node) ?? 0;
    const { fingerprint } = code;
    return {
      declaration,
      code,
      inputs,
      key: computeKey({ fingerprint, inputs: inputs.records, options: resultOptions(options), node }),
      signal: this.#abort.signal,
      run: this.id,
      resolveAgain: () => this.#inputs(declaration, results),
    };
  }

  /** Settles a stage a second time; those that find its result damaged at the same time share that. */
  #again(id: StageId): Promise<Ensured> {
    let promise = this.#healed.get(id);
    if (promise === undefined) {
      this.#ensured.delete(id);
      this.#outcomes.delete(id);
      promise = this.#ensure(id);
      this.#healed.set(id, promise);
    }
    return promise;
  }

  /** The result of a stage that needs none of its upstreams: it is frozen, or they do not count for it. */
  async #withoutUpstreams(declaration: StageDeclaration): Promise<ResultRecord | null> {
    const frozen = this.#plan.frozen.get(declaration.id);
    if (frozen !== undefined) return frozen;
    const code = this.#plan.code.get(declaration.id);
    const { cue } = declaration.options;
    if (cue?.upstream !== false || code === undefined || this.#plan.problems.has(declaration.id)) return null;
    if (this.#mustRun(declaration)) return null;
    return this.#underCue(declaration, code, await this.#inputs(declaration, new Map()));
  }

  /** Asked to, or because the stage runs each time. */
  #mustRun({ id, options }: StageDeclaration): boolean {
    if (this.#request.light === true && options.heavy === true) return false;
    if (this.#checks(id)) return true;
    return options.cue?.mode === "always" || (this.#request.force && this.#plan.targets.includes(id));
  }

  async #underCue(
    declaration: StageDeclaration,
    code: FingerprintData,
    inputs: ResolvedInputs,
  ): Promise<ResultRecord | null> {
    const { cue } = declaration.options;
    if (!suppresses(cue)) return null;
    const facts: PresentFacts = {
      fingerprint: code,
      withoutVersions: () => code.withoutVersions ?? null,
      inputs: inputs.records,
      declared: declaration.inputs,
      options: resultOptions(declaration.options),
      node: nodeMajor(this.#plan.node),
    };
    const { store } = this.#plan;
    const record = await findUnderCue(declaration, facts, cue, { store, now: this.#plan.now() });
    if (record !== null) store.touch(record.key);
    return record;
  }

  #checks(id: StageId): boolean {
    return this.#request.check === true && this.#plan.targets.includes(id);
  }

  async #check(work: StageWork): Promise<Ensured> {
    const { id } = work.declaration;
    const checked = await checkStage(work, this.#plan, {
      emit: this.#emit,
      reasons: [{ kind: "forced" }],
      materialise: (stage) => this.#materialise(stage),
      keep: false,
    });
    if ("failure" in checked)
      return this.#fail(id, checked.failure, checked.failure.reason === "cancelled" ? "skipped" : "failed");
    this.#end(id, { outcome: "checked", check: checked.check });
    return { ok: true, result: { kind: "stored", value: checked.result } };
  }

  readonly #works = new Map<StageId, StageWork>();

  async #cached(work: StageWork): Promise<Ensured | Lost> {
    const { id } = work.declaration;
    const forced = this.#mustRun(work.declaration);
    const existing = forced ? null : await this.#usable(work);
    if (existing !== null) return this.#reuse(id, existing);
    return this.#slots.use(async () => {
      if (work.signal.aborted) return this.#fail(id, { reason: "cancelled", stage: id }, "skipped");
      // One process computes a key at a time; who waited finds the other's result.
      const lock = await this.#plan.store.lock(work.key, { signal: work.signal }).catch((error: unknown) => {
        if (work.signal.aborted) return null;
        throw error;
      });
      if (lock === null) return this.#fail(id, { reason: "cancelled", stage: id }, "skipped");
      try {
        const meanwhile = forced ? null : await this.#usable(work);
        if (meanwhile !== null) return this.#reuse(id, meanwhile);
        return await this.#execute(work);
      } finally {
        await lock.release();
      }
    });
  }

  async #execute(work: StageWork): Promise<Ensured | Lost> {
    const { id } = work.declaration;
    const outcome = await runStage(work, this.#plan, {
      emit: this.#emit,
      reasons: this.#reasons(id),
      materialise: (stage) => this.#materialise(stage),
    });
    if (!outcome.ok) {
      const { failure, lost } = outcome;
      if (lost !== undefined) return { lost, failure };
      if (persistent(failure)) await this.#plan.store.putFailure(work.key, failure).catch(() => undefined);
      return this.#fail(id, failure, failure.reason === "cancelled" ? "skipped" : "failed");
    }
    const previous = this.#plan.last.get(id);
    const record: ResultRecord = outcome.record;
    this.#end(id, {
      outcome: "ran",
      result: summarise(record),
      unchanged: previous?.result.digest === record.result.digest,
    });
    return { ok: true, result: { kind: "stored", value: record.result } };
  }

  /** Runs a stage without a cache when somebody really needs its value; the value lives as long as the run. */
  #materialise(id: StageId): Promise<Materialised | Failure> {
    let promise = this.#values.get(id);
    if (promise === undefined) {
      promise = this.#makeValue(id).catch((error: unknown) => internal(id, error));
      this.#values.set(id, promise);
    }
    return promise;
  }

  async #makeValue(id: StageId): Promise<Materialised | Failure> {
    const work = this.#works.get(id);
    if (work === undefined) return internal(id, new Error("a value was asked for before its inputs were known"));
    const outcome = await runStage(work, this.#plan, {
      emit: this.#emit,
      reasons: [{ kind: "forced" }],
      materialise: (stage) => this.#materialise(stage),
      keep: false,
    });
    if (!outcome.ok) {
      this.#fail(id, outcome.failure, outcome.failure.reason === "cancelled" ? "skipped" : "failed");
      return outcome.failure;
    }
    this.#end(id, { outcome: "ran", result: summarise(outcome.record), unchanged: false });
    return { stored: outcome.record.result, path: outcome.path };
  }

  async #usable(work: StageWork): Promise<ResultRecord | null> {
    const record = (await this.#plan.store.getRecord(work.key)) ?? (await this.#adopt(work));
    const place = { store: this.#plan.store, now: this.#plan.now() };
    if (record === null || (await recordProblems(record, work.declaration, place)).length > 0)
      return this.#underCue(work.declaration, work.code, work.inputs);
    this.#plan.store.touch(work.key);
    return record;
  }

  #adopt({ declaration, key, code, inputs }: StageWork): Promise<ResultRecord | null> {
    return this.#plan.lineage.adopt({
      stage: declaration.id,
      key,
      fingerprint: code,
      inputs: inputs.records,
      options: resultOptions(declaration.options),
      capture: () => this.#plan.captured.get(declaration.id) ?? null,
    });
  }

  #inputs(declaration: StageDeclaration, results: ReadonlyMap<StageId, UpstreamResult>): Promise<ResolvedInputs> {
    return resolveInputs(declaration, {
      root: this.#plan.rootOf(declaration),
      disk: this.#plan.disk,
      memo: this.#plan.memo,
      cache: this.#plan.store.folder,
      params: this.#plan.params,
      environment: this.#plan.environment,
      upstream: (stage) => results.get(stage) ?? null,
    });
  }

  #reasons(id: StageId): readonly StaleReason[] {
    if (this.#request.force && this.#plan.targets.includes(id))
      return [{ kind: "forced" }, ...(this.#plan.reasons.get(id) ?? [])];
    return this.#plan.reasons.get(id) ?? [];
  }

  #stored(stored: StoredValue): Materialised {
    return { stored, path: this.#plan.store.objectPath(stored.digest, stored.format) };
  }

  #reuse(id: StageId, record: ResultRecord): Ensured {
    this.#end(id, { outcome: "reused", result: summarise(record) });
    return { ok: true, result: { kind: "stored", value: record.result } };
  }

  #fail(id: StageId, failure: Failure, outcome: "failed" | "skipped"): Ensured {
    this.#end(id, { outcome, failure });
    return { ok: false, failure };
  }

  #end(stage: StageId, outcome: StageOutcome): void {
    if (this.#outcomes.has(stage)) return;
    this.#outcomes.set(stage, outcome);
    this.#emit({ type: "stage-ended", run: this.id, stage, outcome });
  }
}
