#!/usr/bin/env node
// All tests, from nothing but `npm ci`: sets up what is missing, runs every layer, and says at the end how each did.
// A layer that fails does not keep the others from running, unless they need what it makes. The last line is
// "N passed, N failed", summed over all layers; a layer without tests of its own (lint, types, build) counts as one.
//
//   node test/tools/run-all.mjs [--only layer,layer] [--skip layer,layer]
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { killGroup } from "./host/host.mjs";
import { root } from "./host/paths.mjs";
import { thisTarget } from "./package.mjs";
import { argumentsOf } from "./results.mjs";

const node = (...args) => [process.execPath, ...args];
const bin = (file, ...args) => node(path.join("node_modules", file), ...args);
const mocha = (...args) =>
  bin("mocha/bin/mocha.js", "--import=tsx", "--forbid-only", "--reporter", "test/tools/reporter.cjs", ...args);

/** `minutes`: given up after. `tests`: tells its own counts. `needs`: pointless when that layer failed. */
const LAYERS = [
  { name: "set-up", minutes: 15, command: node("test/tools/setup.mjs") },
  {
    name: "lint",
    minutes: 5,
    command: bin("eslint/bin/eslint.js", "-c", "test/tools/eslint.config.mjs", "--max-warnings=0", "src", "test"),
  },
  { name: "format", minutes: 5, command: bin("prettier/bin/prettier.cjs", "--check", "--log-level=warn", ".") },
  { name: "types", minutes: 5, command: bin("typescript/bin/tsc", "-b") },
  { name: "unit", minutes: 15, tests: true, command: mocha("--timeout", "20000", "test/unit/**/*.test.ts") },
  { name: "build", minutes: 5, command: node("esbuild.config.mjs") },
  { name: "package", minutes: 5, command: node("test/tools/package.mjs", "--out", "out/vsix") },
  {
    name: "integration",
    minutes: 15,
    tests: true,
    needs: ["set-up", "build"],
    command: mocha("--timeout", "60000", "test/integration/**/*.test.ts"),
  },
  ...["1.139", "1.100"].map((host) => ({
    name: `editor ${host}`,
    minutes: 20,
    tests: true,
    needs: ["set-up", "build"],
    command: node("test/tools/run-vscode.mjs", "--host", host),
  })),
  {
    name: "ui 1.139",
    minutes: 20,
    tests: true,
    needs: ["set-up", "package"],
    command: node("test/tools/run-ui.mjs", "--host", "1.139"),
  },
  {
    name: "ui 1.100",
    minutes: 20,
    tests: true,
    needs: ["set-up", "package"],
    command: node("test/tools/run-ui.mjs", "--host", "1.100", "--smoke"),
  },
];

const resultsFolder = path.join(root, "out", "results");
const version = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8")).version;
const running = new Set();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    // The runners stop their servers and browsers themselves when told; what is left after that is ended with its group.
    running.forEach((child) => child.kill("SIGTERM"));
    setTimeout(() => {
      running.forEach((child) => killGroup(child.pid));
      process.exit(1);
    }, 6000);
  });
}

const outcomes = await runAll(chooseLayers());
report(outcomes);
process.exitCode = outcomes.every((outcome) => outcome.failed === 0) ? 0 : 1;

function chooseLayers() {
  const options = argumentsOf(process.argv.slice(2), ["only", "skip"]);
  const names = (text) => text?.split(",") ?? null;
  const unknown = [...(names(options.only) ?? []), ...(names(options.skip) ?? [])].filter(
    (name) => !LAYERS.some((layer) => layer.name === name),
  );
  if (unknown.length > 0) {
    console.error(`No layer is called ${unknown.join(", ")}. There are: ${LAYERS.map(({ name }) => name).join(", ")}.`);
    process.exit(2);
  }
  return LAYERS.filter(
    ({ name }) => (names(options.only)?.includes(name) ?? true) && !(names(options.skip)?.includes(name) ?? false),
  );
}

