import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as vscode from "vscode";
import type { RestageApi } from "../../../../src/extension/extension.js";
import {
  eventually,
  inWorkspace,
  lenses,
  open,
  restage,
  run,
  stage,
  stateLenses,
  states,
  target,
  type,
} from "../support/editor.js";

const FILE = ["src", "pipeline.ts"] as const;

describe("stages in the editor", () => {
  let api: RestageApi;
  before(async () => {
    await open(...FILE);
    api = await restage();
  });
  const shown = (): Promise<{ [name: string]: string }> => stateLenses(...FILE);

  it("have lenses before anything ran, and before the library is installed (F83)", async () => {
    await eventually(api, () => lenses(...FILE), {
      orders: ["new", "Run"],
      large: ["new", "Run with 1 upstream"],
      total: ["new", "Run with 2 upstream"],
      regions: ["new", "Run"],
    });
    assert.equal(fs.existsSync(inWorkspace("node_modules")), false);
  });

  it("run from a lens's command, with what they need, and show what came out", async () => {
    const summary = await run(api, "total");
    assert.deepEqual(
      summary.outcomes.map(({ stage, outcome }) => [stage, outcome.outcome]),
      [
        ["src/pipeline.ts#orders", "ran"],
        ["src/pipeline.ts#large", "ran"],
        ["src/pipeline.ts#total", "ran"],
      ],
    );
    assert.equal(summary.ok, true);
    await vscode.commands.executeCommand("restage.runAllStale");
    await eventually(api, shown, {
      orders: "fresh · 3 rows",
      large: "fresh · 2 rows",
      total: "fresh · json",
      regions: "fresh · 2 rows",
    });
    assert.deepEqual((await lenses(...FILE))["large"]?.slice(1), ["Run Again", "Preview"]);
  });

  it("flip, exactly those that use it, when a helper in another file is saved; and back without a run when it is undone (F14)", async () => {
    const before = api.lastRun();
    const editor = await open("src", "lib.ts");
    await type(editor, "name.trim()", "name.trim().toUpperCase()");
    await editor.document.save();
    await eventually(api, states, { orders: "stale", large: "blocked", total: "blocked", regions: "fresh" });
    await eventually(api, shown, {
      orders: "stale: clean() changed",
      large: "blocked: orders: clean() changed",
      total: "blocked: upstream orders: clean() changed",
      regions: "fresh · 2 rows",
    });
    await vscode.commands.executeCommand("undo");
    await editor.document.save();
    await eventually(api, shown, {
      orders: "fresh · 3 rows",
      large: "fresh · 2 rows",
      total: "fresh · json",
      regions: "fresh · 2 rows",
    });
    assert.equal(api.lastRun(), before, "nothing ran");
  });

  it("stay as they are when a comment or a type is saved (P13, P14)", async () => {
    const editor = await open("src", "lib.ts");
    await type(editor, "/** Names come in", "/** All names come in");
    await type(editor, "readonly id: number;", "readonly id: number | string;");
    await editor.document.save();
    await api.whenIdle();
    assert.deepEqual(states(api), { orders: "fresh", large: "fresh", total: "fresh", regions: "fresh" });
  });

  it("flip when an input file changes on disk, outside of the editor, and back when its content is back", async () => {
    const data = inWorkspace("data", "orders.csv");
    const was = fs.readFileSync(data);
    fs.appendFileSync(data, "4,Barbara,500\n");
    await eventually(api, async () => (await shown())["orders"], "stale: data/orders.csv changed");
    assert.deepEqual(states(api), { orders: "stale", large: "blocked", total: "blocked", regions: "fresh" });
    fs.writeFileSync(data, was);
    await eventually(api, states, { orders: "fresh", large: "fresh", total: "fresh", regions: "fresh" });
  });

  it("keep their lenses on their lines while a person types above them, before any save (F85, P50)", async () => {
    const editor = await open(...FILE);
    const before = await lenses(...FILE);
    await type(editor, "export const orders", "// one\n// two\n\nexport const orders");
    // `lenses` goes by the names on the lenses' lines: a lens that lagged behind would be under another name.
    assert.deepEqual(await lenses(...FILE), before);
    await vscode.commands.executeCommand("undo");
    await editor.document.save();
  });

  it("keep their lenses while the file is half-typed, and are never called fresh then (P17)", async () => {
    const editor = await open(...FILE);
    const before = Object.keys(await lenses(...FILE));
    await type(editor, "export const regions = stage({}, () => [", "export const regions = stage({}, () => [ {");
    await editor.document.save();
    await eventually(api, states, { orders: "unknown", large: "unknown", total: "unknown", regions: "unknown" });
    assert.deepEqual(Object.keys(await lenses(...FILE)), before);
    const errors = vscode.languages.getDiagnostics(editor.document.uri).filter(({ source }) => source === "restage");
    assert.deepEqual(
      errors.map(({ code }) => code),
      ["syntax-error"],
    );
    await vscode.commands.executeCommand("undo");
    await editor.document.save();
    await eventually(api, states, { orders: "fresh", large: "fresh", total: "fresh", regions: "fresh" });
  });

  it("are shown in a panel of their own", async () => {
    await vscode.commands.executeCommand("restage.preview", {
      root: api.status()[0]?.root,
      stage: "src/pipeline.ts#large",
    });
    const labels = (): readonly string[] =>
      vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs.map(({ label }) => label));
    await eventually(api, () => labels().includes("Preview: large"), true);
  });

  it("save unsaved edits of the project before they run, so that the result is of the code that is seen", async () => {
    const editor = await open(...FILE);
    await type(editor, 'param("min", 100)', 'param("min", 200)');
    await run(api, "large");
    assert.equal(editor.document.isDirty, false);
    await eventually(api, async () => (await shown())["large"], "fresh · 1 row");
  });

  it("run with “Run All Stale” when the only edit is not saved yet", async () => {
    await vscode.commands.executeCommand("restage.runAllStale");
    await eventually(api, states, { orders: "fresh", large: "fresh", total: "fresh", regions: "fresh" });
    const editor = await open(...FILE);
    await type(editor, 'param("min", 200)', 'param("min", 201)');
    const before = api.lastRun();
    await vscode.commands.executeCommand("restage.runAllStale");
    assert.equal(editor.document.isDirty, false);
    assert.notEqual(api.lastRun(), before);
    await eventually(api, states, { orders: "fresh", large: "fresh", total: "fresh", regions: "fresh" });
  });

  it("are checked for determinism, invalidated, and run without the heavy ones by their commands (F30, F32, F46)", async () => {
    await vscode.commands.executeCommand("restage.check", target(api, "regions"));
    await eventually(api, () => stage(api, "regions").checked?.same, true);
    await vscode.commands.executeCommand("restage.invalidate", target(api, "regions"));
    await eventually(api, async () => (await shown())["regions"], "stale: its result is not trusted any more");
    await vscode.commands.executeCommand("restage.runLight");
    await eventually(api, () => states(api)["regions"], "fresh");
  });

  it("refuse arguments that name no stage", async () => {
    const result: unknown = await vscode.commands.executeCommand("restage.run", { root: "/", stage: "../x" });
    assert.equal(result, null);
  });
});
