#!/usr/bin/env node
// Makes the installable extension: restage-<target>-<version>.vsix.
//
//   node test/tools/package.mjs [--target linux-x64] [--out folder]
//
// Everything is put together in out/package/<target>, so that neither `dist/` nor `package.json` of the repository
// changes, and a package for another platform never sees this platform's esbuild. The package carries esbuild in
// dist/node_modules, because esbuild's interface cannot be bundled: it starts its own executable.
import { createVSIX } from "@vscode/vsce";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "../../esbuild.config.mjs";
import { root } from "./host/paths.mjs";

/** VS Code's names of the platforms, with the platform part of esbuild's package names. */
const TARGETS = {
  "linux-x64": "linux-x64",
  "linux-arm64": "linux-arm64",
  "linux-armhf": "linux-arm",
  "alpine-x64": "linux-x64",
  "alpine-arm64": "linux-arm64",
  "darwin-x64": "darwin-x64",
  "darwin-arm64": "darwin-arm64",
  "win32-x64": "win32-x64",
  "win32-arm64": "win32-arm64",
};

export const thisTarget = `${process.platform}-${process.arch}`;

/** Builds and packs; returns the path of the .vsix. */
export async function packageExtension({ target = thisTarget, out = root, quiet = false } = {}) {
  const platform = TARGETS[target];
  if (platform === undefined) {
    throw new Error(`There is no target "${target}". Use one of: ${Object.keys(TARGETS).join(", ")}.`);
  }
  const manifest = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"));
  const staging = path.join(root, "out", "package", target);
  fs.rmSync(staging, { recursive: true, force: true });
  fs.mkdirSync(staging, { recursive: true });

  await build({ outdir: path.join(staging, "dist"), production: true, quiet });
  copyEsbuild(path.join(staging, "dist", "node_modules"), platform);
  for (const name of ["README.md", "CHANGELOG.md", "LICENSE", ".vscodeignore", "media"]) {
    if (fs.existsSync(path.join(root, name))) {
      fs.cpSync(path.join(root, name), path.join(staging, name), { recursive: true });
    }
  }
  // `files` is npm's allow-list, .vscodeignore is vsce's, and vsce refuses to see both. The rest is about the repository.
  const { files, scripts, devDependencies, dependencies, prettier, ...packed } = manifest;
  fs.writeFileSync(path.join(staging, "package.json"), JSON.stringify(packed, null, 2));

  const packagePath = path.join(path.resolve(out), `restage-${target}-${manifest.version}.vsix`);
  fs.mkdirSync(path.dirname(packagePath), { recursive: true });
  await createVSIX({
    cwd: staging,
    target,
    packagePath,
    dependencies: false,
    allowMissingRepository: true,
    skipLicense: true,
    allowStarActivation: false,
    // Links in the README are left as they are: there is no repository address to complete them with.
    rewriteRelativeLinks: false,
  });
  return packagePath;
}

function copyEsbuild(folder, platform) {
  const modules = path.join(root, "node_modules");
  const manifest = JSON.parse(fs.readFileSync(path.join(modules, "esbuild", "package.json"), "utf8"));
  const binary = platform.startsWith("win32-") ? "esbuild.exe" : path.join("bin", "esbuild");
  for (const file of ["package.json", path.join("lib", "main.js"), "LICENSE.md"]) {
    copy(path.join(modules, "esbuild", file), path.join(folder, "esbuild", file));
  }
  const name = `@esbuild/${platform}`;
  const source = platform === thisTarget ? path.join(modules, name) : fetchEsbuild(name, platform, manifest.version);
  for (const file of ["package.json", binary]) {
    copy(path.join(source, file), path.join(folder, name, file));
  }
  fs.chmodSync(path.join(folder, name, binary), 0o755);
}

/** Another platform's executable of exactly the version that is pinned here. */
function fetchEsbuild(name, platform, version) {
  const folder = path.join(root, "out", "package", "esbuild", `${platform}-${version}`);
  const installed = path.join(folder, "node_modules", name);
  if (!fs.existsSync(installed)) {
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(path.join(folder, "package.json"), JSON.stringify({ name: "esbuild-for-target", private: true }));
    // --force: npm refuses packages of another platform otherwise.
    const options = ["--force", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"];
    const args = ["install", ...options, `${name}@${version}`];
    const result = spawnSync("npm", args, { cwd: folder, encoding: "utf8", shell: process.platform === "win32" });
    if (result.status !== 0) {
      throw new Error(`Fetching ${name}@${version} for the package failed:\n${result.stdout}${result.stderr}`);
    }
  }
  return installed;
}

function copy(from, to) {
  fs.mkdirSync(path.dirname(to), { recursive: true });
  fs.copyFileSync(from, to);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const valueOf = (flag) => {
    const at = process.argv.indexOf(flag);
    return at < 0 ? undefined : process.argv[at + 1];
  };
  try {
    const file = await packageExtension({ target: valueOf("--target"), out: valueOf("--out") });
    console.log(`${path.relative(process.cwd(), file)}  ${(fs.statSync(file).size / 1e6).toFixed(2)} MB`);
  } catch (error) {
    console.error(error.errors === undefined ? error.message : "The build failed: see the errors above.");
    process.exit(1);
  }
}
