// A person's whole path, on the packaged extension: see stages, run them, look at rows, edit, undo, clear.
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { withWorkbench } from "./harness/workbench.mjs";

const folder = path.resolve("test/vscode/workspaces/shop");
const dark = { "workbench.colorTheme": "Default Dark Modern" };
const light = { "workbench.colorTheme": "Default Light Modern" };
const size = { width: 1440, height: 900 };
const file = "src/pipeline.ts";

test("lenses, tree, run, preview, why, clear: each seen", async () => {
  await withWorkbench("stages", { folder, settings: dark, size }, async (wb) => {
    await open(wb, file);
    const lens = (text) => wb.page.locator(".contentWidgets .codelens-decoration", { hasText: text });
    await lens("new").first().waitFor({ timeout: 60_000 });
    await wb.codeLens("Run with 2 upstream").first().waitFor();
    await openRestage(wb);
    const row = (text) => wb.treeRow("Checkpoints", text).first();
    await row("byCustomer").waitFor();
    await wb.page.locator(".activitybar .badge-content", { hasText: "5" }).waitFor();
    await wb.statusBar("Restage: 5 stale").waitFor();
    await wb.shot("1-new");

    await wb.codeLens("Run with 2 upstream").first().click();
    await lens("fresh · 8 rows").waitFor({ timeout: 60_000 });
    await row("events").hover();
    await row("events").locator('.action-label[aria-label^="Run Stage"]').click();
    await lens("fresh · 25,000 rows").waitFor({ timeout: 60_000 });
    await wb.command("Restage: Run All Stale");
    await wb.statusBar("Restage: fresh").waitFor({ timeout: 60_000 });
    await row("orders").locator(".monaco-tl-twistie").click();
    await row("Depends on").waitFor();
    await row("Versions").locator(".monaco-tl-twistie").click();
    await row("current").waitFor();
    await wb.shot("2-fresh");

    await row("events").hover();
    await row("events").locator('.action-label[aria-label^="Preview"]').click();
    const preview = wb.webview();
    await preview.getByRole("gridcell", { name: "2026-01-01" }).first().waitFor({ timeout: 30_000 });
    await preview.getByText("25,000 rows").waitFor();
    await wb.shot("3-preview");
    const cells = preview.locator('[role="row"]');
    assert.ok((await cells.count()) < 100, "only the rows in view are elements");
    assert.equal(await preview.locator("b").count(), 0, "text of the data never becomes markup");
    await preview.getByRole("grid").focus();
    await wb.page.keyboard.press("Control+End");
    await preview.getByRole("rowheader", { name: "25,000" }).waitFor();
    await preview.getByRole("gridcell", { name: "24999", exact: true }).waitFor();
    await wb.shot("4-preview-end");
    await wb.page.keyboard.press("Control+w");

    await edit(wb, "src/lib/clean.ts", "trim()", "trim().toUpperCase()");
    await open(wb, file);
    await lens("stale: clean() changed").waitFor();
    await lens("blocked: orders: clean() changed").waitFor();
    await wb.statusBar("Restage: 4 stale").waitFor();
    await wb.shot("5-stale");
    await wb.codeLens("Why").first().click();
    await wb.page.locator(".quick-input-list .monaco-list-row", { hasText: "clean" }).first().waitFor();
    await wb.shot("6-why");
    await wb.page.keyboard.press("Enter");
    await wb.page.locator(".monaco-diff-editor .view-line", { hasText: "toUpperCase" }).first().waitFor();
    await wb.shot("7-why-diff");

    await edit(wb, "src/lib/clean.ts", "trim().toUpperCase()", "trim()");
    await wb.statusBar("Restage: fresh").waitFor();

    await wb.command("Restage: Clear Cache");
    await wb.page.locator(".quick-input-list .monaco-list-row", { hasText: "All stages" }).first().click();
    const dialog = wb.dialog();
    await dialog.getByText(/Removes 5 stored results \([\d.]+ [KM]B\) of 5 stages/).waitFor();
    await wb.shot("8-clear");
    await dialog.getByRole("button", { name: "Clear", exact: true }).click();
    await wb.statusBar("Restage: 5 stale").waitFor();
  });
});

