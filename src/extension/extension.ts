/**
 * Puts the extension together. The extension host only shows: reading, parsing and hashing happen in the engine's worker
 * thread, running in child processes. `activate` starts the worker and does not wait for it.
 */
import * as path from "node:path";
import * as vscode from "vscode";
import type { EngineEvent } from "../protocol/engine-api.js";
import type { RunSummary } from "../protocol/events.js";
import type { ProjectStatus } from "../protocol/status.js";
import { unreachable } from "../protocol/unreachable.js";
import { offerTypes } from "./add-types.js";
import { CheckpointsView } from "./checkpoints-view.js";
import { StageLenses } from "./code-lens.js";
import { registerCommands } from "./commands.js";
import { COMMANDS, SETTINGS } from "./contributions.js";
import { StageDiagnostics } from "./diagnostics.js";
import { DisposableStore } from "./disposable-store.js";
import { EngineClient, EngineStoppedError, type EngineCrash } from "./engine-client.js";
import { FileWatching } from "./file-watching.js";
import { FormActions } from "./form-actions.js";
import { notificationText } from "./notification-text.js";
import { PreviewPanels } from "./preview-panel.js";
import { ReadMessage } from "./read-message.js";
import { RunController } from "./run-controller.js";
import { RunLog } from "./run-log.js";
import type { Subscription } from "./signal.js";
import { createStatusBar } from "./status-bar.js";
import { StatusModel } from "./status-model.js";
import { TagCompletionProvider } from "./tag-completions.js";
import { WhyStale } from "./why-stale.js";

/** What other extensions, and the tests, can ask. */
export interface RestageApi {
  /** The latest status of each project. */
  status(): readonly ProjectStatus[];
  readonly onDidChangeStatus: (listener: (value: undefined) => unknown) => Subscription;
  /** Resolves when the first index is in and nothing is being taken in or run. */
  whenIdle(): Promise<void>;
  lastRun(): RunSummary | null;
}

let closing: (() => Promise<void>) | null = null;

export function activate(context: vscode.ExtensionContext): RestageApi {
  const store = new DisposableStore();
  context.subscriptions.push(store);
  const log = store.add(vscode.window.createOutputChannel("Restage", { log: true }));
  const client = createClient(context, log);
  const model = new StatusModel();
  const watching = store.add(new FileWatching({ client, model, log }));
  const runs = store.add(new RunController({ client, watching, runLog: new RunLog(log) }));
  const panels = store.add(new PreviewPanels({ client, model, extensionUri: context.extensionUri, log }));
  const why = store.add(new WhyStale(client, model));
  store.add(new StageLenses(model));
  store.add(new CheckpointsView(client, model));
  store.add(new StageDiagnostics(model));
  store.add(new FormActions(client, model));
  store.add(new TagCompletionProvider(model));
  store.add(createStatusBar(model, runs));
  store.add(offerTypes(context, model));
  store.add(registerCommands({ context, client, model, runs, panels, why, watching, log }));

  let firstIndex: Promise<void> = Promise.resolve();
  const reading = store.add(new ReadMessage());
  client.onEvent((event) => handle(event, { model, runs, reading, log }));
  client.onDidStart(() => {
    model.engineStarted();
    firstIndex = index(client, model, log);
  });
  let telling = false;
  client.onDidCrash((crash) => {
    // One notification at a time: an engine that falls over again while it stands there needs no second one.
    if (telling && crash.restarted) return;
    telling = true;
    void tellCrash(crash, client).finally(() => (telling = false));
  });
  const startIfNeeded = (): void => {
    if (openFolders().length > 0) client.start();
  };
  store.add(
    vscode.workspace.onDidChangeWorkspaceFolders(() => {
      client.folders(openFolders());
      startIfNeeded();
    }),
  );
  store.add(vscode.workspace.onDidGrantWorkspaceTrust(() => client.trusted()));
  store.add(
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(SETTINGS.nodePath)) void client.restart();
    }),
  );
  // Starting a thread takes the host's time, so it is left until the editor has its extension.
  let deactivated = false;
  const started = new Promise<void>((resolve) => {
    setImmediate(() => {
      if (!deactivated) startIfNeeded();
      resolve();
    });
  });
  closing = () => {
    deactivated = true;
    return client.close();
  };

  return {
    status: () => model.projects(),
    onDidChangeStatus: model.onDidChange,
    whenIdle: async () => {
      await started;
      await firstIndex;
      await watching.flush();
      await client.whenIdle();
    },
    lastRun: () => runs.lastRun,
  };
}

/** The engine ends its runs and their processes before the window is gone. */
export async function deactivate(): Promise<void> {
  await closing?.();
  closing = null;
}

function createClient(context: vscode.ExtensionContext, log: vscode.LogOutputChannel): EngineClient {
  const distFolder = path.join(context.extensionPath, "dist");
  const manifest = context.extension.packageJSON as { readonly version?: unknown };
  return new EngineClient({
    workerFile: path.join(distFolder, "engine-worker.cjs"),
    opening: () => ({
      folders: openFolders(),
      nodePath: vscode.workspace.getConfiguration().get<string>(SETTINGS.nodePath, "").trim() || null,
      trusted: vscode.workspace.isTrusted,
      distFolder,
      version: typeof manifest.version === "string" ? manifest.version : "0.0.0",
    }),
    log: (level, text) => (level === "error" ? log.error(text.trimEnd()) : log.info(text.trimEnd())),
  });
}

async function index(client: EngineClient, model: StatusModel, log: vscode.LogOutputChannel): Promise<void> {
  try {
    model.indexed(await client.call("status", {}));
  } catch (error) {
    if (!(error instanceof EngineStoppedError)) log.error(`The first index failed: ${String(error)}`);
  }
}

interface Listeners {
  readonly model: StatusModel;
  readonly runs: RunController;
  readonly reading: ReadMessage;
  readonly log: vscode.LogOutputChannel;
}

function handle(event: EngineEvent, { model, runs, reading, log }: Listeners): void {
  switch (event.type) {
    case "status": {
      model.update(event.status);
      return;
    }
    case "project-gone": {
      model.remove(event.root);
      return;
    }
    case "run": {
      runs.handle(event.event);
      return;
    }
    case "reading":
      reading.show(event);
      return;
    case "internal-error":
      log.error(`Internal error, please report it: ${event.message}\n${event.stack}`);
      return;
    default:
      unreachable(event);
  }
}

async function tellCrash(crash: EngineCrash, client: EngineClient): Promise<void> {
  const [again, output] = ["Start Again", "Show Output"];
  const text = crash.restarted
    ? `Restage's engine stopped unexpectedly and was started again: ${crash.message}`
    : `Restage's engine keeps stopping, so it was not started again: ${crash.message}`;
  const actions = crash.restarted ? [output] : [again, output];
  const choice = await vscode.window.showErrorMessage(notificationText(text), ...actions);
  if (choice === again) client.start();
  if (choice === output) await vscode.commands.executeCommand(COMMANDS.showOutput);
}

function openFolders(): readonly string[] {
  const folders = vscode.workspace.workspaceFolders ?? [];
  return folders.filter((folder) => folder.uri.scheme === "file").map((folder) => folder.uri.fsPath);
}
