import { describeAccepted, describeCheck, describeHint, describeReason, describeState } from "../../core/describe.js";
import { EXIT, type ExitCode } from "../exit-codes.js";
import { selectStage } from "../select-stage.js";
import { printJson, type Session } from "../session.js";
import { paint } from "../terminal.js";

export async function whyCommand(session: Session, name: string): Promise<ExitCode> {
  const status = await session.status();
  const id = selectStage(status, name);
  const stage = status.stages.find((s) => s.id === id);
  const report = await session.engine.why({ root: session.root, stage: id });
  if (session.json) {
    printJson(session, {
      version: 1,
      stage: id,
      state: stage?.state ?? null,
      reasons: report.reasons,
      ignored: stage?.ignored ?? [],
      accepted: stage?.accepted ?? null,
      hints: stage?.hints ?? [],
      lastResult: report.lastResult,
    });
    return EXIT.ok;
  }
  const { terminal } = session;
  terminal.out(`${paint(terminal, "bold", id)}: ${stage === undefined ? "unknown" : describeState(stage)}`);
  for (const reason of report.reasons) terminal.out(`  • ${describeReason(reason)}`);
  const accepted = stage?.accepted ?? null;
  if (accepted !== null) terminal.out(`  ${describeAccepted(accepted)}`);
  const ignored = stage?.ignored ?? [];
  if (report.reasons.length + ignored.length === 0 && accepted === null)
    terminal.out("  Nothing it depends on changed since its result was made.");
  for (const reason of ignored)
    terminal.out(paint(terminal, "dim", `  – ${describeReason(reason)} By its cue this does not count.`));
  if (stage?.checked?.same === false)
    terminal.out(paint(terminal, "yellow", `  ! ${describeCheck(id, stage.checked)}`));
  for (const hint of stage?.hints ?? []) terminal.out(paint(terminal, "yellow", `  ! ${describeHint(hint)}`));
  for (const place of stage?.untracked ?? [])
    terminal.out(
      paint(terminal, "yellow", `  ! not fully tracked: ${place.what} (${place.location.file}:${place.location.line})`),
    );
  return EXIT.ok;
}
