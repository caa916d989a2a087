import * as path from "node:path";
import { describeState } from "../../core/describe.js";
import { formatBytes, formatQuantity } from "../../core/format.js";
import { isSettled } from "../../core/settled.js";
import type { ProjectStatus, StageState, StageStatus } from "../../protocol/status.js";
import { EXIT, type ExitCode } from "../exit-codes.js";
import { printJson, type Session } from "../session.js";
import { cut, paint, type Terminal } from "../terminal.js";

export async function statusCommand(session: Session, options: { readonly check: boolean }): Promise<ExitCode> {
  const status = await session.status();
  if (session.json) printJson(session, statusJson(status));
  else printStatus(session.terminal, status);
  return options.check && status.stages.some((s) => !isSettled(s.state)) ? EXIT.stale : EXIT.ok;
}

/** The stable shape other programs read: media/status.schema.json describes it. */
export function statusJson(status: ProjectStatus): unknown {
  return {
    version: 1,
    project: status.root,
    stages: status.stages.map((s) => ({
      id: s.id,
      name: s.name,
      file: path.relative(status.root, s.file).split(path.sep).join("/"),
      line: s.nameRange.line,
      state: s.state,
      reasons: s.reasons,
      ignored: s.ignored,
      accepted: s.accepted,
      heavy: s.heavy,
      fingerprint: s.fingerprint,
      key: s.key,
      fullyTracked: s.fullyTracked,
      untracked: s.untracked.map((u) => ({
        file: path.relative(status.root, u.location.file).split(path.sep).join("/"),
        line: u.location.line,
        what: u.what,
      })),
      result:
        s.result === null
          ? null
          : {
              digest: s.result.digest,
              kind: s.result.kind,
              rows: s.result.rows,
              bytes: s.result.bytes,
              durationMs: s.result.durationMs,
              createdAt: s.result.createdAt,
            },
    })),
  };
}

const MARKS: Readonly<Record<StageState, readonly [string, "green" | "yellow" | "red" | "dim" | "cyan"]>> = {
  fresh: ["✓", "green"],
  new: ["○", "dim"],
  stale: ["●", "yellow"],
  blocked: ["◌", "yellow"],
  unknown: ["?", "red"],
  failed: ["✗", "red"],
  queued: ["…", "cyan"],
  running: ["▶", "cyan"],
  uncached: ["–", "dim"],
  frozen: ["❄", "cyan"],
};

function printStatus(terminal: Terminal, status: ProjectStatus): void {
  if (status.stages.length === 0) {
    terminal.out(
      `No stages in ${status.root}. A stage is an exported constant: export const name = stage({ …inputs }, (inputs) => …)`,
    );
    printProblems(terminal, status);
    return;
  }
  const width = Math.max(...status.stages.map((s) => label(status, s).length));
  for (const stage of status.stages) {
    const [mark, style] = MARKS[stage.state];
    const text =
      describeState(stage) + (stage.fullyTracked || stage.fingerprint === null ? "" : " · not fully tracked");
    terminal.out(
      `${paint(terminal, style, mark)} ${label(status, stage).padEnd(width)}  ${cut(text, Math.max(20, terminal.width - width - 6))}`,
    );
  }
  const waiting = status.stages.filter((s) => !isSettled(s.state)).length;
  const cache = `${formatBytes(status.cache.bytes)} in ${path.relative(status.root, status.cache.folder)}`;
  terminal.out("");
  terminal.out(
    paint(
      terminal,
      "dim",
      `${formatQuantity(status.stages.length, "stage")}, ${waiting === 0 ? "all fresh" : `${waiting} to run`} · ${cache}`,
    ),
  );
  printProblems(terminal, status);
}

/** The name, with its file where the name alone is not enough. */
export function label(status: ProjectStatus, stage: StageStatus): string {
  return status.stages.filter((s) => s.name === stage.name).length > 1 || stage.name === "default"
    ? stage.id
    : stage.name;
}

function printProblems(terminal: Terminal, status: ProjectStatus): void {
  for (const problem of status.problems) {
    if (problem.severity === "information") continue;
    const place = `${path.relative(status.root, problem.range.file)}:${problem.range.line}:${problem.range.column}`;
    terminal.err(
      `${paint(terminal, problem.severity === "error" ? "red" : "yellow", problem.severity)} ${place} ${problem.message}`,
    );
  }
}
