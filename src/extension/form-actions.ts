/** Code actions that rewrite a stage from one form to the other. The engine reads the text; the host only applies edits. */
import * as vscode from "vscode";
import type { FormChange } from "../protocol/form-change.js";
import { LANGUAGES } from "./contributions.js";
import { EngineStoppedError, type EngineClient } from "./engine-client.js";
import type { StageInProject, StatusModel } from "./status-model.js";

const KIND = vscode.CodeActionKind.RefactorRewrite.append("stage");

export class FormActions implements vscode.CodeActionProvider, vscode.Disposable {
  readonly #client: EngineClient;
  readonly #model: StatusModel;
  readonly #registration: vscode.Disposable;

  constructor(client: EngineClient, model: StatusModel) {
    this.#client = client;
    this.#model = model;
    const selector = LANGUAGES.map((language) => ({ language, scheme: "file" }));
    this.#registration = vscode.languages.registerCodeActionsProvider(selector, this, {
      providedCodeActionKinds: [KIND],
    });
  }

  dispose(): void {
    this.#registration.dispose();
  }

  async provideCodeActions(
    document: vscode.TextDocument,
    range: vscode.Range,
    context: vscode.CodeActionContext,
  ): Promise<vscode.CodeAction[]> {
    // Only at the head of a stage and when asked: a cursor that wanders through a file must cost the engine nothing.
    const asked = context.only ?? vscode.CodeActionKind.Empty;
    if (!asked.contains(KIND)) return [];
    const entry = this.#stageAt(document, range.start.line);
    if (entry === null) return [];
    const { version } = document;
    const text = document.getText();
    const change = await this.#ask(entry, text);
    return change === null || document.version !== version ? [] : [actionOf(document, entry, change)];
  }

  async #ask({ project, stage }: StageInProject, text: string): Promise<FormChange | null> {
    try {
      return await this.#client.call("changeForm", { root: project.root, stage: stage.id, text });
    } catch (error) {
      if (error instanceof EngineStoppedError) return null;
      throw error;
    }
  }

  /** The stage on whose name, first line or comment the cursor is. */
  #stageAt(document: vscode.TextDocument, line: number): StageInProject | null {
    for (const entry of this.#model.stagesOfFile(document.uri.fsPath)) {
      const first = entry.stage.range.line - 1;
      if (line >= first && line <= entry.stage.nameRange.line - 1) return entry;
      if (line < first && isComment(document, line, first)) return entry;
    }
    return null;
  }
}

function isComment(document: vscode.TextDocument, from: number, to: number): boolean {
  for (let line = from; line < to; line++) {
    if (line >= document.lineCount || !/^\s*(?:\/\*|\*)/.test(document.lineAt(line).text)) return false;
  }
  return true;
}

function actionOf(document: vscode.TextDocument, { stage }: StageInProject, change: FormChange): vscode.CodeAction {
  const title =
    change.to === "plain" ? `Write “${stage.name}” as a Function with @stage` : `Write “${stage.name}” as stage(…)`;
  const action = new vscode.CodeAction(title, KIND);
  if (change.is === "refused") {
    action.disabled = { reason: change.why };
    return action;
  }
  action.edit = new vscode.WorkspaceEdit();
  for (const { start, end, text } of change.edits) {
    const range = new vscode.Range(document.positionAt(start), document.positionAt(end));
    action.edit.replace(document.uri, range, text);
  }
  return action;
}
