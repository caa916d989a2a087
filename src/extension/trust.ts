/** Running code is for trusted workspaces. Each command that runs asks here, whatever its menu's `when` clause says. */
import * as vscode from "vscode";

const MANAGE = "Manage Workspace Trust";

/** Whether code may run; when not, says why and how to go on. */
export function mayRun(): boolean {
  if (vscode.workspace.isTrusted) return true;
  void vscode.window
    .showWarningMessage(
      "Restage does not run code in Restricted Mode. Stages and their states are shown; to run them, trust this workspace.",
      MANAGE,
    )
    .then((choice) => {
      if (choice === MANAGE) void vscode.commands.executeCommand("workbench.trust.manage");
    });
  return false;
}
