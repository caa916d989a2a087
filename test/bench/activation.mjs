// How much the packaged extension adds to the start of the editor, as the editor itself measures it.
import assert from "node:assert/strict";
import * as path from "node:path";
import { test } from "node:test";
import { withWorkbench } from "./harness/workbench.mjs";

const LIMIT_MS = 150;
/** The list is sorted, slowest first, and has only the rows in view as elements. */
const TALL = { width: 1280, height: 3000 };

test(`activates in under ${LIMIT_MS} ms when packaged`, async (t) => {
  // The editor measures while it starts everything else: the best of a few starts says what is ours.
  const measured = [];
  while (measured.length < 4 && !measured.some((ms) => ms < LIMIT_MS)) {
    measured.push(await activationTime());
  }
  t.diagnostic(`activation: ${measured.join(", ")} ms`);
  assert.ok(Math.min(...measured) < LIMIT_MS, `${measured.join(", ")} ms: all over ${LIMIT_MS} ms`);
});

async function activationTime() {
  let text = "";
  await withWorkbench("activation", { folder: path.resolve("test/vscode/workspaces/shop"), size: TALL }, async (wb) => {
    await wb.openFile("src/pipeline.ts");
    await wb.page.locator(".contentWidgets .codelens-decoration").first().waitFor({ timeout: 60_000 });
    await wb.command("Developer: Show Running Extensions");
    const entry = wb.page.locator(".runtime-extensions-editor .monaco-list-row", { hasText: "Restage" });
    await entry.waitFor();
    text = (await entry.locator(".activation-time").textContent()) ?? "";
    await wb.shot("activation");
  });
  return Number(/([\d,.]+)\s*ms/.exec(text)?.[1]?.replaceAll(",", ""));
}
