/**
 * Stages run without `restage` in node_modules, because the child brings the library; only the editor's type checking
 * misses it. This offers to add it, once per workspace. The command goes into a terminal as text: the person reads it and
 * presses Enter, or does not. It installs this extension's own copy, so that the types fit the engine that runs.
 */
import * as path from "node:path";
import * as vscode from "vscode";
import { COMMANDS } from "./contributions.js";
import { DisposableStore, type Disposable } from "./disposable-store.js";
import type { StatusModel } from "./status-model.js";
import { mayRun } from "./trust.js";

const OFFERED = "typesOffered";

/** Offers once, when there are stages and the library does not resolve. */
export function offerTypes(context: vscode.ExtensionContext, model: StatusModel): Disposable {
  const store = new DisposableStore();
  let looked = false;
  store.add(
    model.onDidChange(() => {
      const root = model.projects().find((project) => project.stages.length > 0)?.root;
      if (looked || root === undefined || !vscode.workspace.isTrusted) return;
      looked = true;
      void offer(context, root);
    }),
  );
  return store;
}

/** Opens a terminal in the project with the install command typed, not executed. */
export async function addTypes(context: vscode.ExtensionContext, model: StatusModel): Promise<void> {
  if (!mayRun()) return;
  const root = await chooseRoot(model);
  if (root === null) return;
  if (await resolves(root)) {
    void vscode.window.showInformationMessage("The library “restage” is already installed in this project.");
    return;
  }
  const terminal = vscode.window.createTerminal({ name: "Restage", cwd: root });
  terminal.show();
  // --no-save: the path of this machine must not get into package.json; --install-links: a copy, not a link.
  const from = `"${context.extensionPath}"`;
  terminal.sendText(`npm install --no-save --install-links --ignore-scripts ${from}`, false);
}

async function offer(context: vscode.ExtensionContext, root: string): Promise<void> {
  if (context.workspaceState.get<boolean>(OFFERED, false) || (await resolves(root))) return;
  await context.workspaceState.update(OFFERED, true);
  const add = "Add Types";
  const choice = await vscode.window.showInformationMessage(
    "Your stages run as they are. To get types and completion for “restage” too, add the library to this project.",
    add,
    "Not Now",
  );
  if (choice === add) await vscode.commands.executeCommand(COMMANDS.addTypes);
}

async function chooseRoot(model: StatusModel): Promise<string | null> {
  const projects = model.projects();
  const [only] = projects;
  if (projects.length <= 1) return only?.root ?? vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? null;
  const items = projects.map((project) => ({ label: project.name, detail: project.root, root: project.root }));
  const picked = await vscode.window.showQuickPick(items, { title: "Add Types", placeHolder: "Project" });
  return picked?.root ?? null;
}

/** Whether `restage` is in a node_modules folder of the project or above it, as Node looks for it. */
async function resolves(root: string): Promise<boolean> {
  for (let folder = root; ; folder = path.dirname(folder)) {
    try {
      await vscode.workspace.fs.stat(vscode.Uri.file(path.join(folder, "node_modules", "restage", "package.json")));
      return true;
    } catch {
      if (folder === path.dirname(folder)) return false;
    }
  }
}
