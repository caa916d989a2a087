/** Tells the engine what changed on disk: watchers over each folder, saves at once, and inputs outside of the folders. */
import * as vscode from "vscode";
import { ChangeBatcher } from "./change-batch.js";
import { DisposableStore } from "./disposable-store.js";
import { EngineStoppedError, type EngineClient } from "./engine-client.js";
import type { StatusModel } from "./status-model.js";
import { isWatched, outsideInputs } from "./watched-paths.js";

export interface FileWatchingOptions {
  readonly client: EngineClient;
  readonly model: StatusModel;
  readonly log: vscode.LogOutputChannel;
}

export class FileWatching implements vscode.Disposable {
  readonly #model: StatusModel;
  readonly #store = new DisposableStore();
  readonly #batches: ChangeBatcher;
  #folderWatchers = new DisposableStore();
  #inputWatchers = new DisposableStore();
  #inputsWatched = "";

  constructor({ client, model, log }: FileWatchingOptions) {
    this.#model = model;
    this.#batches = this.#store.add(
      new ChangeBatcher({
        send: async (files) => {
          if (client.running) await client.call("filesChanged", { files });
        },
        // A stopped engine reads everything again when it starts; nothing is lost with the batch.
        onError: (error) => {
          if (!(error instanceof EngineStoppedError)) log.error(`Could not take in changed files: ${String(error)}`);
        },
      }),
    );
    this.#watchFolders();
    this.#store.add(vscode.workspace.onDidChangeWorkspaceFolders(() => this.#watchFolders()));
    this.#store.add(vscode.workspace.onDidSaveTextDocument((document) => this.#changed(document.uri)));
    this.#store.add(model.onDidChange(() => this.#watchInputs()));
  }

  /** Resolves when all changes seen so far are in the statuses. */
  flush(): Promise<void> {
    return this.#batches.flush();
  }

  dispose(): void {
    this.#folderWatchers.dispose();
    this.#inputWatchers.dispose();
    this.#store.dispose();
  }

  #watchFolders(): void {
    this.#folderWatchers.dispose();
    this.#folderWatchers = new DisposableStore();
    for (const folder of vscode.workspace.workspaceFolders ?? []) {
      if (folder.uri.scheme === "file") this.#watch(this.#folderWatchers, new vscode.RelativePattern(folder, "**/*"));
    }
  }

  #watchInputs(): void {
    const folders = (vscode.workspace.workspaceFolders ?? []).map((folder) => folder.uri.fsPath);
    const patterns = outsideInputs(this.#model.projects(), folders);
    const signature = JSON.stringify(patterns);
    if (signature === this.#inputsWatched) return;
    this.#inputsWatched = signature;
    this.#inputWatchers.dispose();
    this.#inputWatchers = new DisposableStore();
    for (const { base, pattern } of patterns) {
      this.#watch(this.#inputWatchers, new vscode.RelativePattern(vscode.Uri.file(base), pattern));
    }
  }

  #watch(store: DisposableStore, pattern: vscode.RelativePattern): void {
    const watcher = store.add(vscode.workspace.createFileSystemWatcher(pattern));
    const changed = (uri: vscode.Uri): void => this.#changed(uri);
    store.add(watcher.onDidCreate(changed));
    store.add(watcher.onDidChange(changed));
    store.add(watcher.onDidDelete(changed));
  }

  #changed(uri: vscode.Uri): void {
    if (uri.scheme !== "file") return;
    const caches = this.#model.projects().map((project) => project.cache.folder);
    if (isWatched(uri.fsPath, caches)) this.#batches.add(uri.fsPath);
  }
}
