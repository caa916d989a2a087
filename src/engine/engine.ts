/** The engine over all projects of the opened folders. The CLI and the library use it directly, the extension through `worker.ts`. */
import * as path from "node:path";
import type {
  AcceptReport,
  ClearPlan,
  ClearScope,
  EngineApi,
  EngineEvent,
  InvalidateReport,
  PreviewInfo,
  PreviewRows,
  VersionInfo,
  WhyReport,
} from "../protocol/engine-api.js";
import type { RunRequest, RunSummary } from "../protocol/events.js";
import { convertForm } from "../core/analysis/convert-form.js";
import type { Failure } from "../protocol/failure.js";
import type { FormChange } from "../protocol/form-change.js";
import type { RunId, StageId } from "../protocol/ids.js";
import type { ProjectStatus } from "../protocol/status.js";
import { Emitter } from "./emitter.js";
import type { EngineEnvironment } from "./engine-environment.js";
import { findProjects } from "./project-files.js";
import { Project } from "./project.js";
import { ProjectResults } from "./project-results.js";
import { isOfDisk, unreadableProject } from "./unreadable-project.js";
import { systemEnvironment } from "./stage-environment.js";
import { StageProcessPool } from "./stage-process-pool.js";

export interface EngineOptions {
  readonly environment: EngineEnvironment;
  /** `false`: statuses only; nothing of the user's is executed. */
  readonly trusted: boolean;
  /** Processes to keep warm once there are stages; 0 for a command that ends soon. */
  readonly warmProcesses: number;
  /** See `ProjectOptions`. */
  readonly observed?: boolean;
}

interface Opened {
  readonly project: Project;
  readonly results: ProjectResults;
}

export class Engine implements EngineApi {
  readonly onEvent = new Emitter<EngineEvent>();
  readonly #environment: EngineEnvironment;
  readonly #pool: StageProcessPool;
  readonly #warmProcesses: number;
  readonly #observed: boolean;
  readonly #projects = new Map<string, Opened>();
  /** Projects that were announced, so that their going can be announced too. */
  readonly #announced = new Set<string>();
  #trusted: boolean;
  #folders: readonly string[] = [];
  #opening: Promise<void> = Promise.resolve();
  /** Runs from their request on: one can be cancelled before it has reached its project. */
  readonly #arriving = new Map<RunId, { cancelled: boolean }>();
  readonly #last = new Map<string, ProjectStatus>();

