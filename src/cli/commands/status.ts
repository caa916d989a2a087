import * as path from "node:path";
import { describeState } from "../../core/describe.js";
import { formatBytes } from "../../core/format.js";
import { isSettled } from "../../core/settled.js";
import type { SourceRange } from "../../protocol/stage.js";
import type { ProjectStatus, StageStatus } from "../../protocol/status.js";
import { EXIT, type ExitCode } from "../exit-codes.js";
import { projectPath, withProjectPaths } from "../project-paths.js";
import type { Session } from "../session.js";
import { printStatus, type StatusView } from "../status-view.js";

export async function statusCommand(session: Session, options: { readonly check: boolean }): Promise<ExitCode> {
  const status = await session.status();
  if (session.json) session.terminal.out(statusText(status));
  else printStatus(session.terminal, viewOf(status));
  return options.check && status.stages.some(({ state }) => !isSettled(state)) ? EXIT.stale : EXIT.ok;
}

export function statusText(status: ProjectStatus): string {
  return JSON.stringify(statusJson(status), null, 2);
}

/** The stable shape other programs read: media/status.schema.json describes it. */
export function statusJson(status: ProjectStatus): unknown {
  return {
    version: 1,
    project: status.root,
    stages: status.stages.map((s) => ({
      id: s.id,
      name: s.name,
      file: projectPath(status.root, s.file),
      line: s.nameRange.line,
      state: s.state,
      reasons: withProjectPaths(status.root, s.reasons),
      ignored: withProjectPaths(status.root, s.ignored),
      accepted: s.accepted,
      heavy: s.heavy,
      checked: s.checked,
      hints: s.hints,
      fingerprint: s.fingerprint,
      key: s.key,
      fullyTracked: s.fullyTracked,
      untracked: s.untracked.map((u) => ({
        file: projectPath(status.root, u.location.file),
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

export function viewOf(status: ProjectStatus): StatusView {
  const place = ({ file, line, column }: SourceRange): string =>
    `${path.relative(status.root, file)}:${line}:${column}`;
  const label = labels(status);
  return {
    root: status.root,
    stages: status.stages.map((stage) => ({
      label: label(stage),
      state: stage.state,
      text: describeState(stage) + (stage.fullyTracked || stage.fingerprint === null ? "" : " · not fully tracked"),
    })),
    problems: status.problems
      .filter(({ severity }) => severity !== "information")
      .map(({ severity, range, message }) => ({ severity, place: place(range), message })),
    cache: `${formatBytes(status.cache.bytes)} in ${path.relative(status.root, status.cache.folder)}`,
  };
}

/** The name, with its file where the name alone is not enough. */
export function labels(status: ProjectStatus): (stage: StageStatus) => string {
  const count = new Map<string, number>();
  for (const { name } of status.stages) count.set(name, (count.get(name) ?? 0) + 1);
  return ({ id, name }) => ((count.get(name) ?? 0) > 1 || name === "default" ? id : name);
}
