import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as vscode from "vscode";
import { EXTENSION_ID } from "../../../../src/extension/contributions.js";
import { eventually, inWorkspace, lenses, restage, run, states } from "../support/editor.js";

describe("a workspace without stages", () => {
  it("is known to have none, and nothing is written into it", async () => {
    const api = await restage();
    assert.deepEqual(
      api.status().flatMap(({ stages }) => stages),
      [],
    );
    assert.deepEqual(fs.readdirSync(inWorkspace()), ["README.md"]);
  });

  it("gets a first pipeline on request, that runs as it is", async () => {
    const api = await restage();
    await vscode.commands.executeCommand("restage.createPipeline");
    assert.equal(vscode.window.activeTextEditor?.document.fileName, inWorkspace("pipeline.ts"));
    await eventually(api, () => states(api), { orders: "new", large: "new", byCustomer: "new" });
    await run(api, "byCustomer");
    await eventually(api, () => states(api), { orders: "fresh", large: "fresh", byCustomer: "fresh" });
    assert.match((await lenses("pipeline.ts"))["byCustomer"]?.[0] ?? "", /^fresh · 3 rows · /);
  });

  it("never loses a file to it", async () => {
    const before = fs.readFileSync(inWorkspace("pipeline.ts"), "utf8");
    fs.appendFileSync(inWorkspace("pipeline.ts"), "// mine\n");
    await vscode.commands.executeCommand("restage.createPipeline");
    assert.equal(fs.readFileSync(inWorkspace("pipeline.ts"), "utf8"), `${before}// mine\n`);
    assert.equal(vscode.window.activeTextEditor?.document.fileName, inWorkspace("pipeline-2.ts"));
  });

  it("knows every command that the code registers", async () => {
    const manifest = vscode.extensions.getExtension(EXTENSION_ID)?.packageJSON as {
      contributes: { commands: readonly { command: string }[] };
    };
    const known = new Set(await vscode.commands.getCommands(true));
    assert.deepEqual(
      manifest.contributes.commands.filter(({ command }) => !known.has(command)),
      [],
    );
  });
});
