/** Clearing asks first, and says what goes and how many bytes come free. */
import * as vscode from "vscode";
import { stageName } from "../core/describe.js";
import { formatBytes, formatQuantity } from "../core/format.js";
import type { ClearPlan, ClearScope } from "../protocol/engine-api.js";
import type { EngineClient } from "./engine-client.js";
import { notificationText } from "./notification-text.js";
import { pickStage } from "./stage-picker.js";
import type { StageInProject, StatusModel } from "./status-model.js";

interface ScopeItem extends vscode.QuickPickItem {
  readonly what: ClearScope["what"];
}

export interface ClearRequest {
  readonly root: string;
  readonly scope: ClearScope;
}

/** Asks what to clear: everything, one stage, or a stage and what depends on it. */
export async function askWhatToClear(model: StatusModel): Promise<ClearRequest | null> {
  const items: ScopeItem[] = [
    { what: "all", label: "$(trash) All stages", detail: "Every stored result of the project" },
    { what: "stage", label: "$(circle-outline) One stage…", detail: "Every stored version of its result" },
    {
      what: "from",
      label: "$(type-hierarchy-sub) From a stage on…",
      detail: "A stage and all stages that depend on it",
    },
  ];
  const picked = await vscode.window.showQuickPick(items, { title: "Clear Cache", placeHolder: "What to clear" });
  if (picked === undefined) return null;
  if (picked.what === "all") return askProject(model);
  const entry = await pickStage(model, {
    title: "Clear Cache",
    placeholder: picked.what === "stage" ? "Stage to clear" : "First stage to clear",
    none: "There are no stages in this workspace.",
  });
  return entry === null ? null : { root: entry.project.root, scope: { what: picked.what, stage: entry.stage.id } };
}

export function clearStageRequest({ project, stage }: StageInProject): ClearRequest {
  return { root: project.root, scope: { what: "stage", stage: stage.id } };
}

/** Says what would go, and clears when the person agrees. */
export async function clearCache(client: EngineClient, { root, scope }: ClearRequest): Promise<void> {
  const plan = await client.call("planClear", { root, scope });
  if (plan.records === 0 && plan.objects === 0) {
    void vscode.window.showInformationMessage(notificationText(`Nothing is stored for ${scopeText(scope)}.`));
    return;
  }
  const clear = "Clear";
  const message = `Clear the stored results of ${scopeText(scope)}?`;
  const choice = await vscode.window.showWarningMessage(message, { modal: true, detail: detailOf(plan) }, clear);
  if (choice !== clear) return;
  const done = await client.call("clear", { root, scope });
  vscode.window.setStatusBarMessage(`$(trash) Restage: ${formatBytes(done.bytes)} cleared`, 5000);
}

async function askProject(model: StatusModel): Promise<ClearRequest | null> {
  const projects = model.projects();
  const [only] = projects;
  if (only === undefined) {
    void vscode.window.showInformationMessage("There are no stages in this workspace.");
    return null;
  }
  if (projects.length === 1) return { root: only.root, scope: { what: "all" } };
  const items = projects.map((project) => ({
    label: project.name,
    description: formatBytes(project.cache.bytes),
    detail: project.root,
    root: project.root,
  }));
  const picked = await vscode.window.showQuickPick(items, { title: "Clear Cache", placeHolder: "Project to clear" });
  return picked === undefined ? null : { root: picked.root, scope: { what: "all" } };
}

function scopeText(scope: ClearScope): string {
  switch (scope.what) {
    case "all":
      return "all stages";
    case "stage":
      return stageName(scope.stage);
    case "from":
      return `${stageName(scope.stage)} and what depends on it`;
  }
}

function detailOf(plan: ClearPlan): string {
  const names = plan.stages.slice(0, 8).map(stageName).join(", ");
  const more = plan.stages.length > 8 ? ` and ${plan.stages.length - 8} more` : "";
  return [
    `Removes ${formatQuantity(plan.records, "stored result")} (${formatBytes(plan.bytes)}) of ${formatQuantity(plan.stages.length, "stage")}: ${names}${more}.`,
    "Code and input files are not touched. The stages must run again before their results can be used.",
  ].join("\n\n");
}
