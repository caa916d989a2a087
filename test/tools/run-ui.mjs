#!/usr/bin/env node
// Runs test/ui/*.ui.mjs: a person's steps, by Playwright, on the packaged extension in the real workbench.
// Screenshots go to out/shots/<host>.
//
//   node test/tools/run-ui.mjs [--host 1.139|1.100] [--file name,name] [--grep text] [--smoke]
//
// --smoke: only test/ui/smoke.ui.mjs, when there is one. RESTAGE_VSIX names a package that is already there.
import * as fs from "node:fs";
import * as path from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { argumentsOf, writeResults } from "./results.mjs";
import { defaultHostVersion, hostPaths, root } from "./host/paths.mjs";
import { packageExtension } from "./package.mjs";

const options = argumentsOf(process.argv.slice(2), ["host", "file", "grep"], ["smoke"]);
const host = options.host ?? defaultHostVersion;

try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

async function main() {
  if (!fs.existsSync(hostPaths(host).installedMark)) {
    throw new Error(`VS Code ${host} is not installed. Run: node test/tools/setup.mjs`);
  }
  process.env.VSCODE_HOST_VERSION = host;
  process.env.RESTAGE_SHOTS ??= path.join(root, "out", "shots", host);
  process.env.RESTAGE_VSIX ??= await packageExtension({ out: path.join(root, "out", "vsix"), quiet: true });

  const counts = { passed: 0, failed: 0 };
  // One at a time: each has a server, a browser and an extension host, and what is timed should not wait for another.
  const stream = run({
    files: findFiles(),
    concurrency: 1,
    timeout: 300_000,
    ...(options.grep === undefined ? {} : { testNamePatterns: [options.grep] }),
  });
  stream.on("test:pass", (event) => {
    if (event.details.type !== "suite" && event.skip === undefined) {
      counts.passed++;
    }
  });
  stream.on("test:fail", (event) => {
    if (event.details.type !== "suite" && event.todo === undefined) {
      counts.failed++;
    }
  });
  const report = stream.compose(new spec());
  for await (const text of report) {
    process.stdout.write(text);
  }
  if (counts.passed + counts.failed === 0) {
    throw new Error("No UI test has run.");
  }
  writeResults(counts);
  return counts.failed === 0;
}

function findFiles() {
  const folder = path.join(root, "test", "ui");
  const all = fs.readdirSync(folder).filter((file) => file.endsWith(".ui.mjs"));
  let chosen = all.sort();
  if (options.file !== undefined) {
    const names = options.file.split(",").map((name) => name.replace(/(\.ui\.mjs)?$/, ".ui.mjs"));
    const missing = names.filter((name) => !all.includes(name));
    if (missing.length > 0) {
      throw new Error(`No ${missing.join(", ")} in test/ui. There are: ${all.join(", ") || "none"}.`);
    }
    chosen = names;
  } else if (options.smoke === true && all.includes("smoke.ui.mjs")) {
    chosen = ["smoke.ui.mjs"];
  }
  if (chosen.length === 0) {
    throw new Error("There is no *.ui.mjs in test/ui.");
  }
  return chosen.map((file) => path.join(folder, file));
}
