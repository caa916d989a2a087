#!/usr/bin/env node
// Bundles scale.ts the way the product is bundled and runs it in a process of its own.
import * as path from "node:path";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const outfile = path.join(root, "out/bench/scale.mjs");
await esbuild.build({
  entryPoints: [path.join(root, "test/bench/scale.ts")],
  outfile,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20.20",
  packages: "external",
});
process.exitCode = spawnSync(process.execPath, [...process.argv.slice(2), outfile], { stdio: "inherit" }).status ?? 1;
