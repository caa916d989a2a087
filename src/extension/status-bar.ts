/** One item: how many stages must run, or how far a run is. Hidden where there are no stages. */
import * as vscode from "vscode";
import { formatQuantity } from "../core/format.js";
import { COMMANDS } from "./contributions.js";
import { DisposableStore, type Disposable } from "./disposable-store.js";
import type { RunController } from "./run-controller.js";
import { needsRun, type StatusModel } from "./status-model.js";

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
    const waiting = stages.filter(needsRun);
    const failed = stages.filter((stage) => stage.state === "failed").length;
    const { counts } = runs;
    if (counts !== null) item.text = `$(sync~spin) Restage ${counts}`.trimEnd();
    else if (waiting.length === 0) item.text = "$(check) Restage: fresh";
    else item.text = failed > 0 ? `$(error) Restage: ${failed} failed` : `$(history) Restage: ${waiting.length} stale`;
    item.tooltip = `${formatQuantity(stages.length, "stage")}, ${waiting.length} to run. Click for a list.`;
    item.show();
  };
  store.add(model.onDidChange(update));
  store.add(runs.onDidChange(update));
  return store;
}
