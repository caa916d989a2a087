// What the packaged extension costs in a real editor: its activation, as the editor itself measures it, and the time from
// a save to the lens that says so. Printed, not asserted: a busy machine says nothing about the extension.
//
//   node test/bench/editor.mjs [--host 1.139|1.100] [--starts n]
import * as path from "node:path";
import { argumentsOf } from "../tools/results.mjs";
import { defaultHostVersion, root } from "../tools/host/paths.mjs";
import { packageExtension } from "../tools/package.mjs";

const options = argumentsOf(process.argv.slice(2), ["host", "starts"]);
process.env.VSCODE_HOST_VERSION = options.host ?? defaultHostVersion;
process.env.RESTAGE_VSIX ??= await packageExtension({ out: path.join(root, "out", "vsix"), quiet: true });
const { withWorkbench } = await import("../ui/harness/workbench.mjs");

/** The list of running extensions is sorted, slowest first, and has only the rows in view as elements. */
const TALL = { width: 1280, height: 3000 };
const SAVES = 9;
const activations = [];
const saves = [];

for (let start = 0; start < Number(options.starts ?? 5); start++) {
  await withWorkbench("bench", { folder: path.resolve("test/vscode/workspaces/shop"), size: TALL }, async (wb) => {
    await wb.openFile("src/pipeline.ts");
    const lens = (text) => wb.page.locator(".contentWidgets .codelens-decoration", { hasText: text }).first();
    await lens("new").waitFor({ timeout: 60_000 });
    if (start === 0) {
      await wb.command("Restage: Run All Stale");
      await lens("fresh").waitFor({ timeout: 60_000 });
      await measureSaves(wb, lens);
    }
    await wb.command("Developer: Show Running Extensions");
    const entry = wb.page.locator(".runtime-extensions-editor .monaco-list-row", { hasText: "Restage" });
    await entry.waitFor();
    const text = (await entry.locator(".activation-time").textContent()) ?? "";
    activations.push(Number(/([\d,.]+)\s*ms/.exec(text)?.[1]?.replaceAll(",", "")));
  });
}
console.log(`VS Code ${process.env.VSCODE_HOST_VERSION}`);
console.log(`activation (${activations.length} starts)        ${activations.join(", ")} ms`);
console.log(
  `save → lens in the window (${saves.length})   median ${median(saves).toFixed(0)} ms, least ${Math.min(...saves).toFixed(0)} ms`,
);

/** Types into the first stage's function and saves: its lens goes from fresh to stale, and back by undo. */
async function measureSaves(wb, lens) {
  const { page } = wb;
  for (let i = 0; i < SAVES; i++) {
    await page.locator(".view-line", { hasText: "readCsv(raw).map(clean)" }).first().click();
    await page.keyboard.press("End");
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.type(".slice(1)");
    const start = performance.now();
    await page.keyboard.press("Control+s");
    await lens("stale").waitFor({ timeout: 10_000 });
    saves.push(performance.now() - start);
    for (let key = 0; key < 12 && (await page.locator(".tab.active.dirty").count()) === 0; key++)
      await page.keyboard.press("Control+z");
    while ((await page.locator(".view-line", { hasText: ".slice(1)" }).count()) > 0)
      await page.keyboard.press("Control+z");
    await page.keyboard.press("Control+s");
    await lens("fresh · 344").waitFor({ timeout: 10_000 });
  }
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
