/** Makes one stage's result: arguments, child, retries, the check that no input changed meanwhile, and filing. */
import { hostname } from "node:os";
import { randomBytes } from "node:crypto";
import { mkdir, rename } from "node:fs/promises";
import * as path from "node:path";
import { stageName } from "../core/describe.js";
import { canonicalJson, sha256 } from "../core/hashing.js";
import { storedGraph } from "../core/analysis/captured-code.js";
import { resultOptions } from "../core/key.js";
import { PRESENT_FORMAT } from "../core/record-format.js";
import type { Job, JobInput } from "../protocol/child.js";
import type { RunEvent } from "../protocol/events.js";
import type { Failure } from "../protocol/failure.js";
import type { FingerprintData } from "../protocol/fingerprint.js";
import type { Key, RunId, StageId } from "../protocol/ids.js";
import type { StaleReason } from "../protocol/reason.js";
import type { InputRecord, Observation, ResultRecord, StoredValue } from "../protocol/record.js";
import type { StageDeclaration } from "../protocol/stage.js";
import { extension } from "../store/store-layout.js";
import { executeStage, type Execution } from "./execute-stage.js";
import type { ResolvedInputs } from "./resolve-inputs.js";
import type { Materialised, RunPlan } from "./run-plan.js";
import { declaredVariables, stageEnvironment } from "./stage-environment.js";

export interface StageWork {
  readonly declaration: StageDeclaration;
  readonly code: FingerprintData;
  readonly inputs: ResolvedInputs;
  readonly key: Key;
  readonly signal: AbortSignal;
  readonly run: RunId;
  /** The inputs as they are when the stage has ended. */
  readonly resolveAgain: () => Promise<ResolvedInputs>;
}

export interface RunStageHooks {
  readonly emit: (event: RunEvent) => void;
  readonly reasons: readonly StaleReason[];
  readonly materialise: (stage: StageId) => Promise<Materialised | Failure>;
  /** `false`: the result stays in the run's temporary folder and no record is written. */
  readonly keep?: boolean;
}

export type StageResult =
  | { readonly ok: true; readonly record: ResultRecord; readonly path: string }
  /** `lost`: the upstream whose stored result cannot be read; with it made anew the stage can be tried again. */
  | { readonly ok: false; readonly failure: Failure; readonly lost?: StageId };

type Attempt = StageResult & ({ readonly ok: true } | { readonly ok: false; readonly retry: boolean });

export async function runStage(work: StageWork, plan: RunPlan, hooks: RunStageHooks): Promise<StageResult> {
  const stage = work.declaration.id;
  // Code of a stage that was fresh when the run began is bundled when its result turns out to be damaged or gone.
  const bundle = plan.bundles.get(work.declaration.file) ?? (await plan.bundleLater(work.declaration));
  if (bundle === null) {
    const message = "its result disappeared during the run, and its code was edited since then; run it again.";
    return { ok: false, failure: { reason: "not-runnable", stage, message, location: work.declaration.nameRange } };
  }
  if (typeof bundle !== "string") {
    const { message, location } = bundle;
    return {
      ok: false,
      failure: { reason: "bundle-failed", stage, message, location: location ?? work.declaration.nameRange },
    };
  }
  const arguments_ = await jobInputs(work, plan, hooks);
  if ("failure" in arguments_) return { ok: false, failure: arguments_.failure };
  const attempts = 1 + (work.declaration.options.retries ?? 0);
  for (let attempt = 1; ; attempt++) {
    hooks.emit({ type: "stage-started", run: work.run, stage, reasons: hooks.reasons, attempt });
    const tried = await attemptStage(work, plan, hooks, { bundle, inputs: arguments_.inputs });
    if (tried.ok || !tried.retry || attempt >= attempts || work.signal.aborted) return tried;
  }
}

