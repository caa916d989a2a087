/** What the suites need of the editor and of the extension, in the words of a person who uses them. */
import assert from "node:assert/strict";
import * as path from "node:path";
import * as vscode from "vscode";
import { EXTENSION_ID } from "../../../../src/extension/contributions.js";
import type { RestageApi } from "../../../../src/extension/extension.js";
import type { RunSummary } from "../../../../src/protocol/events.js";
import type { StageStatus } from "../../../../src/protocol/status.js";

const PATIENCE_MS = 20_000;

/** The running extension, its first index done. */
export async function restage(): Promise<RestageApi> {
  const extension = vscode.extensions.getExtension<RestageApi>(EXTENSION_ID);
  assert.ok(extension, `${EXTENSION_ID} is not installed`);
  const api = await extension.activate();
  await api.whenIdle();
  return api;
}

export function inWorkspace(...parts: readonly string[]): string {
  const folder = vscode.workspace.workspaceFolders?.[0];
  assert.ok(folder, "no folder is open");
  return path.join(folder.uri.fsPath, ...parts);
}

export async function open(...parts: readonly string[]): Promise<vscode.TextEditor> {
  return vscode.window.showTextDocument(vscode.Uri.file(inWorkspace(...parts)));
}

/** Replaces `from` by `to` in an open document, as typing does, without saving. */
export async function type(editor: vscode.TextEditor, from: string, to: string): Promise<void> {
  const { document } = editor;
  const offset = document.getText().indexOf(from);
  assert.notEqual(offset, -1, `${from} is not in ${document.fileName}`);
  const range = new vscode.Range(document.positionAt(offset), document.positionAt(offset + from.length));
  assert.ok(await editor.edit((edit) => edit.replace(range, to)));
}

export function stage(api: RestageApi, name: string): StageStatus {
  const found = api.status().flatMap((project) => project.stages.filter((candidate) => candidate.name === name));
  assert.equal(found.length, 1, `one stage ${name}`);
  return found[0] as StageStatus;
}

/** `{ clean: "stale", … }`. */
export function states(api: RestageApi): { [name: string]: string } {
  return Object.fromEntries(api.status().flatMap((project) => project.stages.map(({ name, state }) => [name, state])));
}

/** What a command's argument, as a lens gives it, looks like. */
export function target(api: RestageApi, name: string): { root: string; stage: string } {
  const project = api.status().find((candidate) => candidate.stages.some((entry) => entry.name === name));
  assert.ok(project, `a project with a stage ${name}`);
  return { root: project.root, stage: stage(api, name).id };
}

export async function run(api: RestageApi, name: string): Promise<RunSummary> {
  const summary = await vscode.commands.executeCommand<RunSummary | null>("restage.run", target(api, name));
  assert.ok(summary, "the run did not start");
  return summary;
}

/** Waits until `read` gives `expected`, looking again at each status; says what it was when the time is up. */
export async function eventually<T>(
  api: RestageApi,
  read: (api: RestageApi) => T | Promise<T>,
  expected: T,
): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const changed = new Promise<void>((resolve) => {
      const subscription = api.onDidChangeStatus(() => done());
      const timer = setTimeout(() => done(), 500);
      const done = (): void => {
        subscription.dispose();
        clearTimeout(timer);
        resolve();
      };
    });
    const actual = await read(api);
    try {
      assert.deepEqual(actual, expected);
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await changed;
  }
}

/** The titles of the lenses above each stage of a file, by the name on their line. */
export async function lenses(...parts: readonly string[]): Promise<{ [name: string]: readonly string[] }> {
  const uri = vscode.Uri.file(inWorkspace(...parts));
  const document = await vscode.workspace.openTextDocument(uri);
  const found = await vscode.commands.executeCommand<readonly vscode.CodeLens[]>("vscode.executeCodeLensProvider", uri);
  const byName: { [name: string]: string[] } = {};
  for (const lens of found) {
    const name = /export const (\w+) = stage/.exec(document.lineAt(lens.range.start.line).text)?.[1] ?? "";
    const title = lens.command?.title ?? "";
    if (title.includes("reference")) continue;
    (byName[name] ??= []).push(title.replace(/\$\([^)]*\)\s/g, ""));
  }
  return byName;
}

/** The state lens of each stage, numbers of time and size left out. */
export async function stateLenses(...parts: readonly string[]): Promise<{ [name: string]: string }> {
  const all = await lenses(...parts);
  return Object.fromEntries(
    Object.entries(all).map(([name, [state = ""]]) => [name, state.replace(/ · [\d.]+ [KMG]?B · .*$/, "")]),
  );
}
