/** Reading and clearing what is stored: why, versions, previews, clean-up. */
import { downstreams, reach } from "../core/order.js";
import { codeChanges } from "../core/staleness.js";
import type {
  AcceptReport,
  ClearPlan,
  ClearScope,
  InvalidateReport,
  PreviewInfo,
  PreviewRows,
  VersionInfo,
  WhyReport,
} from "../protocol/engine-api.js";
import type { Failure } from "../protocol/failure.js";
import type { Key, StageId } from "../protocol/ids.js";
import type { ResultRecord, StoredValue } from "../protocol/record.js";
import { previewText } from "../store/preview-text.js";
import { openTable, type TableReader } from "../store/table-reader.js";
import { acceptStages, invalidateStages, undoAcceptance } from "./accept.js";
import { upstreamIds } from "./stage-order.js";
import type { Project } from "./project.js";
import { summarise } from "./result-summary.js";

/** Most rows one request may ask for: a page of a preview, not a table. */
const MOST_ROWS = 1000;
/** Open tables kept for scrolling; each holds a file open. */
const MOST_READERS = 4;

export class ProjectResults {
  readonly #project: Project;
  readonly #readers = new Map<string, Promise<TableReader>>();

  constructor(project: Project) {
    this.#project = project;
  }

  async why(stage: StageId): Promise<WhyReport> {
    await this.#project.status();
    const evaluation = this.#project.evaluation(stage);
    const then = evaluation?.last?.fingerprint.slice ?? null;
    const now = evaluation?.code?.ok === true ? evaluation.code.data.slice : null;
    const untracked = evaluation?.code?.ok === true ? evaluation.code.untracked : [];
    return {
      stage,
      reasons: [
        ...(evaluation?.reasons ?? []),
        ...untracked.map((place) => ({ kind: "not-tracked" as const, ...place })),
      ],
      code: evaluation?.state === "fresh" || then === null || now === null ? [] : codeChanges(then, now),
      then,
      now,
      lastResult: evaluation?.last === null || evaluation?.last === undefined ? null : summarise(evaluation.last),
    };
  }

