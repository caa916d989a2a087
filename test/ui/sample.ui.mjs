// The sample as a newcomer opens it: real data, run from the editor, looked at.
import { execFileSync } from "node:child_process";
import * as path from "node:path";
import { test } from "node:test";
import { withWorkbench } from "./harness/workbench.mjs";

test("the sample runs from the editor and shows its rows", async () => {
  execFileSync(process.execPath, [path.resolve("samples/setup.mjs")]);
  const settings = { "workbench.colorTheme": "Default Dark Modern" };
  const size = { width: 1440, height: 900 };
  await withWorkbench("sample", { folder: path.resolve("samples/flights"), settings, size }, async (wb) => {
    await wb.openFile("src/routes.ts");
    const lens = (text) => wb.page.locator(".contentWidgets .codelens-decoration", { hasText: text });
    await lens("new").first().waitFor({ timeout: 60_000 });
    await wb.openContainer("Restage");
    await wb.command("Restage: Run All Stale");
    await wb.statusBar("Restage: fresh").waitFor({ timeout: 120_000 });
    await lens("fresh · 20,000 rows").first().waitFor();
    const row = wb.treeRow("Checkpoints", "topRoutes").first();
    await row.hover();
    await row.locator('.action-label[aria-label^="Preview"]').click();
    await wb.webview().getByRole("columnheader", { name: "medianDelay" }).waitFor({ timeout: 30_000 });
    await wb.shot("sample");
  });
});
