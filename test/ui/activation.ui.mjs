// How much the packaged extension adds to the start of the editor, as the editor itself measures it.
import assert from "node:assert/strict";
import * as path from "node:path";
import { test } from "node:test";
import { withWorkbench } from "./harness/workbench.mjs";

const LIMIT_MS = 150;

test(`activates in under ${LIMIT_MS} ms when packaged`, async (t) => {
  const folder = path.resolve("test/vscode/workspaces/shop");
  await withWorkbench("activation", { folder }, async (wb) => {
    await wb.openFile("src/pipeline.ts");
    await wb.page.locator(".contentWidgets .codelens-decoration").first().waitFor({ timeout: 60_000 });
    await wb.command("Developer: Show Running Extensions");
    const entry = wb.page.locator(".runtime-extensions-editor .monaco-list-row", { hasText: "Restage" });
    await entry.waitFor();
    const text = (await entry.locator(".activation-time").textContent()) ?? "";
    const ms = Number(/([\d,.]+)\s*ms/.exec(text)?.[1]?.replaceAll(",", ""));
    t.diagnostic(`activation: ${text}`);
    await wb.shot("activation");
    assert.ok(ms < LIMIT_MS, `${text} is over ${LIMIT_MS} ms`);
  });
});
