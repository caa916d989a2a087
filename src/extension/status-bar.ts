/** One item: how many stages must run, or how far a run is. Hidden where there are no stages. */
import * as vscode from "vscode";
import { COMMANDS } from "./contributions.js";
import { DisposableStore, type Disposable } from "./disposable-store.js";
import type { RunController } from "./run-controller.js";
import type { StatusModel } from "./status-model.js";
import { statusBarText, statusBarTooltip } from "./status-text.js";

export function createStatusBar(model: StatusModel, runs: RunController): Disposable {
  const store = new DisposableStore();
  const item = store.add(vscode.window.createStatusBarItem("restage.status", vscode.StatusBarAlignment.Left));
  item.name = "Restage";
  item.command = COMMANDS.showStages;
  const update = (): void => {
    const stages = model.stages().map(({ stage }) => stage);
    if (stages.length === 0) {
      item.hide();
      return;
    }
    const { counts } = runs;
    item.text = counts === null ? statusBarText(stages) : `$(sync~spin) Restage ${counts}`.trimEnd();
    item.tooltip = statusBarTooltip(stages);
    item.show();
  };
  store.add(model.onDidChange(update));
  store.add(runs.onDidChange(update));
  return store;
}
