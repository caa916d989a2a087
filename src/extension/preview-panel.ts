/**
 * One webview panel per shown result. The panel holds nothing but what it is sent: it asks for rows by number, and what
 * it asks is checked. It follows its stage: a new result appears in place, and a result that is not current says why.
 */
import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import { describeFailure, describeState } from "../core/describe.js";
import type { PreviewInfo, PreviewRows } from "../protocol/engine-api.js";
import type { Failure } from "../protocol/failure.js";
import type { FromPreview, PreviewState, ToPreview } from "../protocol/preview-messages.js";
import type { StageStatus } from "../protocol/status.js";
import { unreachable } from "../protocol/unreachable.js";
import { COMMANDS, PREVIEW_VIEW_TYPE } from "./contributions.js";
import { DisposableStore } from "./disposable-store.js";
import type { EngineClient } from "./engine-client.js";
import { previewHtml } from "./preview-html.js";
import { parseFromPreview, parsePreviewState } from "./stage-target.js";
import { needsRun, type StageInProject, type StatusModel } from "./status-model.js";
import { resultFacts } from "./tree-model.js";

export interface PreviewPanelsOptions {
  readonly client: EngineClient;
  readonly model: StatusModel;
  readonly extensionUri: vscode.Uri;
  readonly log: vscode.LogOutputChannel;
}

/** Opens preview panels, finds the one that is open already, and brings them back after a reload of the window. */
export class PreviewPanels implements vscode.WebviewPanelSerializer, vscode.Disposable {
  readonly #options: PreviewPanelsOptions;
  readonly #store = new DisposableStore();
  readonly #panels = new Map<string, PreviewPanel>();

  constructor(options: PreviewPanelsOptions) {
    this.#options = options;
    this.#store.add(vscode.window.registerWebviewPanelSerializer(PREVIEW_VIEW_TYPE, this));
    this.#store.add(
      options.model.onDidChange(() => {
        for (const panel of this.#panels.values()) panel.statusChanged();
      }),
    );
    this.#store.add(
      options.client.onDidStart(() => {
        for (const panel of this.#panels.values()) panel.engineStarted();
      }),
    );
  }

  show(state: PreviewState): void {
    const known = this.#panels.get(keyOf(state));
    if (known !== undefined) {
      known.reveal();
      return;
    }
    const beside = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
    this.#adopt(vscode.window.createWebviewPanel(PREVIEW_VIEW_TYPE, titleOf(state), beside), state);
  }

