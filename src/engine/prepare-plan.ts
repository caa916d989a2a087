/** From a request and what is known now: which stages, in which order, with which frozen code. */
import { availableParallelism } from "node:os";
import { mkdir } from "node:fs/promises";
import { statSync } from "node:fs";
import * as path from "node:path";
import { FROZEN_WITHOUT_RESULT } from "../core/describe.js";
import { sha256 } from "../core/hashing.js";
import { downstreams, reach, topologicalOrder } from "../core/order.js";
import { isSettled } from "../core/settled.js";
import type { ProjectSettings } from "../core/project-settings.js";
import type { RunRequest } from "../protocol/events.js";
import type { Failure } from "../protocol/failure.js";
import type { StageId } from "../protocol/ids.js";
import type { StageDeclaration, StaticValue } from "../protocol/stage.js";
import type { Store } from "../store/store.js";
import type { Disk } from "./disk.js";
import type { EngineEnvironment } from "./engine-environment.js";
import type { Evaluation } from "./evaluate.js";
import { upstreamIds } from "./stage-order.js";
import { freeze } from "./freeze.js";
import type { Captured, Lineage } from "./lineage.js";
import { isSourceFile } from "./project-files.js";
import type { RunPlan } from "./run-plan.js";
import type { SourceIndex } from "./source-index.js";
import type { StageProcessPool } from "./stage-process-pool.js";
import type { StatMemo } from "./stat-memo.js";

export interface PrepareOptions {
  readonly request: RunRequest;
  readonly evaluations: ReadonlyMap<StageId, Evaluation>;
  readonly params: { readonly [name: string]: StaticValue };
  readonly variables: { readonly [name: string]: string | undefined };
  readonly project: {
    readonly store: Store;
    readonly index: SourceIndex;
    readonly disk: Disk;
    readonly memo: StatMemo;
    readonly lineage: Lineage;
  };
  readonly environment: EngineEnvironment;
  readonly pool: StageProcessPool;
  readonly settings: ProjectSettings;
  readonly rootOf: (declaration: StageDeclaration) => string;
}

export type Prepared =
  | { readonly is: "ready"; readonly plan: RunPlan; readonly evaluations: ReadonlyMap<StageId, Evaluation> }
  | { readonly is: "changed"; readonly files: readonly string[] };

export async function preparePlan(options: PrepareOptions): Promise<Prepared> {
  const { evaluations, request, project, environment } = options;
  const targets = chooseTargets(request, evaluations);
  const graph = new Map([...evaluations].map(([id, e]) => [id, needsUpstreams(e) ? upstreamIds(e.declaration) : []]));
  const wanted = reach(targets, graph);
  const stages = topologicalOrder(graph).filter((id) => wanted.has(id));
  const folder = await project.store.newTemporaryFolder();
  const out = path.join(folder, "code");
  await mkdir(out, { recursive: true });
  const runtime = path.join(environment.dist, "runtime.mjs");
  const mayRun = new Set(stagesThatMayRun(stages, evaluations, request, targets));
  const files = [...new Set([...mayRun].map((e) => e.declaration.file))];
  const frozen =
    files.length === 0
      ? ({ is: "frozen", bundles: new Map() } as const)
      : await freeze({
          files,
          index: project.index,
          outFolder: out,
          runtime,
        });
  if (frozen.is === "changed") {
    await project.store.discard(folder);
    return frozen;
  }
  const captured = new Map<StageId, Captured>();
  const capture = (declaration: StageDeclaration): void => {
    const now = project.index.capture(declaration);
    if (now !== null) captured.set(declaration.id, now);
  };
  for (const { declaration } of mayRun) capture(declaration);
  const bundleLater: RunPlan["bundleLater"] = async (declaration) => {
    const isAsPlanned = (): boolean => {
      const code = project.index.code(declaration);
      return code.ok && code.data.fingerprint === plan.code.get(declaration.id)?.fingerprint;
    };
    if (!isAsPlanned()) return null;
    capture(declaration);
    const { file, id } = declaration;
    const outFolder = path.join(folder, `later-${sha256(id)}`);
    const later = await freeze({ files: [file], index: project.index, outFolder, runtime });
    return later.is === "frozen" && isAsPlanned() ? (later.bundles.get(file) ?? null) : null;
  };
  const known = <T>(pick: (evaluation: Evaluation) => T | null): Map<StageId, T> =>
    new Map(
      stages.flatMap((id) => {
        const evaluation = evaluations.get(id);
        const value = evaluation === undefined ? null : pick(evaluation);
        return value === null ? [] : [[id, value] as const];
      }),
    );
  const plan: RunPlan = {
    targets,
    stages,
    declarations: known((e) => e.declaration),
    code: known((e) => {
      if (e.code?.ok !== true) return null;
      const needed = mayRun.has(e) || e.declaration.options.cue?.packages === false;
      const withoutVersions = needed ? project.index.withoutVersions(e.declaration) : null;
      // A copy: the slice is read from the program, which goes on with later edits.
      return withoutVersions === null ? { ...e.code.data } : { ...e.code.data, withoutVersions };
    }),
    frozen: known((e) => (e.state === "frozen" ? e.record : null)),
    captured,
    bundleLater,
    lineage: project.lineage,
    bundles: frozen.bundles,
    assets: known((e) => {
      const data =
        e.code?.ok === true ? project.index.filesOf(e.declaration).filter((file) => !isSourceFile(file)) : [];
      return data.length === 0 ? null : data;
    }),
    problems: known(notRunnable),
    reasons: known((e) => e.reasons),
    last: known((e) => e.last),
    params: options.params,
    environment: options.variables,
    passEnv: options.settings.passEnv,
    concurrency: options.settings.concurrency ?? availableParallelism(),
    store: project.store,
    disk: project.disk,
    memo: project.memo,
    pool: options.pool,
    folder,
    own: environment.dist,
    version: environment.version,
    node: environment.nodeVersion(),
    now: environment.now,
    rootOf: options.rootOf,
    leave: async (file) => {
      const read = await project.memo.digest(file);
      if ("error" in read) throw new Error(`the result of a stage is gone: ${read.error}`);
      return { digest: read.digest, bytes: statSync(file).size };
    },
  };
  return { is: "ready", plan, evaluations };
}

