import {
  describeAccepted,
  describeCheck,
  describeHint,
  describeReason,
  describeState,
  displayName,
} from "../../core/describe.js";
import type { CodeChange, WhyReport } from "../../protocol/engine-api.js";
import type { SliceEntry } from "../../protocol/fingerprint.js";
import type { StageStatus } from "../../protocol/status.js";
import { EXIT, type ExitCode } from "../exit-codes.js";
import { projectPath, withProjectPaths } from "../project-paths.js";
import { selectStage } from "../select-stage.js";
import { printJson, type Session } from "../session.js";
import { paint, type Terminal } from "../terminal.js";
import { printDiff, unifiedDiff } from "../unified-diff.js";

export async function whyCommand(
  session: Session,
  name: string,
  options: { readonly diff: boolean },
): Promise<ExitCode> {
  const status = await session.status();
  const id = selectStage(status, name);
  const stage = status.stages.find((s) => s.id === id);
  const report = await session.engine.why({ root: session.root, stage: id });
  if (session.json) {
    printJson(session, whyJson(session.root, report, stage));
    return EXIT.ok;
  }
  const { terminal } = session;
  terminal.out(`${paint(terminal, "bold", id)}: ${stage === undefined ? "unknown" : describeState(stage)}`);
  const reasons = report.reasons.filter((reason) => reason.kind !== "not-tracked");
  for (const reason of reasons)
    terminal.out(`  • ${describeReason(withProjectPaths(session.root, [reason])[0] ?? reason)}`);
  const accepted = stage?.accepted ?? null;
  if (accepted !== null) terminal.out(`  ${describeAccepted(accepted)}`);
  const ignored = stage?.ignored ?? [];
  if (reasons.length + ignored.length === 0 && accepted === null)
    terminal.out("  Nothing it depends on changed since its result was made.");
  for (const reason of ignored)
    terminal.out(paint(terminal, "dim", `  – ${describeReason(reason)} By its cue this does not count.`));
  if (stage?.checked?.same === false)
    terminal.out(paint(terminal, "yellow", `  ! ${describeCheck(id, stage.checked)}`));
  for (const hint of stage?.hints ?? []) terminal.out(paint(terminal, "yellow", `  ! ${describeHint(hint)}`));
  for (const place of stage?.untracked ?? [])
    terminal.out(
      paint(
        terminal,
        "yellow",
        `  ! not fully tracked: ${place.what} (${projectPath(session.root, place.location.file)}:${place.location.line})`,
      ),
    );
  if (options.diff) printChanges(terminal, report);
  return EXIT.ok;
}

/** The stable shape other programs read: media/why.schema.json describes it. */
function whyJson(root: string, report: WhyReport, stage: StageStatus | undefined): unknown {
  return {
    version: 1,
    project: root,
    stage: report.stage,
    state: stage?.state ?? null,
    reasons: withProjectPaths(root, report.reasons),
    ignored: withProjectPaths(root, stage?.ignored ?? []),
    accepted: stage?.accepted ?? null,
    hints: stage?.hints ?? [],
    checked: stage?.checked ?? null,
    code: report.code.map((change) => ({
      change: change.change,
      name: partOf(change)?.name ?? null,
      kind: partOf(change)?.kind ?? null,
      was: sideOf(change.was),
      now: sideOf(change.now),
      diff: unifiedDiff(change),
    })),
    lastResult: report.lastResult,
  };
}

function printChanges(terminal: Terminal, { code, then, reasons }: WhyReport): void {
  terminal.out("");
  if (code.length === 0) {
    const never = then === null && reasons.length > 0;
    terminal.out(never ? "There is no result to compare its code with." : "Its code is what it was.");
    return;
  }
  for (const change of code) {
    const part = partOf(change);
    if (part === null) continue;
    terminal.out(paint(terminal, "dim", `${displayName(part)} ${change.change} · ${part.file}:${part.line}`));
    const diff = unifiedDiff(change);
    if (diff === null) terminal.out(`The content of ${part.file} is another; the old one is not kept.`);
    else printDiff(terminal, diff);
    terminal.out("");
  }
}

function partOf({ was, now }: CodeChange): SliceEntry | null {
  return now ?? was;
}

function sideOf(entry: SliceEntry | null): unknown {
  return entry === null ? null : { file: entry.file, line: entry.line, text: entry.text };
}
