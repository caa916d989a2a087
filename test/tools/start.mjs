#!/usr/bin/env node
// Runs the sample pipeline through the command line, as a person would, and prints the first rows of its last table.
// A second call reuses every result.
import { spawnSync } from "node:child_process";
import * as path from "node:path";
import { root } from "./host/paths.mjs";

const cwd = path.join(root, "samples", "flights");

restage(["run"], "inherit");
const { stages } = JSON.parse(restage(["status", "--json"], "pipe"));
const tables = stages.filter((stage) => stage.result !== null && stage.result.rows !== null);
const last = tables.at(-1);
if (last !== undefined) {
  console.log("");
  restage(["preview", last.id], "inherit");
}

/** Ends this process with the exit code of the command when it fails. */
function restage(args, output) {
  if (output === "inherit") {
    console.log(`samples/flights $ restage ${args.join(" ")}`);
  }
  const cli = path.join(root, "dist", "restage.cjs");
  const result = spawnSync(process.execPath, [cli, ...args], {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", output, "inherit"],
  });
  if (result.error !== undefined || result.status !== 0) {
    console.error(`restage ${args.join(" ")} ended with ${result.status ?? result.error?.message ?? result.signal}`);
    process.exit(result.status ?? 1);
  }
  return result.stdout;
}
