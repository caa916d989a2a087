/**
 * Runs that were started from the editor. Runs use the text on disk, so files of the project with unsaved edits are saved
 * first, and what was saved is taken in before the run is planned. A run ends in at most one notification.
 */
import { randomUUID } from "node:crypto";
import * as vscode from "vscode";
import { describeFailure, stageName } from "../core/describe.js";
import { formatDuration, formatQuantity } from "../core/format.js";
import type { RunEvent, RunRequest, RunSummary } from "../protocol/events.js";
import type { Failure } from "../protocol/failure.js";
import type { RunId } from "../protocol/ids.js";
import type { SourceLocation } from "../protocol/stage.js";
import { COMMANDS, CONTEXT_KEYS } from "./contributions.js";
import { EngineStoppedError, type EngineClient } from "./engine-client.js";
import type { FileWatching } from "./file-watching.js";
import { notificationText } from "./notification-text.js";
import type { RunLog } from "./run-log.js";
import { RunProgress } from "./run-progress.js";
import { saveProjects } from "./save-files.js";
import { Signal } from "./signal.js";
import { mayRun } from "./trust.js";

export interface RunControllerOptions {
  readonly client: EngineClient;
  readonly watching: FileWatching;
  readonly runLog: RunLog;
}

interface ActiveRun {
  readonly root: string;
  readonly progress: RunProgress;
  readonly updated: Signal<undefined>;
}

/** A run that takes longer than this shows a progress notification with a cancel button. */
const SHOW_PROGRESS_AFTER_MS = 1000;

export class RunController implements vscode.Disposable {
  readonly #options: RunControllerOptions;
  readonly #active = new Map<RunId, ActiveRun>();
  readonly #changed = new Signal<undefined>();
  #lastRun: RunSummary | null = null;

  /** A run began, moved on or ended. */
  readonly onDidChange = this.#changed.event;

  constructor(options: RunControllerOptions) {
    this.#options = options;
  }

  get lastRun(): RunSummary | null {
    return this.#lastRun;
  }

