import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { RestageApi } from "../../../../src/extension/extension.js";
import { eventually, inWorkspace, open, restage, run, states, type } from "../support/editor.js";

const FILE = ["src", "pipeline.ts"] as const;

describe("stages in the plain form, in the editor", () => {
  let api: RestageApi;
  let editor: vscode.TextEditor;
  before(async () => {
    editor = await open(...FILE);
    api = await restage();
  });

  const positionOf = (text: string, offset = 0): vscode.Position => {
    const index = editor.document.getText().indexOf(text);
    assert.notEqual(index, -1, text);
    return editor.document.positionAt(index + offset);
  };

  async function titles(line: number): Promise<string[]> {
    const found = await vscode.commands.executeCommand<vscode.CodeLens[]>(
      "vscode.executeCodeLensProvider",
      editor.document.uri,
    );
    const here = found.filter((lens) => lens.range.start.line === line).map((lens) => lens.command?.title ?? "");
    return here.filter((title) => !title.includes("reference")).map((title) => title.replace(/\$\([^)]*\)\s/g, ""));
  }

  async function action(title: string, at: string): Promise<vscode.CodeAction> {
    const position = positionOf(at);
    const found = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      "vscode.executeCodeActionProvider",
      editor.document.uri,
      new vscode.Range(position, position),
      "refactor.rewrite.stage",
    );
    const chosen = found.find((candidate) => candidate.title === title);
    assert.ok(chosen, `${title} in ${found.map((candidate) => candidate.title).join(", ")}`);
    return chosen;
  }

  async function apply(title: string, at: string): Promise<void> {
    const { edit } = await action(title, at);
    assert.ok(edit);
    assert.ok(await vscode.workspace.applyEdit(edit));
    await editor.document.save();
    await api.whenIdle();
  }

  async function completions(after: string): Promise<string[]> {
    const found = await vscode.commands.executeCommand<vscode.CompletionList>(
      "vscode.executeCompletionItemProvider",
      editor.document.uri,
      positionOf(after, after.length),
    );
    return found.items.map((item) => (typeof item.label === "string" ? item.label : item.label.label));
  }

  it("have lenses, run, and are previewed as any other", async () => {
    const line = positionOf("export const large").line;
    await eventually(api, () => titles(line), ["new", "Run with 1 upstream"]);
    const summary = await run(api, "large");
    assert.equal(summary.ok, true, JSON.stringify(summary.outcomes));
    await eventually(api, states, { orders: "fresh", large: "fresh" });
    assert.deepEqual((await titles(line)).slice(1), ["Run Again", "Preview"]);
  });

  it("are rewritten as stage(…) and back, and stay fresh (nothing runs)", async () => {
    const before = api.lastRun();
    await apply("Write “orders” as stage(…)", "export function orders");
    assert.match(editor.document.getText(), /import \{ stage, file \} from "restage";/);
    assert.match(
      editor.document.getText(),
      /export const orders = stage\(\{ raw: file\("data\/orders.csv"\) \}, \(\{ raw \}/,
    );
    await eventually(api, states, { orders: "fresh", large: "fresh" });
    await apply("Write “large” as stage(…)", "export const large");
    await eventually(api, states, { orders: "fresh", large: "fresh" });
    await apply("Write “large” as a Function with @stage", "export const large");
    await apply("Write “orders” as a Function with @stage", "export const orders");
    assert.doesNotMatch(editor.document.getText(), /restage"/);
    await eventually(api, states, { orders: "fresh", large: "fresh" });
    assert.equal(api.lastRun(), before);
  });

  it("have completions for tags, parameters, sources, files, stages, options and values", async () => {
    const at = " * @param-input min 100";
    const offers = async (typed: string, label: string): Promise<void> => {
      await type(editor, at, ` * ${typed}`);
      assert.ok((await completions(` * ${typed}`)).includes(label), `${label} after ${typed}`);
      await vscode.commands.executeCommand("undo");
    };
    await offers("@inp", "@input");
    await offers("@input m", "min");
    await offers("@input min fi", "file:");
    await offers("@input min file:data/", "data/orders.csv");
    await offers("@input min stage:", "orders");
    await offers("@option ", "ttl");
    await offers("@option format ", "parquet");
  });

  it("have diagnostics at the very words that are wrong, and never run then", async () => {
    await type(editor, "@param-input min 100", "@param-input mni 100");
    await editor.document.save();
    const found = (): string[] =>
      vscode.languages
        .getDiagnostics(vscode.Uri.file(inWorkspace(...FILE)))
        .filter(({ source }) => source === "restage")
        .map(({ code, range }) => `${typeof code === "string" ? code : ""}: ${editor.document.getText(range)}`)
        .sort();
    await eventually(api, found, ["stage-tag: mni", "unknown-parameter: min"]);
    const refused = await action("Write “large” as stage(…)", "export const large").catch((error: unknown) => error);
    assert.ok(refused instanceof Error || (refused as vscode.CodeAction).disabled !== undefined);
    await type(editor, "@param-input mni 100", "@param-input min 100");
    await editor.document.save();
    await eventually(api, states, { orders: "fresh", large: "fresh" });
  });
});