function chooseTargets(request: RunRequest, evaluations: ReadonlyMap<StageId, Evaluation>): readonly StageId[] {
  if (request.stages === "stale")
    return [...evaluations].filter(([, e]) => !isSettled(e.state) && notRunnable(e) === null).map(([id]) => id);
  if (!request.downstream) return [...new Set(request.stages)];
  const users = downstreams(new Map([...evaluations].map(([id, e]) => [id, upstreamIds(e.declaration)])));
  return [...reach(request.stages, users)];
}

/**
 * Code that cannot be needed is not bundled: another file's broken import must not delay or fail this run. A fresh stage
 * may be needed all the same when something above it runs and gives another result.
 */
function stagesThatMayRun(
  stages: readonly StageId[],
  evaluations: ReadonlyMap<StageId, Evaluation>,
  request: RunRequest,
  targets: readonly StageId[],
): readonly Evaluation[] {
  const found = new Map<StageId, Evaluation>();
  for (const id of stages) {
    const evaluation = evaluations.get(id);
    if (evaluation === undefined || notRunnable(evaluation) !== null) continue;
    const heldBack = request.light === true && evaluation.declaration.options.heavy === true;
    if (evaluation.state === "frozen" || heldBack) continue;
    const forced = (request.force || request.check === true) && targets.includes(id);
    const below = upstreamIds(evaluation.declaration).some((up) => found.has(up));
    if (forced || below || evaluation.state !== "fresh") found.set(id, evaluation);
  }
  return [...found.values()];
}

/** A frozen stage needs nothing, nor does a fresh one for which its upstreams do not count. */
function needsUpstreams({ state, declaration }: Evaluation): boolean {
  return state !== "frozen" && !(state === "fresh" && declaration.options.cue?.upstream === false);
}

function notRunnable(evaluation: Evaluation): Failure | null {
  const { id, nameRange } = evaluation.declaration;
  if (evaluation.reasons.some((r) => r.kind === "frozen-without-result"))
    return { reason: "not-runnable", stage: id, message: FROZEN_WITHOUT_RESULT, location: nameRange };
  const reason = evaluation.reasons.flatMap((r) =>
    r.kind === "invalid-declaration" || r.kind === "unknown-code" ? [r] : [],
  )[0];
  if (reason === undefined) return null;
  return {
    reason: "not-runnable",
    stage: id,
    message: reason.message,
    location: reason.location,
  };
}