  async versions(stage: StageId): Promise<readonly VersionInfo[]> {
    const { store } = this.#project;
    const current = this.#project.evaluation(stage)?.record ?? null;
    const stored = await Promise.all(
      (await this.#keysOf(stage)).map(async (key) => (key === current?.key ? current : store.getRecord(key))),
    );
    const records = stored.filter((record) => record !== null);
    // A result that was filed anew for a newer version of Restage is one version, not two.
    const older = new Set(records.map((record) => record.migratedFrom));
    const versions: VersionInfo[] = [];
    for (const record of records) {
      const { key } = record;
      if (older.has(key)) continue;
      const present = (await store.check(record.result)).state === "ok";
      versions.push({ key, current: key === current?.key, present, result: summarise(record) });
    }
    return versions;
  }

  async planClear(scope: ClearScope): Promise<ClearPlan> {
    const { stages, keys } = await this.#scope(scope);
    return { stages, ...(await this.#project.store.planRemove(keys)) };
  }

  async clear(scope: ClearScope): Promise<ClearPlan> {
    const { stages, keys } = await this.#scope(scope);
    this.#closeReaders();
    const removed = await this.#project.store.remove(keys);
    await this.#project.refresh();
    return { stages, ...removed };
  }

  accept(stages: readonly StageId[]): Promise<AcceptReport> {
    return acceptStages(stages, this.#project.trusting());
  }

  undoAcceptance(stages: readonly StageId[]): Promise<AcceptReport> {
    return undoAcceptance(stages, this.#project.trusting());
  }

  invalidate(stages: readonly StageId[]): Promise<InvalidateReport> {
    return invalidateStages(stages, { ...this.#project.trusting(), keysOf: (stage) => this.#keysOf(stage) });
  }

  async openPreview(stage: StageId, digest: string | null): Promise<PreviewInfo | Failure> {
    await this.#project.status();
    const record = await this.#findRecord(stage, digest);
    if (record === null)
      return {
        reason: "not-runnable",
        stage,
        message: "there is no stored result to show; run it first.",
        location: null,
      };
    const checked = await this.#project.store.check(record.result);
    if (checked.state !== "ok") {
      await this.#project.refresh();
      return {
        reason: "not-runnable",
        stage,
        message:
          checked.state === "corrupt"
            ? "its stored result was damaged on disk; run it again."
            : "its stored result is gone; run it again.",
        location: null,
      };
    }
    const { result } = record;
    const table = result.rows !== null;
    const text = table ? null : await previewText(result, this.#path(result));
    return {
      type: "preview",
      stage,
      digest: result.digest,
      kind: result.kind,
      rows: result.rows,
      bytes: result.bytes,
      columns: result.columns,
      text: text?.text ?? null,
      textCut: text?.cut ?? false,
      current: this.#project.evaluation(stage)?.record?.result.digest === result.digest,
      createdAt: record.createdAt,
    };
  }

  async readRows(digest: string, start: number, count: number): Promise<PreviewRows | Failure> {
    const from = Math.max(0, Math.floor(start));
    const stored = this.#known.get(digest);
    if (stored === undefined)
      return {
        reason: "not-runnable",
        stage: "" as StageId,
        message: "this result is not open any more; open the preview again.",
        location: null,
      };
    const reader = await this.#reader(stored);
    return {
      type: "rows",
      start: from,
      rows: await reader.readRows(from, Math.min(MOST_ROWS, Math.max(0, Math.floor(count)))),
    };
  }

  close(): void {
    this.#closeReaders();
  }

  /** Results that were opened for a preview: a digest from outside is looked up here and never becomes a path. */
  readonly #known = new Map<string, StoredValue>();

  async #findRecord(stage: StageId, digest: string | null): Promise<ResultRecord | null> {
    const evaluation = this.#project.evaluation(stage);
    if (digest === null) return this.#remember(evaluation?.record ?? evaluation?.last ?? null);
    for (const key of await this.#keysOf(stage)) {
      const record = await this.#project.store.getRecord(key);
      if (record?.result.digest === digest) return this.#remember(record);
    }
    return null;
  }

  #remember(record: ResultRecord | null): ResultRecord | null {
    if (record !== null) this.#known.set(record.result.digest, record.result);
    return record;
  }

  /** Keys under which results of this stage are kept, newest first; the current one may come from before a rename. */
  async #keysOf(stage: StageId): Promise<readonly Key[]> {
    const history = (await this.#project.store.history(stage)).map((entry) => entry.key);
    const evaluation = this.#project.evaluation(stage);
    const seen = new Set<Key>([
      ...(evaluation?.record === null || evaluation?.record === undefined ? [] : [evaluation.record.key]),
      ...history,
    ]);
    return [...seen];
  }

  async #scope(
    scope: ClearScope,
  ): Promise<{ stages: readonly StageId[]; keys: { readonly keys: readonly Key[] } | "all" }> {
    await this.#project.status();
    const evaluations = this.#project.evaluations();
    if (scope.what === "all") return { stages: [...evaluations.keys()], keys: "all" };
    const users = downstreams(new Map([...evaluations].map(([id, e]) => [id, upstreamIds(e.declaration)])));
    const stages = scope.what === "stage" ? [scope.stage] : [...reach([scope.stage], users)];
    const keys = (await Promise.all(stages.map((stage) => this.#keysOf(stage)))).flat();
    return { stages, keys: { keys: [...new Set(keys)] } };
  }

  #reader(stored: StoredValue): Promise<TableReader> {
    const known = this.#readers.get(stored.digest);
    if (known !== undefined) {
      // Re-inserted, so that the first entry is the one not used for longest.
      this.#readers.delete(stored.digest);
      this.#readers.set(stored.digest, known);
      return known;
    }
    const opened = this.#open(stored);
    this.#readers.set(stored.digest, opened);
    opened.catch(() => this.#readers.delete(stored.digest));
    const oldest = [...this.#readers.entries()][0];
    if (this.#readers.size > MOST_READERS && oldest !== undefined) {
      this.#readers.delete(oldest[0]);
      void oldest[1].then((reader) => reader.close()).catch(() => undefined);
    }
    return opened;
  }

  /** The store knows of most objects that they are whole, without reading a large one for its first rows. */
  async #open(stored: StoredValue): Promise<TableReader> {
    const { state } = await this.#project.store.check(stored);
    return openTable(stored, this.#path(stored), { checked: state === "ok" });
  }

  #path(stored: Pick<StoredValue, "digest" | "format">): string {
    return this.#project.store.objectPath(stored.digest, stored.format);
  }

  #closeReaders(): void {
    for (const reader of this.#readers.values()) void reader.then((r) => r.close()).catch(() => undefined);
    this.#readers.clear();
  }
}
