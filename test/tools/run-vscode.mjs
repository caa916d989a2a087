#!/usr/bin/env node
// Runs the suites of test/vscode inside a real extension host, one window and one workspace folder per behaviour.
//
//   node test/tools/run-vscode.mjs [--host 1.139|1.100|desktop] [--case name,name] [--grep text] [--jobs n] [--suites folder]
//
// A case is a folder test/vscode/suites/<case> with *.test.ts and, where the defaults do not do, a case.json:
//   { "trust": false,       the folder opens in Restricted Mode
//     "settings": { … },    user settings
//     "open": "x.code-workspace",   opened instead of the folder itself
//     "timeout": 120 }      seconds for the whole case
// Its workspace is test/vscode/workspaces/<case> (none: an empty folder), copied first, so that tests may edit it.
//
// `desktop` downloads VS Code by @vscode/test-electron and needs a display (on Linux without one: under xvfb-run).
// VSCODE_TEST_EXE names another executable that takes the same flags.
import { downloadAndUnzipVSCode } from "@vscode/test-electron";
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as esbuild from "esbuild";
import { argumentsOf, writeResults } from "./results.mjs";
import { killGroup } from "./host/host.mjs";
import { defaultHostVersion, hostPaths, root } from "./host/paths.mjs";

const options = argumentsOf(process.argv.slice(2), ["host", "case", "grep", "jobs", "suites"]);
const suites = path.resolve(options.suites ?? path.join(root, "test", "vscode", "suites"));
const workspaces = path.join(root, "test", "vscode", "workspaces");
const bundles = path.join(root, "out", options.suites === undefined ? "vscode" : "vscode-other");
const host = options.host ?? defaultHostVersion;
const running = new Set();
let stopping = false;

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    stopping = true;
    running.forEach((child) => child.kill("SIGTERM"));
    setTimeout(() => process.exit(1), 5000).unref();
  });
}

try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

async function main() {
  if (!fs.existsSync(path.join(root, "dist", "extension.cjs"))) {
    throw new Error("dist/extension.cjs does not exist. Build first: npm run build");
  }
  const executable = await findExecutable();
  const cases = findCases();
  await bundleCases(cases);
  const outcomes = [];
  const waiting = [...cases];
  const work = async () => {
    for (let name = waiting.shift(); name !== undefined && !stopping; name = waiting.shift()) {
      outcomes.push(await runCase(name, executable));
    }
  };
  await Promise.all(Array.from({ length: Number(options.jobs ?? 1) }, work));
  console.log(`\nReal editor (VS Code ${host}):`);
  for (const { name, passed, failed, pending, seconds, note } of outcomes) {
    const counts = `${passed} passed, ${failed} failed${pending > 0 ? `, ${pending} pending` : ""}`;
    console.log(`  ${failed === 0 ? "ok    " : "FAILED"} ${name.padEnd(24)} ${counts}  ${seconds} s${note}`);
  }
  const sum = (field) => outcomes.reduce((total, outcome) => total + outcome[field], 0);
  writeResults({ passed: sum("passed"), failed: sum("failed") });
  return sum("failed") === 0;
}

async function findExecutable() {
  if (process.env.VSCODE_TEST_EXE !== undefined && process.env.VSCODE_TEST_EXE !== "") {
    return path.resolve(process.env.VSCODE_TEST_EXE);
  }
  if (host === "desktop") {
    return downloadAndUnzipVSCode({ version: "stable", cachePath: path.join(root, ".vscode-test") });
  }
  if (!fs.existsSync(hostPaths(host).installedMark)) {
    throw new Error(`VS Code ${host} is not installed. Run: node test/tools/setup.mjs`);
  }
  return path.join(root, "test", "tools", "host", "code.mjs");
}

function findCases() {
  const entries = fs.existsSync(suites) ? fs.readdirSync(suites, { withFileTypes: true }) : [];
  const all = entries
    .filter((entry) => entry.isDirectory() && testFiles(entry.name).length > 0)
    .map(({ name }) => name);
  const wanted = options.case?.split(",") ?? all;
  const missing = wanted.filter((name) => !all.includes(name));
  if (missing.length > 0 || wanted.length === 0) {
    const named = missing.length > 0 ? `called ${missing.join(", ")} ` : "";
    throw new Error(`No case ${named}in ${path.relative(root, suites)}. There are: ${all.join(", ") || "none"}.`);
  }
  return wanted.sort();
}

function testFiles(name) {
  return fs.readdirSync(path.join(suites, name)).filter((file) => file.endsWith(".test.ts"));
}

