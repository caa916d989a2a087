#!/usr/bin/env node
// Opens the packaged extension in a real VS Code server on 127.0.0.1 with the sample project, for a person with a
// browser. Runs until Ctrl-C; the profile is fresh each time, the sample's results stay.
//
//   node test/tools/try.mjs [--host 1.139|1.100] [--folder path] [--restricted]
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { createProfile, installExtension, removeProfile, startServer, workbenchUrl } from "./host/host.mjs";
import { installHost } from "./host/install.mjs";
import { defaultHostVersion, root } from "./host/paths.mjs";
import { packageExtension } from "./package.mjs";
import { argumentsOf } from "./results.mjs";

const options = argumentsOf(process.argv.slice(2), ["host", "folder"], ["restricted"]);
const host = options.host ?? defaultHostVersion;
process.env.VSCODE_HOST_VERSION = host;
const folder = path.resolve(options.folder ?? path.join(root, "samples", "flights"));

try {
  await main();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}

async function main() {
  if (!fs.existsSync(folder)) {
    throw new Error(`${folder} does not exist.`);
  }
  if (options.folder === undefined) {
    const setup = spawnSync(process.execPath, ["samples/setup.mjs"], { cwd: root, stdio: "inherit" });
    if (setup.status !== 0) {
      throw new Error("The sample's data could not be put in place (samples/setup.mjs).");
    }
  }
  console.log(await installHost("1.139"));
  if (host !== "1.139") {
    console.log(await installHost(host));
  }
  const vsix = await packageExtension({ out: path.join(root, "out", "vsix"), quiet: true });
  const profile = createProfile({ "workbench.startupEditor": "none" });
  const stopped = new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
      process.once(signal, resolve);
    }
  });
  let server = null;
  try {
    installExtension(profile, vsix);
    const args = options.restricted === true ? [] : ["--disable-workspace-trust"];
    server = await startServer(profile, { args });
    console.log(`\nVS Code ${host} with Restage is at\n\n  ${workbenchUrl(server, folder)}\n\nCtrl-C ends it.`);
    await Promise.race([stopped, server.exited.then((code) => console.error(`The server ended (${code}).`))]);
  } finally {
    await server?.stop();
    removeProfile(profile);
  }
  process.exit(0);
}
