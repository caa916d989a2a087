/** The Checkpoints tree, its badge and its message. The nodes come from `tree-model.ts`. */
import * as vscode from "vscode";
import { formatQuantity } from "../core/format.js";
import type { VersionInfo } from "../protocol/engine-api.js";
import { unreachable } from "../protocol/unreachable.js";
import { COMMANDS, CONTEXT_KEYS, VIEW_ID } from "./contributions.js";
import { DisposableStore } from "./disposable-store.js";
import type { EngineClient } from "./engine-client.js";
import { needsRun, type StatusModel } from "./status-model.js";
import { childNodes, rootNodes, versionNodes, type NodeTarget, type TreeNode } from "./tree-model.js";

/** Ages (`2 min ago`) are words that grow old themselves. */
const REFRESH_AGES_MS = 30_000;

export class CheckpointsView implements vscode.TreeDataProvider<TreeNode>, vscode.Disposable {
  readonly #client: EngineClient;
  readonly #model: StatusModel;
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new vscode.EventEmitter<undefined>());
  readonly #view: vscode.TreeView<TreeNode>;
  #shown = "";

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(client: EngineClient, model: StatusModel) {
    this.#client = client;
    this.#model = model;
    this.#view = this.#store.add(
      vscode.window.createTreeView(VIEW_ID, { treeDataProvider: this, showCollapseAll: true }),
    );
    this.#store.add(model.onDidChange(() => this.#update()));
    this.#store.add(vscode.workspace.onDidGrantWorkspaceTrust(() => this.#update()));
    const ages = setInterval(() => {
      if (this.#view.visible) this.#changed.fire(undefined);
    }, REFRESH_AGES_MS);
    this.#store.add({ dispose: () => clearInterval(ages) });
  }

  getTreeItem(node: TreeNode): vscode.TreeItem {
    const item = new vscode.TreeItem(node.label, COLLAPSE[node.expand]);
    item.id = node.id;
    item.description = node.description;
    // A string is shown as plain text; user text must never reach a Markdown tooltip.
    item.tooltip = node.tooltip;
    item.iconPath = new vscode.ThemeIcon(
      node.icon,
      node.color === null ? undefined : new vscode.ThemeColor(node.color),
    );
    item.contextValue = node.context;
    const command = commandOf(node);
    if (command !== null) item.command = command;
    return item;
  }

  async getChildren(node?: TreeNode): Promise<TreeNode[]> {
    const now = Date.now();
    if (node === undefined) return [...rootNodes(this.#model.projects(), now)];
    if (node.content.kind === "versions") return [...versionNodes(node, await this.#versions(node), now)];
    return [...childNodes(node, now)];
  }

  dispose(): void {
    this.#store.dispose();
  }

  async #versions(node: TreeNode): Promise<readonly VersionInfo[]> {
    const entry = this.#model.find(node.root, node.stage ?? "");
    if (entry === null) return [];
    try {
      return await this.#client.call("versions", { root: node.root, stage: entry.stage.id });
    } catch {
      // The engine went away; it has its own notification, and the tree is asked again when it is back.
      return [];
    }
  }

  #update(): void {
    const stages = this.#model.stages().map(({ stage }) => stage);
    const waiting = stages.filter(needsRun).length;
    this.#view.badge =
      waiting === 0 ? undefined : { value: waiting, tooltip: `${formatQuantity(waiting, "stage")} to run` };
    this.#view.message =
      stages.length > 0 && !vscode.workspace.isTrusted
        ? "Restricted Mode: states are shown; to run stages, trust this workspace."
        : undefined;
    void vscode.commands.executeCommand("setContext", CONTEXT_KEYS.ready, this.#model.ready);
    void vscode.commands.executeCommand("setContext", CONTEXT_KEYS.hasStages, stages.length > 0);
    const signature = JSON.stringify(this.#model.projects().map(({ name, stages: all }) => [name, all]));
    if (signature === this.#shown) return;
    this.#shown = signature;
    this.#changed.fire(undefined);
  }
}

const COLLAPSE = {
  none: vscode.TreeItemCollapsibleState.None,
  collapsed: vscode.TreeItemCollapsibleState.Collapsed,
  expanded: vscode.TreeItemCollapsibleState.Expanded,
} as const;

function commandOf(node: TreeNode): vscode.Command | null {
  const { content } = node;
  if (content.kind === "stage") {
    return { command: COMMANDS.reveal, title: "Reveal Code", arguments: [{ root: node.root, stage: node.stage }] };
  }
  return content.kind === "leaf" && content.opens !== null ? commandFor(content.opens) : null;
}

function commandFor(target: NodeTarget): vscode.Command {
  switch (target.show) {
    case "stage":
      return {
        command: COMMANDS.reveal,
        title: "Reveal Code",
        arguments: [{ root: target.root, stage: target.stage }],
      };
    case "file":
      return { command: "vscode.open", title: "Open", arguments: [vscode.Uri.file(target.file)] };
    case "version":
      return { command: COMMANDS.preview, title: "Preview", arguments: [target] };
    case "why":
      return { command: COMMANDS.why, title: "Why", arguments: [{ root: target.root, stage: target.stage }] };
    default:
      return unreachable(target);
  }
}
