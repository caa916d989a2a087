// Where the real VS Code hosts live, and which versions they are. Everything is below `.vscode-test/`, the folder that
// @vscode/test-electron uses for its downloads too.
import * as fs from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..", "..", "..");

/**
 * The npm package `code-server` holds a whole VS Code server. 1.139 needs Node 24, which is an npm package as well;
 * 1.100 (the lowest version in `engines.vscode`) runs on the Node of the project.
 */
const HOSTS = [
  { version: "1.139", codeServer: "4.139.1", node: "24.21.0" },
  { version: "1.100", codeServer: "4.100.3", node: null },
];

export const hostVersions = HOSTS.map((host) => host.version);
export const defaultHostVersion = "1.139";

/** The folders and files of one host; `version` as in `VSCODE_HOST_VERSION`. */
export function hostPaths(version = process.env.VSCODE_HOST_VERSION ?? defaultHostVersion) {
  const wanted = HOSTS.find((host) => host.version === version);
  if (wanted === undefined) {
    throw new Error(`VS Code host "${version}" is not known. Use one of: ${hostVersions.join(", ")}.`);
  }
  const nodePackage = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
  const folder = path.join(root, ".vscode-test", `code-server-${wanted.codeServer}`);
  const codeServer = path.join(folder, "node_modules", "code-server");
  const vscode = path.join(codeServer, "lib", "vscode");
  return {
    version,
    folder,
    codeServerVersion: wanted.codeServer,
    node: wanted.node === null ? null : { name: nodePackage, version: wanted.node },
    nodeBin: wanted.node === null ? process.execPath : path.join(folder, "node_modules", nodePackage, "bin", "node"),
    vscode,
    serverMain: path.join(vscode, "out", "server-main.js"),
    installedMark: path.join(folder, ".installed"),
  };
}

/** Chromium or Chrome for the workbench: the variable CHROMIUM, then the PATH, then macOS's usual place. */
export function findChromium() {
  if (process.env.CHROMIUM !== undefined && process.env.CHROMIUM !== "") {
    if (!fs.existsSync(process.env.CHROMIUM)) {
      throw new Error(`The variable CHROMIUM names ${process.env.CHROMIUM}, which does not exist.`);
    }
    return process.env.CHROMIUM;
  }
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome.exe"];
  const folders = (process.env.PATH ?? "").split(path.delimiter).filter((folder) => folder !== "");
  const candidates = [
    ...names.flatMap((name) => folders.map((folder) => path.join(folder, name))),
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  ];
  return candidates.find((candidate) => fs.existsSync(candidate)) ?? null;
}
