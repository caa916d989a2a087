import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as vscode from "vscode";
import { eventually, inWorkspace, lenses, open, restage, target } from "../support/editor.js";

describe("Restricted Mode (security row 1)", () => {
  it("finds stages and shows their states", async () => {
    assert.equal(vscode.workspace.isTrusted, false);
    await open("pipeline.ts");
    const api = await restage();
    await eventually(api, () => lenses("pipeline.ts"), { orders: ["new", "Run"] });
  });

  it("runs nothing, whichever command asks", async () => {
    const api = await restage();
    const orders = target(api, "orders");
    for (const command of ["run", "runForce", "runDownstream", "runAllStale"]) {
      const result: unknown = await vscode.commands.executeCommand(`restage.${command}`, orders);
      assert.ok(result === null || result === undefined, command);
    }
    assert.equal(api.lastRun(), null);
    assert.equal(fs.existsSync(inWorkspace("ran.txt")), false);
    assert.equal(fs.existsSync(inWorkspace(".restage")), false, "looking at a workspace writes nothing into it");
  });
});
