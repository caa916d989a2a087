/** Trust given or withdrawn by a click, which asks first because nothing can check it. */
import * as vscode from "vscode";
import { describeAcceptance, describeReason } from "../core/describe.js";
import type { EngineClient } from "./engine-client.js";
import { notificationText } from "./notification-text.js";
import type { StageInProject } from "./status-model.js";

const ACCEPT = "Accept";
const UNDO = "Undo";

/** Takes the last result for true, in spite of what changed; the message that says so can take it back. */
export async function acceptStage(client: EngineClient, { project, stage }: StageInProject): Promise<void> {
  const detail = [
    ...stage.reasons.map((reason) => `• ${describeReason(reason)}`),
    "",
    "Its last result will be shown as fresh (accepted), and stages that use it follow. Nothing checks that it is true.",
  ].join("\n");
  const question = `Accept the last result of ${stage.name} without running it?`;
  const choice = await vscode.window.showWarningMessage(question, { modal: true, detail }, ACCEPT);
  if (choice !== ACCEPT) return;
  const target = { root: project.root, stages: [stage.id] };
  const [result] = (await client.call("accept", { ...target, undo: false })).results;
  if (result === undefined) return;
  const text = notificationText(describeAcceptance(result.stage, result.outcome));
  if (result.outcome.outcome !== "accepted") {
    void vscode.window.showWarningMessage(text);
    return;
  }
  void vscode.window.showInformationMessage(text, UNDO).then(async (picked) => {
    if (picked === UNDO) await client.call("accept", { ...target, undo: true });
  });
}

/** Trusts the results of a stage no more. */
export async function invalidateStage(client: EngineClient, { project, stage }: StageInProject): Promise<void> {
  await client.call("invalidate", { root: project.root, stages: [stage.id] });
  vscode.window.setStatusBarMessage(`$(warning) Restage: results of ${stage.name} are not trusted any more`, 5000);
}
