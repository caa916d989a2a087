import { describeAcceptance } from "../../core/describe.js";
import { formatQuantity } from "../../core/format.js";
import { EXIT, type ExitCode } from "../exit-codes.js";
import { selectStage } from "../select-stage.js";
import { printJson, type Session } from "../session.js";

/** Takes the last results of stages for what they would give now, or takes that back. */
export async function acceptCommand(
  session: Session,
  names: readonly string[],
  options: { readonly undo: boolean },
): Promise<ExitCode> {
  const status = await session.status();
  const stages = [...new Set(names.map((name) => selectStage(status, name)))];
  const report = await session.engine.accept({ root: session.root, stages, undo: options.undo });
  const refused = report.results.some(({ outcome }) => outcome.outcome === "refused");
  if (session.json) printJson(session, { version: 1, ...report });
  else
    for (const { stage, outcome } of report.results) {
      const text = describeAcceptance(stage, outcome);
      if (outcome.outcome === "refused") session.terminal.err(text);
      else session.terminal.out(text);
    }
  return refused ? EXIT.failed : EXIT.ok;
}

/** Withdraws trust from results; the data stays. */
export async function invalidateCommand(session: Session, names: readonly string[]): Promise<ExitCode> {
  const status = await session.status();
  const stages = [...new Set(names.map((name) => selectStage(status, name)))];
  const report = await session.engine.invalidate({ root: session.root, stages });
  if (session.json) printJson(session, { version: 1, ...report });
  else
    session.terminal.out(
      `${formatQuantity(report.records, "result")} of ${formatQuantity(stages.length, "stage")} not trusted any more; the data stays until it is cleared.`,
    );
  return EXIT.ok;
}
