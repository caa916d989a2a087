/**
 * The version of a Node executable, read and not asked for: statuses need it when a folder is opened, and opening a folder
 * starts nothing. Every official build holds the name of its own source archive; others mostly lie in a folder named after
 * their version or beside their headers.
 */
import { closeSync, openSync, readFileSync, readSync, realpathSync } from "node:fs";
import * as path from "node:path";

/** As `v24.1.0`; `null` where it cannot be told, as for a shim that starts another executable. */
export function readNodeVersion(executable: string): string | null {
  let file: string;
  try {
    file = realpathSync(executable);
  } catch {
    return null;
  }
  if (file === safeRealPath(process.execPath)) return process.version;
  return versionInside(file) ?? versionOfFolder(file) ?? versionOfHeaders(file);
}

function safeRealPath(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}

/** `…/v22.1.0/bin/node`, `…/node-v22.1.0-linux-x64/bin/node`, `…/node/22.1.0/bin/node`. */
function versionOfFolder(file: string): string | null {
  const folder = path.basename(path.dirname(file)) === "bin" ? path.dirname(path.dirname(file)) : path.dirname(file);
  const match = /^(?:node-)?v?(\d+\.\d+\.\d+)(?:-[a-z0-9-]+)?$/.exec(path.basename(folder));
  return match?.[1] === undefined ? null : `v${match[1]}`;
}

function versionOfHeaders(file: string): string | null {
  try {
    const text = readFileSync(path.join(path.dirname(file), "../include/node/node_version.h"), "utf8");
    const part = (name: string): string | undefined =>
      new RegExp(`^#define NODE_${name}_VERSION (\\d+)`, "m").exec(text)?.[1];
    const [major, minor, patch] = [part("MAJOR"), part("MINOR"), part("PATCH")];
    return major === undefined || minor === undefined || patch === undefined ? null : `v${major}.${minor}.${patch}`;
  } catch {
    return null;
  }
}

const BLOCK = 4 << 20;
const OVERLAP = 64;

function versionInside(file: string): string | null {
  let fd: number;
  try {
    fd = openSync(file, "r");
  } catch {
    return null;
  }
  try {
    const block = Buffer.alloc(BLOCK);
    for (let at = 0; ;) {
      const read = readSync(fd, block, 0, BLOCK, at);
      const match = /node-(v\d+\.\d+\.\d+)\.tar/.exec(block.toString("latin1", 0, read));
      if (match?.[1] !== undefined) return match[1];
      if (read < BLOCK) return null;
      at += read - OVERLAP;
    }
  } catch {
    return null;
  } finally {
    closeSync(fd);
  }
}