test("a light theme, a preview that follows its stage, and a failure", async () => {
  await withWorkbench("light", { folder, settings: light, size }, async (wb) => {
    await open(wb, file);
    const lens = (text) => wb.page.locator(".contentWidgets .codelens-decoration", { hasText: text });
    await lens("new").first().waitFor({ timeout: 60_000 });
    await openRestage(wb);
    await wb.command("Restage: Run All Stale");
    await wb.statusBar("Restage: fresh").waitFor({ timeout: 60_000 });
    const row = (text) => wb.treeRow("Checkpoints", text).first();
    await row("large").hover();
    await row("large").locator('.action-label[aria-label^="Preview"]').click();
    const preview = wb.webview();
    await preview.getByRole("columnheader", { name: "customer" }).waitFor({ timeout: 30_000 });
    await wb.shot("light-1-preview");

    await edit(wb, "src/lib/clean.ts", "trim()", "trim().toUpperCase()");
    await preview.getByText("Not current: blocked: orders: clean() changed").waitFor();
    await wb.shot("light-2-stale");
    await preview.getByRole("button", { name: "Run", exact: true }).click();
    await preview.getByRole("gridcell", { name: "ADA" }).first().waitFor({ timeout: 60_000 });

    await edit(wb, "src/lib/clean.ts", "trim().toUpperCase()", "trim().nothing()");
    await wb.command("Restage: Run All Stale");
    const toast = wb.toast("nothing is not a function");
    await toast.hover({ timeout: 60_000 });
    await wb.shot("light-3-failed");
    await toast.getByRole("button", { name: "Go to Error" }).click();
    await wb.page.locator(".tab.active", { hasText: "clean.ts" }).waitFor();
    await wb.page.locator(".squiggly-error").first().waitFor();
    await wb.command("Restage: Show Output");
    // Some test hosts write no log files, so what is in the channel is held by unit tests.
    await wb.page.locator(".part.panel .monaco-select-box, .part.panel select").first().waitFor();
    await wb.shot("light-4-output");
  });
});

test("a folder without stages, in Restricted Mode and then trusted: welcome, walkthrough, first pipeline", async () => {
  const empty = path.resolve("test/vscode/workspaces/empty");
  await withWorkbench("welcome", { folder: empty, restricted: true, settings: dark, size }, async (wb) => {
    await openRestage(wb);
    const pane = wb.page.locator(".pane:has(.pane-header[aria-label*='Checkpoints'])");
    await pane.getByText("No stages yet").waitFor({ timeout: 60_000 });
    await wb.shot("welcome-1");
    await pane.getByRole("button", { name: "Open Walkthrough" }).click();
    await wb.page.getByText("Get Started with Restage").first().waitFor();
    await wb.shot("welcome-2-walkthrough");
    await pane.getByRole("button", { name: "Create First Pipeline" }).click();
    await wb.page
      .locator(".contentWidgets .codelens-decoration", { hasText: "new" })
      .first()
      .waitFor({ timeout: 60_000 });
    await wb.codeLens("Run with 2 upstream").first().click();
    const toast = wb.toast("Restricted Mode");
    // Hovering waits until the toast has come to rest.
    await toast.hover();
    await wb.shot("welcome-3-restricted");
    await toast.getByRole("button", { name: "Manage Workspace Trust" }).click();
    const trust = wb.page.locator(".workspace-trust-editor").getByRole("button", { name: "Trust", exact: true });
    await trust.click();
    await wb.page.locator(".statusbar-item", { hasText: "Restricted Mode" }).waitFor({ state: "detached" });
    // Newer versions show the trust editor over the others.
    await wb.page.keyboard.press("Escape");
    await open(wb, "pipeline.ts");
    await wb.codeLens("Run with 2 upstream").first().click();
    await wb.page
      .locator(".contentWidgets .codelens-decoration", { hasText: "fresh · 3 rows" })
      .first()
      .waitFor({ timeout: 60_000 });
    await wb.shot("welcome-4-ran");
  });
});

/** The whole item, because the badge lies over its label. */
async function openRestage(wb) {
  await wb.page.locator('.activitybar .action-item:has(a.action-label[aria-label^="Restage"])').click();
}

/** Go to File, whatever container is open. */
async function open(wb, name) {
  await wb.page.locator(".monaco-workbench .part.editor").first().waitFor({ timeout: 60_000 });
  await wb.page.keyboard.press("Control+p");
  const input = wb.page.locator(".quick-input-widget input").first();
  await input.fill(name);
  const row = wb.page.locator(".quick-input-list .monaco-list-row", { hasText: path.basename(name) }).first();
  await row.click();
  await wb.page.locator(".tab.active", { hasText: path.basename(name) }).waitFor();
}

/** A change that comes from outside of the editor, as from git or another program. */
async function edit(wb, name, from, to) {
  const target = path.join(wb.folder, name);
  const text = fs.readFileSync(target, "utf8");
  assert.ok(text.includes(from), `${from} is in ${name}`);
  fs.writeFileSync(target, text.replace(from, to));
}
