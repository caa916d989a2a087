/**
 * Lenses over the stages of open documents. They come from the status model and from nowhere else, so providing them
 * costs nothing and never waits; the change event fires only when a lens says something else or stands elsewhere.
 */
import * as vscode from "vscode";
import { COMMANDS, LANGUAGES, SETTINGS } from "./contributions.js";
import { DisposableStore } from "./disposable-store.js";
import { LensPositions, type TextSource } from "./lens-positions.js";
import { lensesOf, type LensAction, type LensText } from "./lens-text.js";
import { type StageInProject, type StatusModel, upstreamToRun } from "./status-model.js";

export class StageLenses implements vscode.CodeLensProvider, vscode.Disposable {
  readonly #model: StatusModel;
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new vscode.EventEmitter<void>());
  readonly #positions = new Map<string, LensPositions>();
  #shown = "";

  readonly onDidChangeCodeLenses = this.#changed.event;

  constructor(model: StatusModel) {
    this.#model = model;
    for (const document of vscode.workspace.textDocuments) this.#open(document);
    this.#store.add(model.onDidChange(() => this.#statusChanged()));
    this.#store.add(vscode.workspace.onDidOpenTextDocument((document) => this.#open(document)));
    this.#store.add(vscode.workspace.onDidCloseTextDocument((d) => void this.#positions.delete(d.uri.toString())));
    this.#store.add(vscode.workspace.onDidChangeTextDocument((event) => this.#edited(event)));
    this.#store.add(vscode.workspace.onDidSaveTextDocument((d) => this.#positions.get(d.uri.toString())?.saved()));
    this.#store.add(
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration(SETTINGS.codeLens)) this.#changed.fire();
      }),
    );
    const selector = LANGUAGES.map((language) => ({ language, scheme: "file" }));
    this.#store.add(vscode.languages.registerCodeLensProvider(selector, this));
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    if (!vscode.workspace.getConfiguration().get<boolean>(SETTINGS.codeLens, true)) return [];
    const positions = this.#positions.get(document.uri.toString());
    return this.#model.stagesOfFile(document.uri.fsPath).flatMap((entry) => {
      const line = positions?.positionOf(entry.stage.id)?.line ?? entry.stage.nameRange.line - 1;
      const range = new vscode.Range(line, 0, line, 0);
      return textsOf(entry).map((text) => new vscode.CodeLens(range, commandOf(text, entry)));
    });
  }

  dispose(): void {
    this.#store.dispose();
  }

  #open(document: vscode.TextDocument): void {
    if (!isCode(document)) return;
    const positions = new LensPositions();
    this.#positions.set(document.uri.toString(), positions);
    this.#adopt(document, positions);
  }

  #edited(event: vscode.TextDocumentChangeEvent): void {
    const edits = event.contentChanges.map(({ range, text }) => ({
      start: { line: range.start.line, column: range.start.character },
      end: { line: range.end.line, column: range.end.character },
      text,
    }));
    this.#positions.get(event.document.uri.toString())?.edit(edits, !event.document.isDirty);
  }

  #statusChanged(): void {
    const shown: string[] = [];
    for (const document of vscode.workspace.textDocuments) {
      const positions = this.#positions.get(document.uri.toString());
      if (positions === undefined) continue;
      this.#adopt(document, positions);
      for (const entry of this.#model.stagesOfFile(document.uri.fsPath)) {
        const line = positions.positionOf(entry.stage.id)?.line ?? -1;
        shown.push(`${document.uri.toString()}:${line}:${JSON.stringify(textsOf(entry))}`);
      }
    }
    const signature = shown.join("\n");
    if (signature === this.#shown) return;
    this.#shown = signature;
    this.#changed.fire();
  }

  #adopt(document: vscode.TextDocument, positions: LensPositions): void {
    const text: TextSource = { lineCount: document.lineCount, lineAt: (line) => document.lineAt(line).text };
    positions.adopt(
      this.#model.stagesOfFile(document.uri.fsPath).map(({ stage }) => ({
        id: stage.id,
        name: stage.name,
        position: { line: stage.nameRange.line - 1, column: stage.nameRange.column - 1 },
        length: stage.nameRange.endColumn - stage.nameRange.column,
      })),
      text,
    );
  }
}

function textsOf({ project, stage }: StageInProject): readonly LensText[] {
  return lensesOf(stage, upstreamToRun(project, stage.id).length);
}

function isCode(document: vscode.TextDocument): boolean {
  return document.uri.scheme === "file" && LANGUAGES.some((language) => language === document.languageId);
}

const ACTION_COMMANDS: { readonly [action in LensAction]: string } = {
  run: COMMANDS.run,
  "run-again": COMMANDS.runForce,
  cancel: COMMANDS.cancel,
  preview: COMMANDS.preview,
  why: COMMANDS.why,
};

function commandOf(text: LensText, { project, stage }: StageInProject): vscode.Command {
  // An empty command is how the editor is told that a lens is words only.
  if (text.action === null) return { title: text.title, tooltip: text.tooltip, command: "" };
  return {
    title: text.title,
    tooltip: text.tooltip,
    command: ACTION_COMMANDS[text.action],
    arguments: [{ root: project.root, stage: stage.id }],
  };
}
