#!/usr/bin/env node
// Makes sure of everything the tests need beyond `npm ci`: a Chromium, and the VS Code hosts. Calling it again costs
// nothing. Says what it did, and what a person must do where it cannot.
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { installHost } from "./host/install.mjs";
import { findChromium, hostVersions } from "./host/paths.mjs";

const results = await Promise.allSettled([
  ensureChromium(),
  // One after the other: the second takes its ripgrep from the first, and both are bound by the same disk and network.
  installHosts(),
]);
for (const result of results) {
  if (result.status === "fulfilled") {
    console.log(result.value);
  } else {
    console.error(result.reason.message);
    process.exitCode = 1;
  }
}

async function installHosts() {
  const lines = [];
  for (const version of hostVersions) {
    lines.push(await installHost(version));
  }
  return lines.join("\n");
}

async function ensureChromium() {
  const found = findChromium();
  if (found !== null) {
    return `Chromium: ${found}`;
  }
  const packages = ["chromium", "fonts-dejavu-core"];
  if (process.platform !== "linux" || !fs.existsSync("/etc/debian_version") || process.getuid?.() !== 0) {
    throw new Error(
      "No Chromium or Chrome found, and it can be installed from here only on Debian as root. " +
        `Install one (Debian: sudo apt-get install ${packages.join(" ")}), or set the variable CHROMIUM to its executable.`,
    );
  }
  const started = Date.now();
  apt("update");
  apt("install", "-y", "--no-install-recommends", ...packages);
  const installed = findChromium();
  if (installed === null) {
    throw new Error("apt-get installed chromium, but no chromium is on the PATH. Set CHROMIUM to its executable.");
  }
  return `Chromium: installed ${packages.join(" and ")} in ${((Date.now() - started) / 1000).toFixed(1)} s`;
}

function apt(...args) {
  const result = spawnSync("apt-get", ["-q", ...args], {
    encoding: "utf8",
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
  if (result.status !== 0) {
    const said = result.error?.message ?? `${result.stdout}${result.stderr}`;
    throw new Error(`apt-get ${args.join(" ")} failed; the real-editor and UI tests need Chromium.\n${said}`);
  }
}
