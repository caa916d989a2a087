// Starts a VS Code server on 127.0.0.1 and a headless Chromium that shows its workbench.
import { spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { chromium } from "playwright-core";
import { findChromium, hostPaths } from "./paths.mjs";

/** Settings that keep the workbench quiet and still, so that nothing covers or moves what a test looks at. */
const QUIET = {
  "telemetry.telemetryLevel": "off",
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "workbench.enableExperiments": false,
  "workbench.welcomePage.walkthroughs.openOnInstall": false,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "chat.disableAIFeatures": true,
  "chat.commandCenter.enabled": false,
  "extensions.autoUpdate": false,
  "extensions.autoCheckUpdates": false,
  "extensions.ignoreRecommendations": true,
  "update.mode": "none",
  "git.openRepositoryInParentFolders": "never",
  "typescript.disableAutomaticTypeAcquisition": true,
  "editor.minimap.enabled": false,
};

/**
 * A fresh profile: user data, extensions, and the settings above (those given win). Its path stays short, because the
 * sockets VS Code makes below it may not exceed 107 bytes.
 */
export function createProfile(settings = {}) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "restage-host-"));
  const profile = {
    folder,
    userData: path.join(folder, "user-data"),
    extensions: path.join(folder, "extensions"),
    temporary: path.join(folder, "t"),
  };
  fs.mkdirSync(path.join(profile.userData, "User"), { recursive: true });
  fs.mkdirSync(profile.extensions);
  fs.mkdirSync(profile.temporary, { mode: 0o700 });
  const text = JSON.stringify({ ...QUIET, ...settings }, null, 2);
  fs.writeFileSync(path.join(profile.userData, "User", "settings.json"), text);
  return profile;
}

export function removeProfile(profile) {
  // The server's children may still be closing files for a moment after it ended.
  fs.rmSync(profile.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}

function serverArguments(profile, more) {
  return [
    hostPaths().serverMain,
    ...["--server-data-dir", profile.folder],
    ...["--user-data-dir", profile.userData],
    ...["--extensions-dir", profile.extensions],
    ...["--accept-server-license-terms", "--telemetry-level", "off"],
    ...more,
  ];
}

export function installExtension(profile, vsix) {
  const args = serverArguments(profile, ["--install-extension", vsix]);
  const result = spawnSync(hostPaths().nodeBin, args, { encoding: "utf8" });
  if (result.status !== 0) {
    throw new Error(`Installing ${vsix} ended with ${result.status}:\n${result.stdout}${result.stderr}`);
  }
}

/** Starts the server on a free port of 127.0.0.1 with a random token. */
export async function startServer(profile, { env = {}, args = [], onOutput = () => {} } = {}) {
  const all = serverArguments(profile, [
    ...["--host", "127.0.0.1", "--port", "0"],
    // If this process is killed, the server leaves by itself: extension hosts are given up 20 s after their window
    // went (the default is three hours), and the server five minutes after the last one.
    ...["--reconnection-grace-time", "20", "--enable-remote-auto-shutdown"],
    ...args,
  ]);
  const child = spawn(hostPaths().nodeBin, all, {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
    env: {
      ...process.env,
      // The sockets and caches VS Code makes go into the profile and leave with it.
      TMPDIR: profile.temporary,
      XDG_RUNTIME_DIR: profile.temporary,
      XDG_CACHE_HOME: path.join(profile.folder, "cache"),
      ...env,
    },
  });
  const exited = new Promise((resolve) => child.once("exit", (code, signal) => resolve(code ?? signal)));
  const url = await listening(child, onOutput);
  url.hostname = "127.0.0.1";
  return {
    url,
    authority: `127.0.0.1:${url.port}`,
    exited,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill("SIGTERM");
        const timer = new Promise((resolve) => setTimeout(resolve, 3000).unref());
        await Promise.race([exited, timer]);
      }
      killGroup(child.pid);
    },
  };
}

function listening(child, onOutput) {
  return new Promise((resolve, reject) => {
    let text = "";
    const take = (data) => {
      text += String(data);
      onOutput(String(data));
      const match = /Web UI available at (http:\S+)/.exec(text);
      if (match !== null) {
        resolve(new URL(match[1]));
      }
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.once("error", reject);
    child.once("exit", (code) => {
      reject(new Error(`The VS Code server ended (${code}) before it listened:\n${text}`));
    });
  });
}

/** Ends a process group that was started with `detached`. */
export function killGroup(pid) {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // The whole group has already gone.
  }
}

export async function startBrowser() {
  const executablePath = findChromium();
  if (executablePath === null) {
    throw new Error("No Chromium or Chrome found. Run `node test/tools/setup.mjs`, or set CHROMIUM to its executable.");
  }
  return chromium.launch({
    executablePath,
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** The workbench's address for a folder or a `.code-workspace` file; `payload` as VS Code's own browser tests send it. */
export function workbenchUrl(server, opened, payload = []) {
  const url = new URL(server.url);
  url.searchParams.set(opened.endsWith(".code-workspace") ? "workspace" : "folder", path.resolve(opened));
  url.searchParams.set("payload", JSON.stringify([["skipWelcome", "true"], ["skipReleaseNotes", "true"], ...payload]));
  return url.href;
}
