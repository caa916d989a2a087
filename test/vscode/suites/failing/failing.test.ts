import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { RestageApi } from "../../../../src/extension/extension.js";
import { eventually, open, restage, run, stage, stateLenses, states, type } from "../support/editor.js";

describe("a stage that fails", () => {
  let api: RestageApi;
  let editor: vscode.TextEditor;
  before(async () => {
    editor = await open("pipeline.ts");
    api = await restage();
    await run(api, "after");
    await eventually(api, states, { loud: "fresh", after: "fresh" });
    await type(editor, '{ name: "Grace" }', "{ name: null }");
    await editor.document.save();
    await run(api, "after");
  });
  const problems = (): readonly vscode.Diagnostic[] =>
    vscode.languages.getDiagnostics(editor.document.uri).filter(({ source }) => source === "restage");

  it("is failed, says why, and what depends on it is not run", async () => {
    await eventually(api, () => stage(api, "loud").state, "failed");
    assert.notEqual(stage(api, "after").state, "fresh");
    assert.deepEqual(
      api.lastRun()?.outcomes.map(({ stage: id, outcome }) => [id, outcome.outcome]),
      [
        ["pipeline.ts#loud", "failed"],
        ["pipeline.ts#after", "skipped"],
      ],
    );
    assert.equal((await stateLenses("pipeline.ts"))["loud"], "failed: TypeError: a person has no name");
  });

  it("has a diagnostic on the line of the user's TypeScript that threw", () => {
    assert.deepEqual(
      problems().map(({ message, range, code }) => [
        message,
        editor.document.lineAt(range.start.line).text.trim(),
        code,
      ]),
      [
        [
          "loud: TypeError: a person has no name",
          'if (person.name === null) throw new TypeError("a person has no name");',
          "stage-failed",
        ],
      ],
    );
  });

  it("keeps its older result, listed but not called fresh", () => {
    const loud = stage(api, "loud");
    assert.equal(loud.result, null);
    assert.equal(loud.lastResult?.rows, 2);
  });

  it("loses the diagnostic, and is fresh again without a run, when the edit is undone", async () => {
    const before = api.lastRun();
    await type(editor, "{ name: null }", '{ name: "Grace" }');
    await editor.document.save();
    await eventually(api, states, { loud: "fresh", after: "fresh" });
    assert.deepEqual(problems(), []);
    assert.equal(api.lastRun(), before);
  });
});
