/**
 * One project: its source, its store, its statuses and its runs. Invariant: taking in changes, evaluating and freezing
 * happen one after the other (`#exclusive`), so that a status or a run never mixes two moments.
 */
import * as path from "node:path";
import { isSettled } from "../core/settled.js";
import type { RunEvent, RunRequest, RunSummary } from "../protocol/events.js";
import type { RunId, StageId } from "../protocol/ids.js";
import type { StageDeclaration, StaticValue } from "../protocol/stage.js";
import type { ProjectStatus } from "../protocol/status.js";
import { LocalStore } from "../store/local-store.js";
import type { Store, StoreUse } from "../store/store.js";
import type { Trusting } from "./accept.js";
import { buildProblems, StatusBuilder, type ActiveStage } from "./build-status.js";
import { Emitter } from "./emitter.js";
import { Disk } from "./disk.js";
import { presentNode, type EngineEnvironment } from "./engine-environment.js";
import { withEnvFiles } from "./env-files.js";
import { earliestExpiry, evaluate, restsOnHistory, type Evaluation, type SeenFresh } from "./evaluate.js";
import { keepEqual, keeping, type Before } from "./kept-evaluations.js";
import { Lineage } from "./lineage.js";
import { Later } from "./timers.js";
import { preparePlan, type Prepared } from "./prepare-plan.js";
import { readProjectSettings } from "./project-files.js";
import { findProjectRoot } from "./project-root.js";
import type { ReadProgress } from "./read-progress.js";
import { RunSession } from "./run-session.js";
import { Observations, type Observed } from "./observations.js";
import { SourceIndex } from "./source-index.js";
import { StageOrders } from "./stage-order.js";
import type { StageProcessPool } from "./stage-process-pool.js";
import { StatMemo } from "./stat-memo.js";
import { SummaryMemo } from "./summary-memo.js";

/** A run under way. `finish` must be called: it waits for the end and clears up. */
export interface StartedRun {
  readonly session: RunSession;
  readonly finish: () => Promise<RunSummary>;
}

/** Long enough for a person to go on typing, short enough that a missed change is not believed for long. */
const LOOK_AGAIN_MS = 1500;

export interface ProjectOptions {
  readonly root: string;
  readonly environment: EngineEnvironment;
  readonly pool: StageProcessPool;
  /** Keep what statuses are computed from, so that it can be written down: for a process that ends soon. */
  readonly observed?: boolean;
}

export class Project {
  readonly root: string;
  readonly store: Store;
  readonly index: SourceIndex;
  readonly disk: Disk;
  readonly memo: StatMemo;
  readonly lineage: Lineage;
  readonly onStatus = new Emitter<ProjectStatus>();
  readonly onRun = new Emitter<RunEvent>();
  readonly onRead = new Emitter<ReadProgress>();
  readonly #environment: EngineEnvironment;
  readonly #pool: StageProcessPool;
  readonly #observations: Observations | null;
  readonly #summaries: SummaryMemo;
  readonly #active = new Map<StageId, ActiveStage>();
  /** Runs from their request to their end: a run can be cancelled before it has a plan. */
  readonly #running = new Map<RunId, { readonly abort: AbortController; ended: Promise<unknown> }>();
  readonly #orders = new StageOrders();
  readonly #builder = new StatusBuilder(this.#orders);
  readonly #lastFresh = new Map<StageId, SeenFresh>();
  #evaluations: ReadonlyMap<StageId, Evaluation> = new Map();
  #status: ProjectStatus | null = null;
  #use: StoreUse = { bytes: 0, objects: 0 };
  #overrides: { readonly [name: string]: StaticValue } = {};
  #revision = 0;
  readonly #expiry = new Later(() => void this.refresh().catch(() => undefined));
  /** A quick answer trusts what the watcher told. It may have missed something, so everything is looked at soon after. */
  readonly #lookAgain = new Later(() => void this.refresh().catch(() => undefined));
  readonly #saving = new Later(() => this.#summaries.save());
  #queue: Promise<unknown> = Promise.resolve();
  #refreshing: Promise<ProjectStatus> | null = null;
  #scanned = false;

