#!/usr/bin/env node
// Puts the real VS Code servers (npm: code-server) and the Node one of them needs under `.vscode-test/`. Only the npm
// registry is used and nothing is compiled: every install script is off. Calling it again does nothing.
//
//   node test/tools/host/install.mjs [1.139] [1.100] [--force]
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { pathToFileURL } from "node:url";
import { hostPaths, hostVersions } from "./paths.mjs";

/** Installs one host; returns a line that says what was done. */
export async function installHost(version, { force = false } = {}) {
  const host = hostPaths(version);
  if (!force && fs.existsSync(host.installedMark)) {
    return `VS Code ${version}: already installed`;
  }
  const started = Date.now();
  fs.rmSync(host.folder, { recursive: true, force: true });
  fs.mkdirSync(host.folder, { recursive: true });
  const dependencies = { "code-server": host.codeServerVersion };
  if (host.node !== null) {
    dependencies[host.node.name] = host.node.version;
  }
  fs.writeFileSync(
    path.join(host.folder, "package.json"),
    JSON.stringify({ name: "vscode-host", private: true, dependencies }, null, 2),
  );
  await npmInstall(host, host.folder);
  await npmInstall(host, host.vscode);
  await npmInstall(host, path.join(host.vscode, "extensions"));
  if (host.node === null) {
    await provideRipgrep(host);
  }
  fs.writeFileSync(host.installedMark, "");
  return `VS Code ${version}: installed in ${((Date.now() - started) / 1000).toFixed(1)} s`;
}

function npmInstall(host, cwd) {
  const options = [
    "--ignore-scripts",
    "--omit=dev",
    "--engine-strict=false",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
  ];
  // npm runs under the host's own Node, so that the `engines` of what it installs hold.
  const env = { ...process.env, PATH: path.dirname(host.nodeBin) + path.delimiter + (process.env.PATH ?? "") };
  for (const name of Object.keys(env)) {
    // Set by an outer `npm run`; they would make this npm act on the project's folder and settings.
    if (/^npm_(config_(local_prefix|global_prefix|prefix)|package_|lifecycle_)/.test(name)) {
      delete env[name];
    }
  }
  return run("npm", ["install", ...options], { cwd, env });
}

/** 1.100's own ripgrep package downloads its binary in an install script; 1.139's package brings it along. */
async function provideRipgrep(host) {
  const target = path.join(host.vscode, "node_modules", "@vscode", "ripgrep", "bin", "rg");
  const staging = path.join(host.folder, "ripgrep");
  fs.mkdirSync(staging, { recursive: true });
  const newer = hostPaths("1.139");
  const universal = path.join("node_modules", "@vscode", "ripgrep-universal");
  let source = path.join(newer.vscode, universal);
  if (!fs.existsSync(newer.installedMark)) {
    const manifest = { name: "ripgrep-for-host", private: true, dependencies: { "@vscode/ripgrep-universal": "*" } };
    fs.writeFileSync(path.join(staging, "package.json"), JSON.stringify(manifest, null, 2));
    await npmInstall(host, staging);
    source = path.join(staging, universal);
  }
  const binary = path.join(source, "bin", `${process.platform}-${process.arch}`, "rg");
  if (!fs.existsSync(binary)) {
    throw new Error(`No ripgrep for ${process.platform}-${process.arch} at ${binary}; VS Code's file search needs it.`);
  }
  fs.mkdirSync(path.dirname(target), { recursive: true });
  fs.copyFileSync(binary, target);
  fs.chmodSync(target, 0o755);
  fs.rmSync(staging, { recursive: true, force: true });
}

function run(command, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      ...options,
      stdio: ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32",
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (data) => (output += String(data)));
    }
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) {
        resolve(output);
      } else {
        reject(new Error(`${command} ${args.join(" ")} ended with ${code} in ${options.cwd}:\n${output}`));
      }
    });
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const versions = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
  const force = process.argv.includes("--force");
  try {
    for (const version of versions.length === 0 ? hostVersions : versions) {
      console.log(await installHost(version, { force }));
    }
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}
