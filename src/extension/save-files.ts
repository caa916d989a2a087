/** Runs use the text on disk, so unsaved edits of the projects that run are saved first. */
import * as path from "node:path";
import * as vscode from "vscode";
import { notificationText } from "./notification-text.js";
import { isInside } from "./watched-paths.js";

/** Saves the projects' files that have unsaved edits. `false`, with a message, when one of them could not be saved. */
export async function saveProjects(roots: readonly string[]): Promise<boolean> {
  const dirty = vscode.workspace.textDocuments.filter(
    ({ isDirty, uri }) => isDirty && uri.scheme === "file" && roots.some((root) => isInside(uri.fsPath, root)),
  );
  await Promise.all(dirty.map((document) => document.save()));
  // Not what `save` answers: it is `false` also for a file that the editor saved by itself just before.
  const unsaved = dirty.filter((document) => document.isDirty && !document.isClosed);
  if (unsaved.length === 0) return true;
  const names = unsaved.map(({ uri }) => path.basename(uri.fsPath)).join(", ");
  const text = `Restage did not run, because stages run from the files on disk and these could not be saved: ${names}. Save them, then run again.`;
  void vscode.window.showErrorMessage(notificationText(text));
  return false;
}
