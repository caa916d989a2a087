/** Quick picks over stages: the same list, with states, for every command that asks "which stage?". */
import * as vscode from "vscode";
import { describeState } from "../core/describe.js";
import { COMMANDS } from "./contributions.js";
import { escapeIcons, stateIcon } from "./lens-text.js";
import { standingOf, type StageInProject, type Standing, type StatusModel } from "./status-model.js";

interface StageItem extends vscode.QuickPickItem {
  readonly entry?: StageInProject;
}

export interface PickOptions {
  readonly title: string;
  readonly placeholder: string;
  /** Which stages can be picked. */
  readonly filter?: (entry: StageInProject) => boolean;
  /** Said when there is none. */
  readonly none: string;
}

/** Asks for a stage; those that must run come first. Offers preview and reveal as buttons. */
export async function pickStage(model: StatusModel, options: PickOptions): Promise<StageInProject | null> {
  const entries = model.stages().filter(options.filter ?? (() => true));
  if (entries.length === 0) {
    void vscode.window.showInformationMessage(model.ready ? options.none : "Restage is still reading the workspace.");
    return null;
  }
  const pick = vscode.window.createQuickPick<StageItem>();
  pick.title = options.title;
  pick.placeholder = options.placeholder;
  pick.matchOnDescription = true;
  pick.matchOnDetail = true;
  pick.items = itemsOf(entries, model.projects().length > 1);
  const chosen = new Promise<StageInProject | null>((resolve) => {
    pick.onDidAccept(() => {
      resolve(pick.selectedItems[0]?.entry ?? null);
      pick.hide();
    });
    pick.onDidHide(() => resolve(null));
    pick.onDidTriggerItemButton(({ button, item }) => {
      const { entry } = item;
      if (entry === undefined) return;
      const command = button === PREVIEW ? COMMANDS.preview : COMMANDS.reveal;
      pick.hide();
      void vscode.commands.executeCommand(command, { root: entry.project.root, stage: entry.stage.id });
    });
  });
  pick.show();
  const entry = await chosen;
  pick.dispose();
  return entry;
}

const PREVIEW: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon("table"), tooltip: "Preview" };
const REVEAL: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon("go-to-file"), tooltip: "Reveal Code" };

function itemsOf(entries: readonly StageInProject[], severalProjects: boolean): StageItem[] {
  const toItem = (entry: StageInProject): StageItem => {
    const { project, stage } = entry;
    const file = stage.id.slice(0, stage.id.lastIndexOf("#"));
    const buttons = stage.result === null && stage.lastResult === null ? [REVEAL] : [PREVIEW, REVEAL];
    return {
      label: `$(${stateIcon(stage.state)}) ${escapeIcons(stage.name)}`,
      description: escapeIcons(severalProjects ? `${project.name} · ${file}` : file),
      detail: escapeIcons(describeState(stage)),
      buttons,
      entry,
    };
  };
  const groups = GROUPS.map(([standing, label]) => ({
    label,
    items: entries.filter(({ stage }) => standingOf(stage) === standing).map(toItem),
  })).filter(({ items }) => items.length > 0);
  if (groups.length === 1) return groups.flatMap(({ items }) => items);
  return groups.flatMap(({ label, items }) => [separator(label), ...items]);
}

const GROUPS: readonly (readonly [Standing, string])[] = [
  ["must-run", "must run"],
  ["unknown", "unknown"],
  ["running", "running"],
  ["up-to-date", "up to date"],
];

function separator(label: string): StageItem {
  return { label, kind: vscode.QuickPickItemKind.Separator };
}