  /** `2/5` over all active runs, or `null` when nothing runs. */
  get counts(): string | null {
    if (this.#active.size === 0) return null;
    const all = [...this.#active.values()].map(({ progress }) => progress);
    const done = all.reduce((sum, progress) => sum + progress.done, 0);
    const total = all.reduce((sum, progress) => sum + progress.total, 0);
    return total === 0 ? "" : `${done}/${total}`;
  }

  /** Runs, shows how it goes and how it ended. `null` when it did not come to a run. */
  async run(root: string, request: RunRequest): Promise<RunSummary | null> {
    if (!mayRun()) return null;
    if (!(await saveProjects([root]))) return null;
    await this.#options.watching.flush();
    const run: RunId = newRunId();
    const active: ActiveRun = { root, progress: new RunProgress(), updated: new Signal<undefined>() };
    this.#active.set(run, active);
    this.#announce();
    const running = this.#options.client.call("run", { root, request, run });
    const watch = setTimeout(() => this.#showProgress(run, active, running), SHOW_PROGRESS_AFTER_MS);
    try {
      const summary = await running;
      this.#lastRun = summary;
      report(summary);
      return summary;
    } catch (error) {
      // A stopped engine has its own notification; a second one would say the same.
      if (!(error instanceof EngineStoppedError)) reportInternal(error);
      return null;
    } finally {
      clearTimeout(watch);
      this.#active.delete(run);
      active.updated.dispose();
      this.#announce();
    }
  }

  /** Stops every run of a project, or every run. */
  async cancel(root: string | null): Promise<void> {
    const runs = [...this.#active].filter(([, active]) => root === null || active.root === root).map(([run]) => run);
    await Promise.all(runs.map((run) => this.#options.client.call("cancel", { run })));
  }

  handle(event: RunEvent): void {
    this.#options.runLog.handle(event);
    const active = this.#active.get(event.run);
    if (active === undefined || event.type === "stage-log") return;
    active.progress.handle(event);
    active.updated.fire(undefined);
    this.#changed.fire(undefined);
  }

  dispose(): void {
    this.#changed.dispose();
  }

  #announce(): void {
    void vscode.commands.executeCommand("setContext", CONTEXT_KEYS.running, this.#active.size > 0);
    this.#changed.fire(undefined);
  }

  #showProgress(run: RunId, active: ActiveRun, running: Promise<unknown>): void {
    const options = { location: vscode.ProgressLocation.Notification, title: "Restage", cancellable: true };
    void vscode.window.withProgress(options, async (reporter, token) => {
      const show = (): void => reporter.report({ message: notificationText(active.progress.text) });
      show();
      const updates = active.updated.event(show);
      const cancels = token.onCancellationRequested(() => void this.#options.client.call("cancel", { run }));
      try {
        await running;
      } catch {
        // Reported where the run was started.
      } finally {
        updates.dispose();
        cancels.dispose();
      }
    });
  }
}

/** Opens the file of a place and puts the cursor there. */
export async function showLocation(location: SourceLocation): Promise<void> {
  const at = new vscode.Position(location.line - 1, location.column - 1);
  const document = await vscode.workspace.openTextDocument(vscode.Uri.file(location.file));
  const editors = vscode.window.visibleTextEditors;
  const open = editors.find((editor) => editor.document === document);
  // Beside code, not over a preview: where the file is open, else where a text editor is.
  const viewColumn = (open ?? vscode.window.activeTextEditor ?? editors[0])?.viewColumn ?? vscode.ViewColumn.Active;
  await vscode.window.showTextDocument(document, { viewColumn, selection: new vscode.Range(at, at) });
}

function newRunId(): RunId {
  const id: string = randomUUID();
  return id as RunId;
}

function report(summary: RunSummary): void {
  const failures = summary.outcomes.flatMap(({ outcome }) => (outcome.outcome === "failed" ? [outcome.failure] : []));
  const first = failures.find((failure) => failure.reason !== "cancelled");
  if (first !== undefined) {
    reportFailure(first, failures.length - 1);
    return;
  }
  const ran = summary.outcomes.filter(({ outcome }) => outcome.outcome === "ran");
  const took = formatDuration(summary.durationMs);
  if (summary.cancelled) showBriefly("$(circle-slash) Restage: run cancelled");
  else if (ran.length === 1 && ran[0] !== undefined)
    showBriefly(`$(check) Restage: ${stageName(ran[0].stage)} ran in ${took}`);
  else if (ran.length > 1) showBriefly(`$(check) Restage: ${formatQuantity(ran.length, "stage")} ran in ${took}`);
  else showBriefly("$(check) Restage: everything is fresh, nothing had to run");
}

function reportFailure(failure: Failure, more: number): void {
  const location = "location" in failure ? failure.location : null;
  const others = more > 0 ? ` (${formatQuantity(more, "more stage")} failed)` : "";
  const actions = location === null ? [SHOW_OUTPUT] : [GO_TO_ERROR, SHOW_OUTPUT];
  const text = notificationText(describeFailure(failure)) + others;
  void vscode.window.showErrorMessage(text, ...actions).then(async (choice) => {
    if (choice === SHOW_OUTPUT) await vscode.commands.executeCommand(COMMANDS.showOutput);
    if (choice === GO_TO_ERROR && location !== null) await showLocation(location);
  });
}

function reportInternal(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  const text = notificationText(`Restage could not run: ${message}`);
  void vscode.window.showErrorMessage(text, SHOW_OUTPUT).then(async (choice) => {
    if (choice === SHOW_OUTPUT) await vscode.commands.executeCommand(COMMANDS.showOutput);
  });
}

function showBriefly(text: string): void {
  vscode.window.setStatusBarMessage(text, 5000);
}

const SHOW_OUTPUT = "Show Output";
const GO_TO_ERROR = "Go to Error";
