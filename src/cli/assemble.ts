/** Puts the engine together for a terminal or a plain Node program. */
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { Disk } from "../engine/disk.js";
import { Engine } from "../engine/engine.js";
import type { EngineEvent } from "../protocol/engine-api.js";
import { findProjectRoot, realPath } from "../engine/project-root.js";

/** Folder of the build: this file is bundled into it. */
export function distFolder(): string {
  return path.dirname(fileURLToPath(import.meta.url));
}

export function readVersion(dist: string): string {
  const manifest = JSON.parse(readFileSync(path.join(dist, "..", "package.json"), "utf8")) as { version?: unknown };
  return typeof manifest.version === "string" ? manifest.version : "unknown";
}

/** An engine on one project. A terminal is trusted: a person typed the command. */
export async function openEngine(
  root: string,
  options: {
    readonly dist?: string;
    readonly variables?: NodeJS.ProcessEnv;
    /** See `ProjectOptions`. */
    readonly observed?: boolean;
    readonly onEvent?: (event: EngineEvent) => void;
  } = {},
): Promise<Engine> {
  const dist = options.dist ?? distFolder();
  const engine = new Engine({
    environment: {
      dist,
      node: () => process.execPath,
      nodeVersion: () => process.version,
      peekNodeVersion: () => ({ version: process.version }),
      version: readVersion(dist),
      variables: { ...(options.variables ?? process.env) },
      now: () => Date.now(),
    },
    trusted: true,
    warmProcesses: 0,
    observed: options.observed ?? false,
  });
  if (options.onEvent !== undefined) engine.onEvent.on(options.onEvent);
  await engine.open([root], { nested: false });
  return engine;
}

/** The project a folder belongs to, or a sentence that says what is missing. */
export function locateProject(start: string): { readonly root: string } | { readonly problem: string } {
  const root = findProjectRoot(realPath(start), new Disk());
  if (root !== null) return { root };
  return {
    problem: `There is no package.json in ${path.resolve(start)} or above it. Restage works on a project: run "npm init" there, or name one with --project.`,
  };
}
