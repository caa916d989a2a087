/**
 * The latest status of each project, and what the features ask of it.
 *
 * Invariant: of two statuses of one project the one with the greater revision wins, whatever order they arrive in: an
 * answer that was overtaken by an event must not turn a stage fresh again. A new engine counts from the start, so
 * `engineStarted` makes the next status of each project count, and drops projects that it does not know.
 */
import * as path from "node:path";
import type { StageId } from "../protocol/ids.js";
import type { ProjectStatus, StageState, StageStatus } from "../protocol/status.js";
import { Signal } from "./signal.js";

/** A stage with the project it belongs to. */
export interface StageInProject {
  readonly project: ProjectStatus;
  readonly stage: StageStatus;
}

export class StatusModel {
  readonly #projects = new Map<string, ProjectStatus>();
  readonly #unconfirmed = new Set<string>();
  readonly #changed = new Signal<undefined>();
  #byFile: Map<string, StageInProject[]> | null = null;
  #ready = false;

  readonly onDidChange = this.#changed.event;

  /** Whether the first index is in: before, "no stages" is not known yet. */
  get ready(): boolean {
    return this.#ready;
  }

  projects(): readonly ProjectStatus[] {
    return [...this.#projects.values()].sort((a, b) => (a.root < b.root ? -1 : a.root > b.root ? 1 : 0));
  }

  project(root: string): ProjectStatus | null {
    return this.#projects.get(root) ?? null;
  }

  stages(): readonly StageInProject[] {
    return this.projects().flatMap((project) => project.stages.map((stage) => ({ project, stage })));
  }

  find(root: string, id: string): StageInProject | null {
    const project = this.#projects.get(root);
    const stage = project?.stages.find((candidate) => candidate.id === id);
    return project === undefined || stage === undefined ? null : { project, stage };
  }

  /** Stages declared in a file, in the order of the source. */
  stagesOfFile(file: string): readonly StageInProject[] {
    if (this.#byFile === null) {
      this.#byFile = new Map();
      for (const entry of this.stages()) {
        const key = fileKey(entry.stage.file);
        const list = this.#byFile.get(key);
        if (list === undefined) this.#byFile.set(key, [entry]);
        else list.push(entry);
      }
    }
    return this.#byFile.get(fileKey(file)) ?? [];
  }

  update(status: ProjectStatus): void {
    const known = this.#projects.get(status.root);
    if (known !== undefined && known.revision > status.revision && !this.#unconfirmed.has(status.root)) return;
    this.#unconfirmed.delete(status.root);
    this.#projects.set(status.root, status);
    this.#fire();
  }

  remove(root: string): void {
    this.#unconfirmed.delete(root);
    if (this.#projects.delete(root)) this.#fire();
  }

  /** The engine's answer after its first index: all projects there are. */
  indexed(statuses: readonly ProjectStatus[]): void {
    this.#ready = true;
    const listed = new Set(statuses.map((status) => status.root));
    for (const root of this.#unconfirmed) if (!listed.has(root)) this.#projects.delete(root);
    for (const status of statuses) this.update(status);
    this.#unconfirmed.clear();
    this.#fire();
  }

  /** A new engine: what is shown stays until it speaks. */
  engineStarted(): void {
    for (const root of this.#projects.keys()) this.#unconfirmed.add(root);
  }

  #fire(): void {
    this.#byFile = null;
    this.#changed.fire(undefined);
  }
}

/** What a state asks of a person: to run, to wait, to repair the code, or nothing. */
export type Standing = "must-run" | "running" | "unknown" | "up-to-date";

const STANDINGS: { readonly [state in StageState]: Standing } = {
  new: "must-run",
  stale: "must-run",
  blocked: "must-run",
  failed: "must-run",
  queued: "running",
  running: "running",
  unknown: "unknown",
  fresh: "up-to-date",
  uncached: "up-to-date",
  frozen: "up-to-date",
};

export function standingOf(stage: StageStatus): Standing {
  return STANDINGS[stage.state];
}

/** Whether running would bring this stage up to date. */
export function needsRun(stage: StageStatus): boolean {
  return standingOf(stage) === "must-run";
}

/** The stages up the chain of `id` that must run before it can. Fresh results are reused, so the walk ends there. */
export function upstreamToRun(project: ProjectStatus, id: StageId): readonly StageStatus[] {
  const byId = new Map(project.stages.map((stage) => [stage.id, stage]));
  const found = new Map<StageId, StageStatus>();
  const open = [...(byId.get(id)?.upstream ?? [])];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const stage = byId.get(next);
    if (stage === undefined || stage.state === "fresh" || stage.state === "frozen" || next === id || found.has(next))
      continue;
    found.set(next, stage);
    open.push(...stage.upstream);
  }
  return [...found.values()];
}

/** One spelling per file: drive letters come in both cases on Windows. */
function fileKey(file: string): string {
  const normal = path.normalize(file);
  return /^[A-Z]:/.test(normal) ? normal.charAt(0).toLowerCase() + normal.slice(1) : normal;
}
