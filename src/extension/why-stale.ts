/**
 * "Why is this stale": every reason as a list, and behind each what helps most: for changed code the declaration then
 * and now as a diff, for an input its file, for an upstream that stage.
 */
import * as path from "node:path";
import * as vscode from "vscode";
import { describeReason, describeState } from "../core/describe.js";
import type { WhyReport } from "../protocol/engine-api.js";
import type { SliceEntry } from "../protocol/fingerprint.js";
import type { StaleReason } from "../protocol/reason.js";
import { unreachable } from "../protocol/unreachable.js";
import { SLICE_SCHEME } from "./contributions.js";
import { DisposableStore } from "./disposable-store.js";
import type { EngineClient } from "./engine-client.js";
import { escapeIcons } from "./lens-text.js";
import { notificationText } from "./notification-text.js";
import { showLocation } from "./run-controller.js";
import type { StageInProject, StatusModel } from "./status-model.js";

interface ReasonItem extends vscode.QuickPickItem {
  readonly open: () => Thenable<unknown>;
}

export class WhyStale implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #client: EngineClient;
  readonly #model: StatusModel;
  readonly #store = new DisposableStore();
  /** Texts of open diffs by the document's path; the oldest go first. */
  readonly #texts = new Map<string, string>();
  #nextDiff = 1;

  constructor(client: EngineClient, model: StatusModel) {
    this.#client = client;
    this.#model = model;
    this.#store.add(vscode.workspace.registerTextDocumentContentProvider(SLICE_SCHEME, this));
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.#texts.get(uri.path) ?? "This comparison is no longer kept. Ask again with “Why Is This Stale…”.";
  }

  async show(entry: StageInProject): Promise<void> {
    const { project, stage } = entry;
    const report = await this.#client.call("why", { root: project.root, stage: stage.id });
    const items = report.reasons.flatMap((reason) => this.#items(entry, report, reason));
    if (items.length === 0) {
      const text = `${stage.name} is ${describeState(stage)}. Nothing asks for a run.`;
      void vscode.window.showInformationMessage(notificationText(text));
      return;
    }
    const picked = await vscode.window.showQuickPick(items, {
      title: `Why ${stage.name} is ${stage.state}`,
      placeHolder: "Choose a reason to see what changed",
      matchOnDetail: true,
    });
    await picked?.open();
  }

  dispose(): void {
    this.#store.dispose();
  }

  #items(entry: StageInProject, report: WhyReport, reason: StaleReason): ReasonItem[] {
    const { root } = entry.project;
    const item = (icon: string, open: () => Thenable<unknown>): ReasonItem => ({
      label: `$(${icon}) ${escapeIcons(describeReason(reason))}`,
      open,
    });
    const reveal = (): Thenable<unknown> => showLocation(entry.stage.nameRange);
    switch (reason.kind) {
      case "code-changed": {
        if (report.code.length === 0) return [item("code", () => this.#diffAll(entry, report))];
        const rows = report.code.flatMap((change) => {
          const part = change.now ?? change.was;
          if (part === null) return [];
          return {
            label: `$(${CHANGE_ICONS[change.change]}) ${escapeIcons(part.name)} ${change.change}`,
            description: escapeIcons(`${part.kind} · ${part.file}:${part.line}`),
            detail: "Show the code then and now",
            open: () =>
              this.#compare(
                `${part.name} (${entry.stage.name})`,
                part.file,
                change.was?.text ?? "",
                change.now?.text ?? "",
              ),
          };
        });
        return rows.length === 1
          ? rows
          : [
              ...rows,
              { label: "$(diff-multiple) All of its code, then and now", open: () => this.#diffAll(entry, report) },
            ];
      }
      case "input-changed":
        return [item("file", () => vscode.commands.executeCommand("vscode.open", fileUri(root, reason.path)))];
      case "input-missing":
        return [item("warning", reveal)];
      case "upstream-changed":
      case "upstream-stale": {
        const target = reason.kind === "upstream-stale" ? reason.root : reason.stage;
        const upstream = this.#model.find(root, target);
        return [
          item("type-hierarchy-super", () => (upstream === null ? reveal() : showLocation(upstream.stage.nameRange))),
        ];
      }
      case "not-tracked":
      case "unknown-code":
      case "invalid-declaration":
        return [item("warning", () => showLocation(reason.location))];
      case "package-changed":
        return [item("package", () => vscode.commands.executeCommand("vscode.open", fileUri(root, "package.json")))];
      case "files-changed":
      case "param-changed":
      case "env-changed":
      case "inputs-changed":
      case "options-changed":
      case "restage-changed":
      case "result-missing":
      case "result-corrupt":
      case "expired":
      case "node-changed":
      case "node-unknown":
      case "invalidated":
      case "always-runs":
      case "frozen-without-result":
      case "forced":
      case "never-run":
        return [item("circle-small-filled", reveal)];
      default:
        return unreachable(reason);
    }
  }

  #diffAll(entry: StageInProject, report: WhyReport): Thenable<unknown> {
    const all = (slice: readonly SliceEntry[] | null): string =>
      (slice ?? []).map((part) => `// ${part.file}\n${part.text}\n`).join("\n");
    return this.#compare(`all code of ${entry.stage.name}`, entry.stage.file, all(report.then), all(report.now));
  }

  #compare(title: string, file: string, then: string, now: string): Thenable<unknown> {
    const number = this.#nextDiff++;
    const uri = (side: string, text: string): vscode.Uri => {
      const name = `/${number}/${side}/${path.basename(file)}`;
      this.#texts.set(name, `${text}\n`);
      return vscode.Uri.from({ scheme: SLICE_SCHEME, path: name });
    };
    const left = uri("then", then);
    const right = uri("now", now);
    for (const name of this.#texts.keys()) {
      if (this.#texts.size <= MOST_TEXTS) break;
      this.#texts.delete(name);
    }
    return vscode.commands.executeCommand("vscode.diff", left, right, `${title}: last result ↔ now`, { preview: true });
  }
}

const MOST_TEXTS = 40;
const CHANGE_ICONS = { added: "diff-added", removed: "diff-removed", modified: "diff-modified" } as const;

function fileUri(root: string, relative: string): vscode.Uri {
  return vscode.Uri.file(path.resolve(root, relative));
}