  deserializeWebviewPanel(panel: vscode.WebviewPanel, value: unknown): Promise<void> {
    const state = parsePreviewState(value);
    if (state === null || this.#panels.has(keyOf(state))) panel.dispose();
    else this.#adopt(panel, state);
    return Promise.resolve();
  }

  dispose(): void {
    for (const panel of this.#panels.values()) panel.dispose();
    this.#store.dispose();
  }

  #adopt(panel: vscode.WebviewPanel, state: PreviewState): void {
    this.#panels.set(keyOf(state), new PreviewPanel(panel, state, this.#options));
    panel.onDidDispose(() => this.#panels.delete(keyOf(state)));
  }
}

class PreviewPanel {
  readonly #panel: vscode.WebviewPanel;
  readonly #state: PreviewState;
  readonly #options: PreviewPanelsOptions;
  readonly #store = new DisposableStore();
  #ready = false;
  #disposed = false;
  #shown: PreviewInfo | null = null;
  /** What the panel shows, by `signatureOf`; `null` when it must load at the next status, whatever that says. */
  #signature: string | null = "";
  #failed = false;
  /** Counts `#show`: an answer that was overtaken by a later question is dropped. */
  #generation = 0;

  constructor(panel: vscode.WebviewPanel, state: PreviewState, options: PreviewPanelsOptions) {
    this.#panel = panel;
    this.#state = state;
    this.#options = options;
    const scripts = vscode.Uri.joinPath(options.extensionUri, "dist", "webview");
    const media = vscode.Uri.joinPath(options.extensionUri, "media");
    panel.iconPath = vscode.Uri.joinPath(media, "activity.svg");
    panel.webview.options = { enableScripts: true, localResourceRoots: [scripts, media] };
    this.#store.add(
      panel.onDidDispose(() => {
        this.#disposed = true;
        this.#store.dispose();
      }),
    );
    this.#store.add(panel.webview.onDidReceiveMessage((value: unknown) => this.#receive(value)));
    panel.webview.html = previewHtml({
      nonce: randomBytes(24).toString("base64url"),
      cspSource: panel.webview.cspSource,
      script: panel.webview.asWebviewUri(vscode.Uri.joinPath(scripts, "preview.js")).toString(),
      style: panel.webview.asWebviewUri(vscode.Uri.joinPath(media, "preview.css")).toString(),
    });
  }

  reveal(): void {
    this.#panel.reveal(undefined, true);
    if (this.#ready && this.#failed) this.#reload();
  }

  dispose(): void {
    this.#panel.dispose();
  }

  statusChanged(): void {
    if (this.#ready && signatureOf(this.#entry(), this.#options.model.ready) !== this.#signature) this.#reload();
  }

  /** An engine knows only the previews that were opened in it, so what is shown must be opened again in the new one. */
  engineStarted(): void {
    this.#signature = null;
  }

  #reload(): void {
    this.#show().catch((error: unknown) => this.#logError(error));
  }

  #entry(): StageInProject | null {
    return this.#options.model.find(this.#state.root, this.#state.stage);
  }

  async #show(): Promise<void> {
    const generation = ++this.#generation;
    const entry = this.#entry();
    this.#signature = signatureOf(entry, this.#options.model.ready);
    // Before the first index nothing is known yet, and the status that ends it comes by itself.
    if (entry === null && !this.#options.model.ready) return;
    const message =
      entry === null ? this.#error(`There is no stage ${this.#state.stage} here any more.`) : await this.#load(entry);
    if (generation !== this.#generation) return;
    if (message.type === "show") this.#shown = message.info;
    this.#post(message);
    // A stage that is gone stays gone until a status has it; every other failure may be over by the next status.
    if (message.type === "error" && entry === null) this.#signature = signatureOf(null, true);
  }

  async #load({ project, stage }: StageInProject): Promise<ToPreview> {
    try {
      const info = await this.#options.client.call("openPreview", {
        root: project.root,
        stage: stage.id,
        digest: this.#state.digest,
      });
      if ("reason" in info) return this.#error(describeFailure(info));
      return {
        type: "show",
        info,
        title: stage.name,
        facts: resultFacts({ ...info, durationMs: 0 }, Date.now()),
        stale: staleText(stage, info),
        canRun: needsRun(stage) && this.#state.digest === null,
        state: this.#state,
      };
    } catch (error) {
      return this.#error(error instanceof Error ? error.message : String(error));
    }
  }

  #receive(value: unknown): void {
    const message = parseFromPreview(value);
    if (message === null) {
      this.#options.log.warn("A preview panel sent a message that is none of its own; it was dropped.");
      return;
    }
    this.#handle(message).catch((error: unknown) => this.#logError(error));
  }

  async #handle(message: FromPreview): Promise<void> {
    switch (message.type) {
      case "ready":
        // Also sent again each time a hidden panel is shown: its page is not kept.
        this.#ready = true;
        return this.#show();
      case "read": {
        if (!this.#shows(message.digest)) return;
        const { request, digest, start, count } = message;
        const rows = await this.#read(digest, start, count);
        // A newer result took this one's place in the meantime; an error would cover it.
        if (!this.#shows(digest)) return;
        this.#post("reason" in rows ? this.#error(describeFailure(rows)) : { type: "rows", request, digest, rows });
        return;
      }
      case "run":
        await vscode.commands.executeCommand(COMMANDS.run, { root: this.#state.root, stage: this.#state.stage });
        return;
      case "why":
        await vscode.commands.executeCommand(COMMANDS.why, { root: this.#state.root, stage: this.#state.stage });
        return;
      default:
        unreachable(message);
    }
  }

  #shows(digest: string): boolean {
    return this.#shown?.digest === digest;
  }

  async #read(digest: string, start: number, count: number): Promise<PreviewRows | Failure> {
    try {
      return await this.#options.client.call("readRows", { root: this.#state.root, digest, start, count });
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error));
      return { reason: "internal", stage: null, message: failure.message, stack: failure.stack ?? "" };
    }
  }

  #error(message: string): ToPreview {
    return { type: "error", message, state: this.#state };
  }

  #post(message: ToPreview): void {
    // The person closed the panel while it loaded; its webview cannot be touched any more.
    if (this.#disposed) return;
    this.#failed = message.type === "error";
    if (this.#failed) {
      this.#shown = null;
      this.#signature = null;
    }
    this.#panel.webview.postMessage(message).then(undefined, (error: unknown) => this.#logError(error));
  }

  #logError(error: unknown): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#options.log.error(`A preview panel could not go on: ${text}`);
  }
}

function keyOf(state: PreviewState): string {
  return `${state.root}\0${state.stage}\0${state.digest ?? ""}`;
}

function titleOf(state: PreviewState): string {
  const name = state.stage.slice(state.stage.lastIndexOf("#") + 1);
  return state.digest === null ? `Preview: ${name}` : `Preview: ${name} @ ${state.digest.slice(0, 8)}`;
}

/** Everything that decides what a panel shows. */
function signatureOf(entry: StageInProject | null, ready: boolean): string {
  if (entry === null) return ready ? "none" : "";
  const { stage } = entry;
  return JSON.stringify([stage.name, describeState(stage), stage.result?.digest, stage.lastResult?.digest]);
}

function staleText(stage: StageStatus, info: PreviewInfo): string | null {
  if (info.current) return null;
  if (stage.state === "fresh") return "an older version of this result";
  return describeState(stage);
}
