import * as path from "node:path";
import { DEFAULT_SETTINGS, parseProjectSettings } from "../../core/project-settings.js";
import { isSettled } from "../../core/settled.js";
import type { RunId } from "../../protocol/ids.js";
import type { RunSummary } from "../../protocol/events.js";
import { Disk } from "../../engine/disk.js";
import { lookAgain } from "../../engine/look-again.js";
import { findProjectRoot, realPath } from "../../engine/project-root.js";
import { readSettled, writeSettled, type Maker, type Settled } from "../../engine/settled.js";
import { EXIT, type ExitCode } from "../exit-codes.js";
import { printNothingToRun, printStatus, type StatusView } from "../status-view.js";
import type { Terminal } from "../terminal.js";
import type { QuickRequest } from "./request.js";

export interface QuickEffects {
  readonly terminal: Terminal;
  readonly cwd: string;
  readonly dist: string;
  readonly node: string;
  readonly variables: { readonly [name: string]: string | undefined };
  readonly now: number;
  readonly newRun: () => RunId;
}

/** The exit code, after all is said; `null`: nothing was said, and the whole program must answer. */
export function answerQuickly(request: QuickRequest, effects: QuickEffects): ExitCode | null {
  const started = performance.now();
  const { terminal, dist, node, variables, now } = effects;
  const disk = new Disk();
  const root = findProjectRoot(realPath(path.resolve(effects.cwd, request.project ?? ".")), disk);
  if (root === null) return null;
  const maker: Maker = { root, dist, node };
  const store = storeFolder(root, disk);
  const settled = readSettled(store, maker);
  if (settled === null) return null;
  const look = lookAgain(settled, { store, variables, now });
  if (look === "changed") return null;
  const code = say(request, settled, { terminal, newRun: effects.newRun, started });
  // With the new stamps the next process need not read those files.
  if (look === "renewed") writeSettled(store, maker, settled);
  return code;
}

function say(
  { command, json, check }: QuickRequest,
  { pages }: Settled,
  { terminal, newRun, started }: Pick<QuickEffects, "terminal" | "newRun"> & { readonly started: number },
): ExitCode | null {
  const { view, json: text } = pages;
  if (view === undefined || text === undefined) return null;
  if (command === "status" && json && !check) {
    terminal.out(text);
    return EXIT.ok;
  }
  const status = JSON.parse(view) as StatusView;
  const allSettled = status.stages.every(({ state }) => isSettled(state));
  if (command === "status") {
    if (json) terminal.out(text);
    else printStatus(terminal, status);
    return check && !allSettled ? EXIT.stale : EXIT.ok;
  }
  if (!allSettled) return null;
  if (json) {
    const durationMs = performance.now() - started;
    const summary: RunSummary = { run: newRun(), ok: true, cancelled: false, durationMs, outcomes: [] };
    terminal.out(JSON.stringify(summary, null, 2));
  } else printNothingToRun(terminal, status.stages.filter(({ state }) => state === "fresh").length);
  return EXIT.ok;
}

function storeFolder(root: string, disk: Disk): string {
  const file = disk.read(path.join(root, "restage.json"));
  const settings = file === null ? DEFAULT_SETTINGS : parseProjectSettings(file.bytes.toString("utf8")).settings;
  return path.join(root, settings.cacheDir);
}