async function attemptStage(
  work: StageWork,
  plan: RunPlan,
  hooks: RunStageHooks,
  prepared: { readonly bundle: string; readonly inputs: readonly JobInput[] },
): Promise<Attempt> {
  const stage = work.declaration.id;
  const folder = path.join(plan.folder, randomBytes(8).toString("hex"));
  const tmp = path.join(folder, "tmp");
  await mkdir(tmp, { recursive: true });
  const keep = hooks.keep !== false;
  const output = keep ? await plan.store.newTemporary() : path.join(folder, "result");
  const job: Job = {
    run: work.run,
    stage,
    bundle: prepared.bundle,
    exportName: work.declaration.name,
    form: work.declaration.form,
    inputs: prepared.inputs,
    params: plan.params,
    seed: sha256(`random/${work.key}`),
    tmp,
    output,
    options: pickOptions(work.declaration),
    cwd: plan.rootOf(work.declaration),
    env: stageEnvironment(work.declaration, plan.environment, plan.passEnv),
    observe: {
      root: plan.rootOf(work.declaration),
      declared: declaredFiles(work, plan),
      variables: [...declaredVariables(work.declaration, Object.keys(plan.environment), plan.passEnv)],
      cache: plan.store.folder,
    },
  };
  const before = stampsOf(work, plan);
  const execution = await executeStage({
    process: plan.pool.take(),
    job,
    declaration: work.declaration,
    signal: work.signal,
    own: plan.own,
    onLog: (stream, text) => hooks.emit({ type: "stage-log", run: work.run, stage, stream, text }),
    onProgress: (fraction, message) => hooks.emit({ type: "stage-progress", run: work.run, stage, fraction, message }),
  });
  const filed = await fileResult(work, plan, execution, { output, keep, before });
  // After a failure there may be half a result; a result that was filed has been moved.
  if (keep && !filed.ok) await plan.store.discard(output).catch(() => undefined);
  return filed;
}

async function fileResult(
  work: StageWork,
  plan: RunPlan,
  execution: Execution,
  place: { readonly output: string; readonly keep: boolean; readonly before: ReadonlyMap<string, string> },
): Promise<Attempt> {
  const stage = work.declaration.id;
  if (execution.ok === "corrupt-input")
    return { ok: false, ...(await corruptInput(work, plan, execution.input)), retry: false };
  if (!execution.ok) return execution;
  const changed = await changedInputs(work, plan, place.before);
  if (changed.length > 0)
    return { ok: false, failure: { reason: "input-changed-during-run", stage, inputs: changed }, retry: false };
  const { result } = execution;
  const filed = place.keep
    ? await plan.store.adopt(place.output, result.format, result.written)
    : await plan.leave(place.output);
  const stored: StoredValue = {
    digest: filed.digest,
    bytes: filed.bytes,
    kind: result.kind,
    format: result.format,
    rows: result.rows,
    columns: result.columns,
    ...(result.media === undefined ? {} : { media: result.media }),
  };
  const record = recordOf(work, plan, stored, {
    durationMs: result.durationMs,
    log: execution.log,
    observed: result.observed,
  });
  if (!place.keep) {
    // A file keeps its extension here too.
    const named = `${place.output}${extension(stored.format)}`;
    await rename(place.output, named);
    return { ok: true, record, path: named };
  }
  await plan.store.putRecord(record);
  await plan.store.deleteFailure(work.key);
  return { ok: true, record, path: plan.store.objectPath(stored.digest, stored.format) };
}

function recordOf(
  work: StageWork,
  plan: RunPlan,
  result: StoredValue,
  more: { durationMs: number; log: string; observed: readonly Observation[] },
): ResultRecord {
  const captured = plan.captured.get(work.declaration.id);
  return {
    format: PRESENT_FORMAT,
    key: work.key,
    stage: work.declaration.id,
    result,
    fingerprint: work.code,
    graph: captured === undefined ? null : storedGraph(captured.code),
    sources: captured?.sources ?? null,
    migratedFrom: null,
    inputs: work.inputs.records,
    options: resultOptions(work.declaration.options),
    durationMs: more.durationMs,
    createdAt: new Date(plan.now()).toISOString(),
    producer: plan.version,
    node: plan.node,
    host: hostname(),
    log: more.log,
    ...carriedCheck(work, plan),
    ...(more.observed.length === 0 ? {} : { observed: more.observed }),
  };
}

async function jobInputs(
  work: StageWork,
  plan: RunPlan,
  hooks: RunStageHooks,
): Promise<{ readonly inputs: readonly JobInput[] } | { readonly failure: Failure }> {
  const inputs: JobInput[] = [];
  for (const value of work.inputs.values) {
    if (value.from === "literal") {
      inputs.push(value);
    } else if (value.result.kind === "stored") {
      const stored = value.result.value;
      inputs.push({
        name: value.name,
        from: "stored",
        view: value.view,
        stored,
        path: plan.store.objectPath(stored.digest, stored.format),
      });
    } else {
      const made = await hooks.materialise(value.stage);
      if ("reason" in made)
        return { failure: { reason: "upstream-failed", stage: work.declaration.id, upstream: value.stage } };
      inputs.push({ name: value.name, from: "stored", view: value.view, stored: made.stored, path: made.path });
    }
  }
  return { inputs };
}

