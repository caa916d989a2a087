#!/usr/bin/env node
// Stands in for the desktop `code` executable as @vscode/test-electron calls it: same flags, same exit code. The tests
// run in the remote (Node) extension host of a real VS Code server; headless Chromium is the window.
//
//   VSCODE_HOST_VERSION  1.139 (default) or 1.100
//   VSCODE_HOST_TIMEOUT  seconds before the run is given up (default 300)
//   VSCODE_HOST_VERBOSE  1 = everything the server, the page and the workbench say, with times, on stderr
//
// Exit codes of its own: 70 the page crashed, 71 browser or server ended, 72 no end in time, 73 the extension host died,
// 74 it could not start.
import * as fs from "node:fs";
import * as path from "node:path";
import { format } from "node:util";
import { fileURLToPath } from "node:url";
import { createProfile, removeProfile, startBrowser, startServer, workbenchUrl } from "./host.mjs";

/** What the workbench itself logs through the same channel as the tests' console. */
const NOISE =
  /connection token|Creating a socket|reconnection-grace-time|^\[AgentHost|^\[AccountPolicyGate\]|builtin extensions cache|^\[Service Worker\]|authentication provider 'github'|open-vsx\.org|Could not locate the bindings file|native-watchdog|punycode|trace-deprecation/;

const started = Date.now();
const limit = Number(process.env.VSCODE_HOST_TIMEOUT ?? 300) * 1000;
const verbose = process.env.VSCODE_HOST_VERBOSE === "1";
const options = parseArguments(process.argv.slice(2));
process.exit(await main());

function parseArguments(args) {
  const parsed = { developed: [], tests: null, opened: null, trustOff: false, userData: null };
  for (const argument of args) {
    const equals = argument.indexOf("=");
    const name = argument.startsWith("--") ? argument.slice(0, equals < 0 ? undefined : equals) : "";
    const value = name === "" ? argument : equals < 0 ? "" : argument.slice(equals + 1);
    if (name === "--extensionDevelopmentPath") {
      parsed.developed.push(value);
    } else if (name === "--extensionTestsPath") {
      parsed.tests = path.resolve(value);
    } else if (name === "--disable-workspace-trust") {
      parsed.trustOff = true;
    } else if (name === "--user-data-dir") {
      parsed.userData = value;
    } else if (name === "") {
      parsed.opened = value;
    }
    // The other flags are Electron's own. Each run has a fresh profile; only settings.json is taken over.
  }
  return parsed;
}

async function main() {
  let finish;
  const ended = new Promise((resolve) => (finish = resolve));
  const end = (code, message) => {
    if (message !== undefined) {
      process.stderr.write(`host: ${message}\n`);
    }
    finish(code);
  };
  const timer = setTimeout(() => end(72, `no end after ${limit / 1000} s`), limit);
  process.on("SIGINT", () => end(130));
  process.on("SIGTERM", () => end(143));

  const profile = createProfile(readSettings());
  const outcomeFile = path.join(profile.folder, "outcome");
  const running = { server: null, browser: null, stopping: false };
  try {
    await start(profile, outcomeFile, running, end);
  } catch (error) {
    end(74, error.stack);
  }
  let code = await ended;
  clearTimeout(timer);
  running.stopping = true;
  if (options.tests !== null && code === 0) {
    const outcome = fs.existsSync(outcomeFile) ? fs.readFileSync(outcomeFile, "utf8") : "none";
    if (outcome !== "passed") {
      process.stderr.write(`host: exit code 0, but the tests' own outcome is "${outcome}": the extension host died\n`);
      code = 73;
    }
  }
  await running.browser?.close().catch(() => {});
  await running.server?.stop();
  removeProfile(profile);
  say("all stopped");
  return Number.isInteger(code) ? code : 74;
}

function readSettings() {
  const file = options.userData === null ? "" : path.join(options.userData, "User", "settings.json");
  return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, "utf8")) : {};
}

async function start(profile, outcomeFile, running, end) {
  const tests = options.tests;
  const serverOptions = {
    // A built server follows extensionDevelopmentPath and extensionTestsPath only with the smoke-test driver on.
    args: ["--enable-smoke-test-driver", ...(options.trustOff ? ["--disable-workspace-trust"] : [])],
    env: tests === null ? {} : { VSCODE_HOST_TESTS: tests, VSCODE_HOST_OUTCOME: outcomeFile },
    onOutput: (text) => say(text.trimEnd()),
  };
  // One after the other in assignment, so that whichever started is stopped when the other fails.
  const starting = [
    startServer(profile, serverOptions).then((server) => (running.server = server)),
    startBrowser().then((browser) => (running.browser = browser)),
  ];
  await Promise.allSettled(starting);
  await Promise.all(starting);
  const { server, browser } = running;
  say(`server at ${server.authority} and browser up`);
  browser.on("disconnected", () => running.stopping || end(71, "the browser ended"));
  void server.exited.then((code) => running.stopping || end(71, `the server ended (${code})`));

  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  await page.exposeFunction("codeAutomationLog", (type, args) => {
    const line = format(...args.map((value) => (value && typeof value === "object" ? JSON.stringify(value) : value)));
    say(`${type} ${line}`);
    if (!NOISE.test(line)) {
      (type === "error" ? process.stderr : process.stdout).write(`${line}\n`);
    }
  });
  await page.exposeFunction("codeAutomationExit", (code) => {
    say(`codeAutomationExit ${code}`);
    end(code);
  });
  page.on("console", (message) => say(`page ${message.type()}: ${message.text()}`));
  page.on("crash", () => end(70, "the page crashed"));
  const remote = (file) => `vscode-remote://${server.authority}${path.resolve(file)}`;
  const payload = options.developed.map((folder) => ["extensionDevelopmentPath", remote(folder)]);
  if (tests !== null) {
    payload.push(["extensionTestsPath", remote(fileURLToPath(new URL("outcome.cjs", import.meta.url)))]);
  }
  const opened = options.opened ?? fs.mkdtempSync(path.join(profile.folder, "empty-"));
  await page.goto(workbenchUrl(server, opened, payload));
  say("page loaded");
}

function say(text) {
  if (verbose) {
    process.stderr.write(`[host ${((Date.now() - started) / 1000).toFixed(2)}] ${text}\n`);
  }
}