async function runAll(layers) {
  fs.rmSync(resultsFolder, { recursive: true, force: true });
  fs.mkdirSync(resultsFolder, { recursive: true });
  // Set-up waits for the network most of the time, so the layers that do not need it go on beside it.
  const [setUp] = layers.filter((layer) => layer.name === "set-up");
  const settingUp = setUp === undefined ? null : runLayer(setUp, { buffered: true });
  const done = [];
  let setUpAwaited = settingUp === null;
  for (const layer of layers.filter((other) => other !== setUp)) {
    if (!setUpAwaited && layer.needs?.includes("set-up") === true) {
      done.push(await settingUp);
      setUpAwaited = true;
    }
    const missing = done.find((outcome) => outcome.failed > 0 && layer.needs?.includes(outcome.name) === true);
    if (missing !== undefined) {
      done.push({ name: layer.name, passed: 0, failed: 1, seconds: 0, note: `not run: ${missing.name} failed` });
    } else {
      done.push(await runLayer(layer));
    }
  }
  if (!setUpAwaited) {
    done.push(await settingUp);
  }
  return done;
}

async function runLayer(layer, { buffered = false } = {}) {
  const started = Date.now();
  const results = path.join(resultsFolder, `${layer.name.replaceAll(" ", "-")}.json`);
  if (!buffered) {
    console.log(`\n━━ ${layer.name}`);
  }
  const { code, output } = await start(layer, results, buffered);
  if (buffered) {
    console.log(`\n━━ ${layer.name}\n${output.trimEnd()}`);
  }
  const seconds = (Date.now() - started) / 1000;
  const counts = readCounts(layer, results, code);
  return { name: layer.name, seconds, note: code === 0 ? "" : `ended with ${code}`, ...counts };
}

function readCounts(layer, results, code) {
  if (layer.tests !== true) {
    return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
  }
  if (!fs.existsSync(results)) {
    return { passed: 0, failed: 1 };
  }
  const { passed, failed } = JSON.parse(fs.readFileSync(results, "utf8"));
  // A runner that ends badly after its tests passed, or that ran none, has not passed.
  return { passed, failed: failed === 0 && (code !== 0 || passed === 0) ? 1 : failed };
}

function start(layer, results, buffered) {
  return new Promise((resolve) => {
    const [command, ...args] = layer.command;
    const vsix = path.join(root, "out", "vsix", `restage-${thisTarget}-${version}.vsix`);
    const child = spawn(command, args, {
      cwd: root,
      stdio: buffered ? ["ignore", "pipe", "pipe"] : ["ignore", "inherit", "inherit"],
      detached: process.platform !== "win32",
      env: { ...process.env, RESTAGE_RESULTS: results, ...(layer.name === "package" ? {} : { RESTAGE_VSIX: vsix }) },
    });
    running.add(child);
    let output = "";
    child.stdout?.on("data", (data) => (output += String(data)));
    child.stderr?.on("data", (data) => (output += String(data)));
    const timer = setTimeout(() => {
      console.error(`${layer.name}: no end after ${layer.minutes} minutes, ended`);
      killGroup(child.pid);
    }, layer.minutes * 60_000);
    const finish = (code) => {
      clearTimeout(timer);
      running.delete(child);
      // Whatever a layer left running in its group ends with it.
      killGroup(child.pid);
      resolve({ code, output });
    };
    child.once("error", (error) => {
      output += error.message;
      finish(error.message);
    });
    child.once("close", (code, signal) => finish(code ?? signal));
  });
}

function report(outcomes) {
  console.log("\nLayer            seconds  result");
  for (const { name, seconds, passed, failed, note } of outcomes) {
    const result = failed === 0 ? `ok      ${passed} passed` : `FAILED  ${passed} passed, ${failed} failed`;
    console.log(`${name.padEnd(16)} ${seconds.toFixed(1).padStart(7)}  ${result}${note === "" ? "" : `  (${note})`}`);
  }
  const sum = (field) => outcomes.reduce((total, outcome) => total + outcome[field], 0);
  console.log(`\n${sum("passed")} passed, ${sum("failed")} failed`);
}
