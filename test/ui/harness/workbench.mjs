// Drives the real workbench with Playwright, in terms of what a person sees. Started by test/tools/run-ui.mjs, which
// says by environment variables which package, which host, and where screenshots go.
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import {
  createProfile,
  installExtension,
  removeProfile,
  startBrowser,
  startServer,
  workbenchUrl,
} from "../../tools/host/host.mjs";

/**
 * Opens a workbench with the packaged extension on a copy of `folder`.
 *
 * `restricted`: Workspace Trust is on, so the folder opens in Restricted Mode (otherwise everything is trusted).
 * `settings`: user settings. `size`: of the window. `install`: `false` for a workbench without the extension.
 */
export async function openWorkbench({
  folder,
  restricted = false,
  settings = {},
  size = { width: 1280, height: 800 },
  install = true,
  env = {},
}) {
  const profile = createProfile({ "security.workspace.trust.startupPrompt": "never", ...settings });
  const opened = { server: null, browser: null };
  const close = async () => {
    await opened.browser?.close().catch(() => {});
    await opened.server?.stop();
    removeProfile(profile);
    fs.rmSync(path.dirname(copy), { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  };
  const copy = copyFolder(folder);
  try {
    if (install) {
      installExtension(profile, packagedExtension());
    }
    const args = restricted ? [] : ["--disable-workspace-trust"];
    opened.server = await startServer(profile, { args, env });
    opened.browser = await startBrowser();
    const context = await opened.browser.newContext({ viewport: size });
    const page = await context.newPage();
    const messages = [];
    page.on("console", (message) => {
      // The server's own optional native parts are not built; every window says so several times.
      if (!/Could not locate the bindings file|open-vsx|watchdog/.test(message.text())) {
        messages.push(`${message.type()} ${message.text()}`);
      }
    });
    await page.goto(workbenchUrl(opened.server, copy));
    await page.locator(".monaco-workbench").waitFor({ timeout: 60_000 });
    return { ...actions(page), page, context, messages, folder: copy, profile, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Runs `steps` in a workbench and closes it whatever happens. When a step fails, a screenshot named `FAILED-<name>` and
 * the last messages of the page say what was there.
 */
export async function withWorkbench(name, options, steps) {
  const workbench = await openWorkbench(options);
  try {
    await steps(workbench);
  } catch (error) {
    await workbench.shot(`FAILED-${name}`).catch(() => {});
    console.error(workbench.messages.slice(-20).join("\n"));
    throw error;
  } finally {
    await workbench.close();
  }
}

function actions(page) {
  return {
    /** The command palette, the command's name, Enter. */
    async command(name) {
      await page.keyboard.press("F1");
      const input = page.locator(".quick-input-widget input[type=text], .quick-input-widget input.input").first();
      await input.waitFor();
      await input.fill(`>${name}`);
      const row = page.locator(".quick-input-list .monaco-list-row", { hasText: name }).first();
      await row.waitFor();
      await row.click();
    },
    /** Opens a file by its path relative to the folder, as Go to File does. */
    async openFile(file) {
      await page.locator(".explorer-folders-view .monaco-list-row").first().waitFor({ timeout: 60_000 });
      await page.keyboard.press("Control+P");
      const input = page.locator(".quick-input-widget input").first();
      await input.waitFor();
      await input.fill(file);
      const row = page.locator(".quick-input-list .monaco-list-row", { hasText: path.basename(file) }).first();
      await row.waitFor();
      await row.click();
      await page.locator(".tab", { hasText: path.basename(file) }).waitFor();
      await page.locator(".editor-instance .view-line").first().waitFor();
    },
    codeLens(text) {
      return page.locator(".contentWidgets .codelens-decoration a", { hasText: text });
    },
    /** A row of a tree view, once its container is open. */
    treeRow(view, text) {
      return page.locator(`.pane:has(.pane-header[aria-label*="${view}"]) .monaco-list-row`, { hasText: text });
    },
    /** Opens a container of the activity bar by its title. The whole item is clicked: a badge may lie over its icon. */
    async openContainer(title) {
      await page.locator(`.activitybar .action-item:has(a.action-label[aria-label^="${title}"])`).click();
    },
    /** The frame inside a webview: two iframes deep. */
    webview() {
      return page.frameLocator("iframe.webview").frameLocator("iframe#active-frame");
    },
    toast(text) {
      return page.locator(".notification-toast", { hasText: text });
    },
    dialog() {
      return page.locator(".monaco-dialog-box");
    },
    statusBar(text) {
      return page.locator(".statusbar-item", { hasText: text });
    },
    async shot(name) {
      const folder = process.env.RESTAGE_SHOTS ?? "out/shots";
      fs.mkdirSync(folder, { recursive: true });
      await page.screenshot({ path: path.join(folder, `${name}.png`) });
    },
  };
}

function packagedExtension() {
  const vsix = process.env.RESTAGE_VSIX;
  if (vsix === undefined) {
    throw new Error("RESTAGE_VSIX is not set: start the UI tests with test/tools/run-ui.mjs");
  }
  return vsix;
}

/** A copy, so that steps may edit it, without caches, which a fresh clone does not have. */
function copyFolder(folder) {
  const base = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "restage-ui-")));
  const copy = path.join(base, path.basename(folder));
  const filter = (source) => ![".restage", "node_modules"].includes(path.basename(source));
  fs.cpSync(folder, copy, { recursive: true, filter });
  return copy;
}