  constructor(options: ProjectOptions) {
    this.root = options.root;
    this.#environment = options.environment;
    this.#pool = options.pool;
    const { settings } = readProjectSettings(options.root, new Disk());
    const folder = path.join(options.root, settings.cacheDir);
    this.#observations = options.observed === true ? new Observations(folder) : null;
    this.disk = new Disk(this.#observations);
    this.memo = new StatMemo({ disk: this.disk, cache: folder, onRead: (read) => this.onRead.emit(read) });
    this.store = new LocalStore({ folder, witness: this.#observations });
    this.lineage = new Lineage(this.store, (declaration) => this.index.capture(declaration));
    this.#summaries = new SummaryMemo(folder, options.environment.version);
    this.index = new SourceIndex({ root: options.root, memo: this.#summaries, disk: this.disk });
  }

  /** The newest status; computed at the first call. */
  async status(): Promise<ProjectStatus> {
    return this.#status ?? this.refresh();
  }

  evaluation(stage: StageId): Evaluation | null {
    return this.#evaluations.get(stage) ?? null;
  }

  evaluations(): ReadonlyMap<StageId, Evaluation> {
    return this.#evaluations;
  }

  /** What the newest status was computed from; `null` when that is not known in full. */
  observed(): Observed | null {
    return this.#observations?.all({ histories: restsOnHistory(this.#evaluations) }) ?? null;
  }

  /** When the newest status ends to hold by itself, in milliseconds since 1970; `null`: never. */
  expiry(): number | null {
    return earliestExpiry(this.#evaluations);
  }

  /** Evaluates everything now and publishes it. Calls made while one waits share it. */
  refresh(): Promise<ProjectStatus> {
    this.#refreshing ??= this.#exclusive(async () => {
      this.#refreshing = null;
      return this.#evaluate();
    });
    return this.#refreshing;
  }

  /** Values of parameters that take the place of those of restage.json while this engine lives. */
  async setParams(values: { readonly [name: string]: StaticValue }): Promise<ProjectStatus> {
    this.#overrides = values;
    return this.refresh();
  }

  /** The project for those who give or withdraw trust in results. */
  trusting(): Trusting {
    return {
      store: this.store,
      refresh: () =>
        this.#exclusive(async () => {
          this.index.scan();
          await this.#evaluate();
          return this.#evaluations;
        }),
      index: this.index,
      node: () => {
        const peeked = this.#environment.peekNodeVersion();
        return "version" in peeked ? peeked.version : null;
      },
      version: this.#environment.version,
      now: this.#environment.now,
    };
  }

  /** Takes in changes of source, data and settings files, and publishes the statuses that follow. */
  async filesChanged(files: readonly string[]): Promise<void> {
    const stored = `${this.store.folder}${path.sep}`;
    const inside = files.filter((file) => !file.startsWith(stored));
    if (inside.length === 0) {
      // Another window or the command line made or removed results.
      if (files.length > 0 && this.#evaluations.size > 0) await this.refresh();
      return;
    }
    await this.#exclusive(async () => {
      this.#scan();
      const settingsChanged = inside.includes(path.join(this.root, "restage.json"));
      if (settingsChanged) this.index.scan();
      const source = this.index.update(inside);
      const known = source || settingsChanged || this.#evaluations.size > 0;
      if (known) await this.#evaluate(settingsChanged ? null : inside);
    });
    this.#saving.set(LOOK_AGAIN_MS);
  }

  async run(request: RunRequest, id: RunId): Promise<RunSummary> {
    const run = this.startRun(request, id).then((started) => started.finish());
    const running = this.#running.get(id);
    if (running !== undefined) running.ended = run.catch(() => undefined);
    return run;
  }

  /** A run whose values can be read before it is finished: for the library, which returns them. */
  async startRun(request: RunRequest, id: RunId): Promise<StartedRun> {
    const abort = new AbortController();
    this.#running.set(id, { abort, ended: Promise.resolve() });
    try {
      const prepared = await this.#prepare(request);
      return this.#begin(prepared, { request, id, abort });
    } catch (error) {
      this.#running.delete(id);
      throw error;
    }
  }

  async #prepare(request: RunRequest): Promise<Extract<Prepared, { is: "ready" }>> {
    await this.store.open();
    // From here on the version is the one that will run, whatever was read of it before.
    this.#environment.nodeVersion();
    return this.#exclusive(async () => {
      const params = this.#params();
      for (;;) {
        // Always from the disk as it is now: the watcher is a hint and may have missed something.
        this.index.scan();
        const evaluations = await this.#evaluateWith(params);
        this.#take(evaluations);
        const plan = await preparePlan({
          request,
          evaluations,
          params,
          variables: this.#variables().variables,
          project: this,
          environment: this.#environment,
          pool: this.#pool,
          settings: readProjectSettings(this.root, this.disk).settings,
          rootOf: (d) => this.#rootOf(d),
        });
        if (plan.is === "ready") return plan;
        this.index.update(plan.files);
      }
    });
  }

  #begin(
    prepared: Extract<Prepared, { is: "ready" }>,
    { request, id, abort }: { readonly request: RunRequest; readonly id: RunId; readonly abort: AbortController },
  ): StartedRun {
    const { plan } = prepared;
    const session = new RunSession({ id, plan, request, abort, emit: (event) => this.#onRunEvent(event) });
    for (const stage of plan.stages) {
      const evaluation = prepared.evaluations.get(stage);
      if (
        evaluation === undefined ||
        (isSettled(evaluation.state) &&
          !(evaluation.state === "fresh" && (request.force || request.check === true) && plan.targets.includes(stage)))
      )
        continue;
      const fingerprint = plan.code.get(stage)?.fingerprint ?? null;
      this.#active.set(stage, { run: id, state: "queued", fingerprint, key: evaluation.key });
    }
    const done = session.run();
    const finish = async (): Promise<RunSummary> => {
      try {
        return await done;
      } finally {
        await this.#endRun(id, plan.folder, await done.catch(() => null));
      }
    };
    return { session, finish };
  }

  cancel(run: RunId): void {
    this.#running.get(run)?.abort.abort();
  }

  /** Cancels what runs and waits for its end, so that no process, lock or temporary file outlives the project. */
  async close(): Promise<void> {
    this.memo.close();
    for (const later of [this.#expiry, this.#lookAgain, this.#saving]) later.clear();
    const running = [...this.#running.values()];
    for (const { abort } of running) abort.abort();
    await Promise.all(running.map(({ ended }) => ended));
    this.#summaries.save();
    await this.store.dispose();
  }

  async #endRun(id: RunId, folder: string, summary: RunSummary | null): Promise<void> {
    this.#running.delete(id);
    for (const [stage, active] of this.#active) if (active.run === id) this.#active.delete(stage);
    await this.store.discard(folder).catch(() => undefined);
    const { settings } = readProjectSettings(this.root, this.disk);
    const pinned = new Set(
      [...this.#evaluations.values()].flatMap((e) => (e.record === null ? [] : [e.record.result.digest])),
    );
    await this.store.evict({ maxBytes: settings.maxCacheBytes, pinned }).catch(() => undefined);
    this.#summaries.save();
    await this.refresh();
    if (summary !== null) this.onRun.emit({ type: "run-ended", run: id, summary });
  }

  #onRunEvent(event: RunEvent): void {
    if (event.type === "stage-started") {
      const queued = this.#active.get(event.stage);
      const evaluation = this.#evaluations.get(event.stage);
      const fingerprint = evaluation?.code?.ok === true ? evaluation.code.data.fingerprint : null;
      this.#active.set(event.stage, { fingerprint, key: null, ...queued, run: event.run, state: "running" });
    } else if (event.type === "stage-ended") {
      if (this.#active.get(event.stage)?.run === event.run) this.#active.delete(event.stage);
    }
    this.onRun.emit(event);
    if (event.type === "stage-started") this.#publish();
    else if (event.type === "run-started") this.#publish();
    else if (event.type === "stage-ended") void this.refresh().catch(() => undefined);
  }

  /** `changed`: nothing else did, as far as is known, so that what does not depend on them is kept. */
  async #evaluate(changed: readonly string[] | null = null): Promise<ProjectStatus> {
    this.#scan();
    const before =
      changed &&
      keeping(this.#evaluations, changed, {
        rootOf: (declaration) => this.#rootOf(declaration),
        displayPath: (file) => this.index.displayPath(file),
      });
    this.#take(await this.#evaluateWith(this.#params(), before));
    if (before === null) this.#lookAgain.clear();
    else this.#lookAgain.set(LOOK_AGAIN_MS);
    this.#use = await this.store.use();
    return this.#publish();
  }

  #take(evaluations: ReadonlyMap<StageId, Evaluation>): void {
    this.#evaluations = keepEqual(this.#evaluations, evaluations);
    // A result that outlives its time makes its stage stale without any event; nobody would ask.
    const [expiry, at] = [earliestExpiry(this.#evaluations), this.#environment.now()];
    if (expiry === null) this.#expiry.clear();
    else this.#expiry.set(expiry - at + 1);
    for (const [id, { record }] of evaluations) if (record !== null) this.#lastFresh.set(id, { key: record.key, at });
  }

  async #evaluateWith(
    params: { readonly [name: string]: StaticValue },
    before: Before<Evaluation> | null = null,
  ): Promise<ReadonlyMap<StageId, Evaluation>> {
    const declarations = this.index.declarations();
    return evaluate({
      declarations,
      order: this.#orders.of(declarations),
      code: (declaration) => this.index.code(declaration),
      withoutVersions: (declaration) => this.index.withoutVersions(declaration),
      rootOf: (declaration) => this.#rootOf(declaration),
      store: this.store,
      disk: this.disk,
      lineage: this.lineage,
      memo: this.memo,
      params,
      environment: this.#variables(this.#observations).variables,
      node: presentNode(this.#environment),
      now: this.#environment.now(),
      lastFresh: this.#lastFresh,
      before,
    });
  }

  #publish(): ProjectStatus {
    const { problems, settings } = readProjectSettings(this.root, this.disk);
    const status: ProjectStatus = {
      root: this.root,
      name: path.basename(this.root),
      stages: this.#builder.build(this.#evaluations, this.#active),
      problems: buildProblems(this.#evaluations, {
        settingsProblems: [...problems, ...this.#variables().problems.map((problem) => `restage.json: ${problem}`)],
        settingsFile: path.join(this.root, "restage.json"),
        root: this.root,
        parses: (file) => this.index.summary(file)?.ok !== false,
      }),
      cache: {
        folder: this.store.folder,
        bytes: this.#use.bytes,
        objects: this.#use.objects,
        maxBytes: settings.maxCacheBytes,
      },
      revision: ++this.#revision,
    };
    this.#status = status;
    this.onStatus.emit(status);
    return status;
  }

  #scan(): void {
    if (!this.#scanned) this.index.scan();
    this.#scanned = true;
  }

  #params(): { readonly [name: string]: StaticValue } {
    return { ...readProjectSettings(this.root, this.disk).settings.params, ...this.#overrides };
  }

  /** The environment, with the files that restage.json adds. A stage still gets only what it declares. */
  #variables(watching: Observations | null = null): ReturnType<typeof withEnvFiles> {
    const { variables } = this.#environment;
    const { envFiles } = readProjectSettings(this.root, this.disk).settings;
    const real = watching?.watchVariables(variables) ?? variables;
    return withEnvFiles(real, { root: this.root, envFiles, disk: this.disk });
  }

  /** Paths of a stage are relative to the project its file is in, which may be another workspace package. */
  #rootOf(declaration: StageDeclaration): string {
    if (declaration.file.startsWith(`${this.root}${path.sep}`)) return this.root;
    return findProjectRoot(path.dirname(declaration.file), this.disk) ?? this.root;
  }

  #exclusive<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(task, task);
    this.#queue = result.catch(() => undefined);
    return result;
  }
}