/**
 * Names of inputs that are not what they were when the stage began: its result belongs to neither. Contents alone do not
 * tell: a branch switch there and back during the run leaves the same bytes and another status.
 */
async function changedInputs(
  work: StageWork,
  plan: RunPlan,
  before: ReadonlyMap<string, string>,
): Promise<readonly string[]> {
  const files = work.inputs.records.filter((r) => isOfFiles(r));
  const now = files.length === 0 ? new Map() : new Map((await work.resolveAgain()).records.map((r) => [r.name, r]));
  const changed = files
    .filter((was) => canonicalJson(now.get(was.name) ?? null) !== canonicalJson(was))
    .map(inputLabel);
  const touched = [...before].filter(([file, stamp]) => plan.memo.stamp(file) !== stamp);
  const root = plan.rootOf(work.declaration);
  return [...new Set([...changed, ...touched.map(([file]) => path.relative(root, file).split(path.sep).join("/"))])];
}

/** The files a stage may read while it runs, as they are now: its inputs, and data its code reaches by name. */
function stampsOf(work: StageWork, plan: RunPlan): Map<string, string> {
  const root = plan.rootOf(work.declaration);
  const files = work.inputs.records.flatMap((record) =>
    record.kind === "file"
      ? [record.path]
      : record.kind === "files"
        ? record.files.map((f) => f.path)
        : record.kind === "folder"
          ? record.files.map((f) => path.join(record.path, f.path))
          : [],
  );
  const all = [...files.map((file) => path.resolve(root, file)), ...(plan.assets.get(work.declaration.id) ?? [])];
  return new Map(all.map((file) => [file, plan.memo.stamp(file)]));
}

/** What is known not to be repeatable is so with other inputs too, as long as the code is the same. */
function carriedCheck(work: StageWork, plan: RunPlan): Pick<ResultRecord, "checked"> {
  const last = plan.last.get(work.declaration.id);
  const holds = last?.checked?.same === false && last.fingerprint.fingerprint === work.code.fingerprint;
  return holds ? { checked: last.checked } : {};
}

/** Files and folders that the stage may read without a remark. */
function declaredFiles(work: StageWork, plan: RunPlan): readonly string[] {
  const root = plan.rootOf(work.declaration);
  const inputs = work.inputs.records.flatMap((record) =>
    record.kind === "file" || record.kind === "folder"
      ? [record.path]
      : record.kind === "files"
        ? record.files.map((f) => f.path)
        : [],
  );
  return [...inputs.map((file) => path.resolve(root, file)), ...(plan.assets.get(work.declaration.id) ?? [])];
}

function isOfFiles({ kind }: InputRecord): boolean {
  return kind === "file" || kind === "files" || kind === "folder";
}

function inputLabel(input: InputRecord): string {
  if (input.kind === "file" || input.kind === "folder") return input.path;
  return input.kind === "files" ? input.pattern : input.name;
}

/** Sets the damaged result aside, so that its stage is stale from now on. */
async function corruptInput(
  work: StageWork,
  plan: RunPlan,
  name: string,
): Promise<{ readonly failure: Failure; readonly lost?: StageId }> {
  const input = work.inputs.values.find((value) => value.name === name);
  const stage = work.declaration.id;
  if (input?.from !== "stage")
    return { failure: { reason: "internal", stage, message: `the input ${name} is not a stored result`, stack: "" } };
  if (input.result.kind === "stored") {
    plan.store.distrust(input.result.value);
    await plan.store.check(input.result.value);
  }
  const message = `the stored result of ${stageName(input.stage)} was damaged on disk and was set aside. Run it again: ${stageName(input.stage)} will be made anew.`;
  const failure: Failure = { reason: "not-runnable", stage, message, location: work.declaration.nameRange };
  return input.result.kind === "stored" ? { failure, lost: input.stage } : { failure };
}

function pickOptions(declaration: StageDeclaration): Job["options"] {
  const { format, compression } = declaration.options;
  return { ...(format === undefined ? {} : { format }), ...(compression === undefined ? {} : { compression }) };
}