async function bundleCases(cases) {
  const common = {
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    external: ["vscode", "mocha", "esbuild"],
    sourcemap: "inline",
    logLevel: "warning",
    absWorkingDir: root,
  };
  const harness = { entryPoints: ["test/vscode/harness/run-suite.ts"], outfile: path.join(bundles, "harness.cjs") };
  await esbuild.build({ ...common, ...harness });
  for (const name of cases) {
    const contents = testFiles(name)
      .map((file) => `import "./${file}";`)
      .join("\n");
    const stdin = { contents, resolveDir: path.join(suites, name), sourcefile: `${name}.ts`, loader: "ts" };
    await esbuild.build({ ...common, stdin, outfile: path.join(bundles, `${name}.cjs`) });
  }
}

async function runCase(name, executable) {
  const started = Date.now();
  const settingsFile = path.join(suites, name, "case.json");
  const settings = fs.existsSync(settingsFile) ? JSON.parse(fs.readFileSync(settingsFile, "utf8")) : {};
  const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "restage-case-")));
  const workspace = copyWorkspace(name, folder);
  const userData = path.join(folder, "user-data");
  fs.mkdirSync(path.join(userData, "User"), { recursive: true });
  // The prompt's default differs between versions of VS Code; no test wants a dialog in its way.
  const userSettings = { "security.workspace.trust.startupPrompt": "never", ...settings.settings };
  fs.writeFileSync(path.join(userData, "User", "settings.json"), JSON.stringify(userSettings));
  const results = path.join(folder, "results.json");
  const limit = settings.timeout ?? 180;
  console.log(`\n── ${name} (VS Code ${host})`);
  const code = await launch(executable, {
    args: [
      "--no-sandbox",
      "--disable-gpu-sandbox",
      "--disable-updates",
      "--skip-welcome",
      "--skip-release-notes",
      ...(settings.trust === false ? [] : ["--disable-workspace-trust"]),
      `--user-data-dir=${userData}`,
      `--extensions-dir=${path.join(folder, "extensions")}`,
      `--extensionDevelopmentPath=${root}`,
      `--extensionTestsPath=${path.join(bundles, "harness.cjs")}`,
      path.join(workspace, settings.open ?? ""),
    ],
    env: {
      VSCODE_HOST_VERSION: host === "desktop" ? defaultHostVersion : host,
      VSCODE_HOST_TIMEOUT: String(limit),
      RESTAGE_TEST_BUNDLE: path.join(bundles, `${name}.cjs`),
      RESTAGE_TEST_RESULTS: results,
      RESTAGE_TEST_GREP: options.grep ?? "",
      RESTAGE_TEST_ROOT: root,
    },
    // The stand-in gives up by itself; this is for an executable that does not.
    limit: limit + 30,
  });
  const outcome = readOutcome(results, code);
  fs.rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  return { name, ...outcome, seconds: ((Date.now() - started) / 1000).toFixed(1) };
}

function copyWorkspace(name, folder) {
  const workspace = path.join(folder, "workspace");
  fs.mkdirSync(workspace);
  if (fs.existsSync(path.join(workspaces, name))) {
    // What a fresh clone does not have must not decide a test.
    const filter = (source) => ![".restage", "node_modules"].includes(path.basename(source));
    fs.cpSync(path.join(workspaces, name), workspace, { recursive: true, filter });
  }
  return workspace;
}

function launch(executable, { args, env, limit }) {
  return new Promise((resolve, reject) => {
    const isScript = executable.endsWith(".mjs");
    const child = spawn(isScript ? process.execPath : executable, isScript ? [executable, ...args] : args, {
      stdio: ["ignore", "inherit", "inherit"],
      detached: process.platform !== "win32",
      env: { ...process.env, ...env, ELECTRON_RUN_AS_NODE: undefined },
    });
    running.add(child);
    const timer = setTimeout(() => killGroup(child.pid), limit * 1000);
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      clearTimeout(timer);
      running.delete(child);
      resolve(code ?? signal);
    });
  });
}

function readOutcome(file, code) {
  if (!fs.existsSync(file)) {
    return { passed: 0, failed: 1, pending: 0, note: `  (ended with ${code} before the tests had ended)` };
  }
  const results = JSON.parse(fs.readFileSync(file, "utf8"));
  if (results.passed + results.failed + results.pending === 0) {
    return { ...results, failed: 1, note: "  (no test in this case)" };
  }
  if (results.failed === 0 && code !== 0) {
    return { ...results, failed: 1, note: `  (all tests passed, but the editor ended with ${code})` };
  }
  return { ...results, note: "" };
}
