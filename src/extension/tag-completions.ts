/** Completions for the tags of `@stage` comments. Nothing is parsed: text around the cursor, and stages from the status model. */
import * as path from "node:path";
import * as vscode from "vscode";
import {
  completeTags,
  importedNames,
  type TagCompletion,
  type TagCompletions,
} from "../core/plain-form/complete-tags.js";
import { LANGUAGES } from "./contributions.js";
import type { StatusModel } from "./status-model.js";

const TRIGGERS = ["@", " ", ":", "/", ".", '"'];
/** Comments and heads of functions are short; a key in a huge file must cost no more than in a small one. */
const LINES_AROUND = 200;
const MOST_FILES = 500;

export class TagCompletionProvider implements vscode.CompletionItemProvider, vscode.Disposable {
  readonly #model: StatusModel;
  readonly #registration: vscode.Disposable;

  constructor(model: StatusModel) {
    this.#model = model;
    const selector = LANGUAGES.map((language) => ({ language, scheme: "file" }));
    this.#registration = vscode.languages.registerCompletionItemProvider(selector, this, ...TRIGGERS);
  }

  dispose(): void {
    this.#registration.dispose();
  }

  async provideCompletionItems(
    document: vscode.TextDocument,
    position: vscode.Position,
  ): Promise<vscode.CompletionItem[]> {
    const first = new vscode.Position(Math.max(0, position.line - LINES_AROUND), 0);
    const last = new vscode.Position(position.line + LINES_AROUND, 0);
    const before = document.getText(new vscode.Range(first, position));
    if (!before.includes("/**")) return [];
    const after = document.getText(new vscode.Range(position, last));
    const found = completeTags({ before, after, stages: this.#stagesIn(document) });
    if (found === null) return [];
    const range = new vscode.Range(position.translate(0, -found.replaces), position);
    if (found.path !== null) return this.#files(document, found.path, range);
    return found.items.map((item, index) => toItem(item, index, range));
  }

  #stagesIn(document: vscode.TextDocument): readonly string[] {
    const own = this.#model.stagesOfFile(document.uri.fsPath).map(({ stage }) => stage.name);
    const all = new Set(this.#model.stages().map(({ stage }) => stage.name));
    return [...new Set([...own, ...importedNames(document.getText(), all)])].filter((name) => name !== "default");
  }

  /** Files of the project by the path that the tag has for them, and the folders on the way. */
  async #files(
    document: vscode.TextDocument,
    asked: NonNullable<TagCompletions["path"]>,
    range: vscode.Range,
  ): Promise<vscode.CompletionItem[]> {
    const root = this.#rootOf(document);
    if (root === null) return [];
    const folder = asked.typed.slice(0, asked.typed.lastIndexOf("/") + 1);
    const pattern = new vscode.RelativePattern(vscode.Uri.file(path.join(root, folder)), "**/*");
    const hidden = "**/{node_modules,.git,.restage}/**";
    const uris = /[*?{]/.test(folder) ? [] : await vscode.workspace.findFiles(pattern, hidden, MOST_FILES);
    const names = uris.map((uri) => path.relative(root, uri.fsPath).split(path.sep).join("/")).sort();
    const patterns = asked.glob
      ? [
          ...new Set(
            names.map((name) => `${path.posix.dirname(name)}/*${path.posix.extname(name)}`.replace(/^\.\//, "")),
          ),
        ]
      : [];
    return [...patterns, ...names].map((name, index) => {
      const item = new vscode.CompletionItem(name, vscode.CompletionItemKind.File);
      item.range = range;
      item.sortText = String(index).padStart(5, "0");
      return item;
    });
  }

  #rootOf(document: vscode.TextDocument): string | null {
    const file = document.uri.fsPath;
    const roots = this.#model
      .projects()
      .map(({ root }) => root)
      .filter((root) => file.startsWith(`${root}${path.sep}`));
    const nearest = roots.sort((a, b) => b.length - a.length)[0];
    return nearest ?? vscode.workspace.getWorkspaceFolder(document.uri)?.uri.fsPath ?? null;
  }
}

const KINDS: { readonly [kind in TagCompletion["kind"]]: vscode.CompletionItemKind } = {
  tag: vscode.CompletionItemKind.Keyword,
  parameter: vscode.CompletionItemKind.Variable,
  source: vscode.CompletionItemKind.Keyword,
  stage: vscode.CompletionItemKind.Function,
  view: vscode.CompletionItemKind.Method,
  option: vscode.CompletionItemKind.Property,
  value: vscode.CompletionItemKind.Value,
};

function toItem(
  { label, insert, detail, kind }: TagCompletion,
  index: number,
  range: vscode.Range,
): vscode.CompletionItem {
  const item = new vscode.CompletionItem(label, KINDS[kind]);
  item.insertText = new vscode.SnippetString(insert.replace(/[}\\]/g, "\\$&"));
  item.detail = detail;
  item.range = range;
  item.filterText = label;
  item.sortText = String(index).padStart(5, "0");
  // What comes next has completions of its own.
  if (insert.endsWith("$0")) item.command = { command: "editor.action.triggerSuggest", title: "" };
  return item;
}
