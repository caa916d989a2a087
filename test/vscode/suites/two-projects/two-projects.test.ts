import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as vscode from "vscode";
import { eventually, inWorkspace, open, restage, states, type } from "../support/editor.js";

describe("two projects in one workspace", () => {
  it("are each a project, with a cache of its own", async () => {
    await open("one", "a.ts");
    const api = await restage();
    await eventually(api, () => api.status().map(({ root, stages }) => [root, stages.map(({ id }) => id)]), [
      [inWorkspace("one"), ["a.ts#first"]],
      [inWorkspace("two"), ["a.ts#second"]],
    ]);
    await vscode.commands.executeCommand("restage.runAllStale");
    await eventually(api, () => states(api), { first: "fresh", second: "fresh" });
    assert.deepEqual(
      ["one", "two"].map((name) => fs.existsSync(inWorkspace(name, ".restage"))),
      [true, true],
    );
  });

  it("change apart: a file that one of them uses, outside of both, makes only that one stale", async () => {
    const api = await restage();
    const editor = await open("shared.ts");
    await type(editor, "10", "11");
    await editor.document.save();
    await eventually(api, () => states(api), { first: "stale", second: "fresh" });
  });
});