  constructor(options: EngineOptions) {
    this.#environment = options.environment;
    this.#trusted = options.trusted;
    this.#warmProcesses = options.warmProcesses;
    this.#observed = options.observed ?? false;
    const { dist, variables } = options.environment;
    this.#pool = new StageProcessPool(() => ({
      node: this.#environment.node(),
      runner: path.join(dist, "runner.mjs"),
      env: systemEnvironment(variables),
      cwd: dist,
    }));
  }

  /** Opens every project under the folders, or exactly the given one. Statuses follow as events. */
  open(folders: readonly string[], options: { readonly nested: boolean } = { nested: true }): Promise<void> {
    this.#opening = this.#open(folders, options.nested);
    return this.#opening;
  }

  trust(): void {
    this.#trusted = true;
    this.#warm();
    // Which Node runs stages may be found out now.
    for (const [root, { project }] of this.#projects)
      void project.refresh().catch((error: unknown) => this.#report(root, error));
  }

  async status(): Promise<readonly ProjectStatus[]> {
    await this.#opening;
    const statuses = await Promise.all(
      [...this.#projects].map(([root, { project }]) =>
        project.status().catch((error: unknown) => this.#report(root, error)),
      ),
    );
    return statuses.filter(isWorthShowing);
  }

  async filesChanged({ files }: { readonly files: readonly string[] }): Promise<void> {
    await this.#opening;
    if (files.some((file) => path.basename(file) === "package.json")) await this.open(this.#folders);
    await Promise.all(
      [...this.#projects].map(([root, { project }]) =>
        project.filesChanged(files).catch((error: unknown) => this.#report(root, error)),
      ),
    );
  }

  async run({
    root,
    request,
    run,
  }: {
    readonly root: string;
    readonly request: RunRequest;
    readonly run: RunId;
  }): Promise<RunSummary> {
    if (!this.#trusted) {
      const failure: Failure = {
        reason: "untrusted",
        message: "Running stages is off in Restricted Mode. Trust this workspace to run them.",
      };
      const stages = request.stages === "stale" ? [] : request.stages;
      return {
        run,
        ok: false,
        cancelled: false,
        durationMs: 0,
        outcomes: stages.map((stage) => ({ stage, outcome: { outcome: "skipped", failure } })),
      };
    }
    const arriving = { cancelled: false };
    this.#arriving.set(run, arriving);
    try {
      const { project } = await this.#opened(root);
      const running = project.run(request, run);
      if (arriving.cancelled) project.cancel(run);
      return await running;
    } finally {
      this.#arriving.delete(run);
    }
  }

  cancel({ run }: { readonly run: RunId }): Promise<void> {
    const arriving = this.#arriving.get(run);
    if (arriving !== undefined) arriving.cancelled = true;
    for (const { project } of this.#projects.values()) project.cancel(run);
    return Promise.resolve();
  }

  async why({ root, stage }: { readonly root: string; readonly stage: StageId }): Promise<WhyReport> {
    return (await this.#opened(root)).results.why(stage);
  }

  async versions({ root, stage }: { readonly root: string; readonly stage: StageId }): Promise<readonly VersionInfo[]> {
    return (await this.#opened(root)).results.versions(stage);
  }

  async planClear({ root, scope }: { readonly root: string; readonly scope: ClearScope }): Promise<ClearPlan> {
    return (await this.#opened(root)).results.planClear(scope);
  }

  async clear({ root, scope }: { readonly root: string; readonly scope: ClearScope }): Promise<ClearPlan> {
    return (await this.#opened(root)).results.clear(scope);
  }

  async accept({
    root,
    stages,
    undo,
  }: {
    readonly root: string;
    readonly stages: readonly StageId[];
    readonly undo: boolean;
  }): Promise<AcceptReport> {
    const { results } = await this.#opened(root);
    return undo ? results.undoAcceptance(stages) : results.accept(stages);
  }

  async invalidate({
    root,
    stages,
  }: {
    readonly root: string;
    readonly stages: readonly StageId[];
  }): Promise<InvalidateReport> {
    return (await this.#opened(root)).results.invalidate(stages);
  }

  async changeForm({
    root,
    stage,
    text,
  }: {
    readonly root: string;
    readonly stage: StageId;
    readonly text: string;
  }): Promise<FormChange | null> {
    const { project } = await this.#opened(root);
    const declaration = project.evaluation(stage)?.declaration;
    if (declaration === undefined) return null;
    const plain = [...project.evaluations().values()].filter((e) => e.declaration.form === "plain");
    return convertForm(text, declaration, new Set(plain.map((e) => e.declaration.id)));
  }

  async openPreview({
    root,
    stage,
    digest,
  }: {
    readonly root: string;
    readonly stage: StageId;
    readonly digest: string | null;
  }): Promise<PreviewInfo | Failure> {
    return (await this.#opened(root)).results.openPreview(stage, digest);
  }

  async readRows(args: {
    readonly root: string;
    readonly digest: string;
    readonly start: number;
    readonly count: number;
  }): Promise<PreviewRows | Failure> {
    return (await this.#opened(args.root)).results.readRows(args.digest, args.start, args.count);
  }

  /** For the library, which needs the value and not only the summary. */
  async project(root: string): Promise<Project> {
    return (await this.#opened(root)).project;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#projects.keys()].map((root) => this.#drop(root)));
    this.#pool.close();
  }

  async #open(folders: readonly string[], nested: boolean): Promise<void> {
    this.#folders = folders;
    const roots = new Set(folders.flatMap((folder) => (nested ? findProjects(folder) : [path.resolve(folder)])));
    await Promise.all([...this.#projects.keys()].filter((root) => !roots.has(root)).map((root) => this.#drop(root)));
    const fresh = [...roots].filter((root) => !this.#projects.has(root));
    for (const root of fresh) {
      const project = new Project({
        root,
        environment: this.#environment,
        pool: this.#pool,
        observed: this.#observed,
      });
      project.onStatus.on((status) => this.#announce(status));
      project.onRun.on((event) => this.onEvent.emit({ type: "run", root, event }));
      project.onRead.on((read) => this.onEvent.emit({ type: "reading", root, ...read }));
      this.#projects.set(root, { project, results: new ProjectResults(project) });
    }
    for (const root of fresh) {
      // One project that cannot be read (a cache folder without permission) must not take the others with it.
      await this.#projects
        .get(root)
        ?.project.status()
        .catch((error: unknown) => this.#report(root, error));
    }
  }

  /** A project that cannot be read says so where its problems are shown; a bug of ours is told apart. */
  #report(root: string, error: unknown): ProjectStatus {
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    if (!isOfDisk(error))
      this.onEvent.emit({ type: "internal-error", message: `${root}: ${message}`, stack: stack ?? "" });
    const status = unreadableProject(root, error, this.#last.get(root) ?? null);
    this.#announce(status);
    return status;
  }

  #announce(status: ProjectStatus): void {
    this.#last.set(status.root, status);
    if (isWorthShowing(status)) {
      this.#announced.add(status.root);
      this.onEvent.emit({ type: "status", status });
      this.#warm();
    } else if (this.#announced.delete(status.root)) {
      this.onEvent.emit({ type: "project-gone", root: status.root });
    }
  }

  async #drop(root: string): Promise<void> {
    const opened = this.#projects.get(root);
    this.#projects.delete(root);
    this.#last.delete(root);
    opened?.results.close();
    await opened?.project.close();
    if (this.#announced.delete(root)) this.onEvent.emit({ type: "project-gone", root });
  }

  #warm(): void {
    if (!this.#trusted || this.#announced.size === 0 || this.#warmProcesses === 0) return;
    try {
      this.#pool.warm(this.#warmProcesses);
    } catch {
      // Only for speed: a Node executable that cannot be used is reported by the run that needs it.
    }
  }

  async #opened(root: string): Promise<Opened> {
    await this.#opening;
    const opened = this.#projects.get(root);
    if (opened === undefined) throw new Error(`There is no open project at ${root}.`);
    return opened;
  }
}

function isWorthShowing(status: ProjectStatus): boolean {
  return status.stages.length > 0 || status.problems.length > 0;
}
