import { randomUUID } from "node:crypto";
import { describeCheck, describeFailure, stageName } from "../../core/describe.js";
import type { RunId, StageId } from "../../protocol/ids.js";
import { EXIT, type ExitCode } from "../exit-codes.js";
import { selectStage } from "../select-stage.js";
import { printJson, type Session } from "../session.js";

/** Runs each stage twice on the same inputs and says whether it gave the same. */
export async function checkCommand(session: Session, names: readonly string[]): Promise<ExitCode> {
  const status = await session.status();
  const stages: readonly StageId[] = [...new Set(names.map((name) => selectStage(status, name)))];
  const run = randomUUID() as string as RunId;
  const onInterrupt = (): void => void session.engine.cancel({ run });
  process.once("SIGINT", onInterrupt);
  process.once("SIGTERM", onInterrupt);
  try {
    const request = { stages, downstream: false, force: false, check: true };
    const { outcomes } = await session.engine.run({ root: session.root, request, run });
    const checked = outcomes.filter(({ stage }) => stages.includes(stage));
    if (session.json) printJson(session, { version: 1, checks: checked });
    else
      for (const { stage, outcome } of checked) {
        if (outcome.outcome === "checked") session.terminal.out(describeCheck(stage, outcome.check));
        else if ("failure" in outcome) session.terminal.err(describeFailure(outcome.failure));
        else session.terminal.err(`${stageName(stage)} is frozen and was not run.`);
      }
    if (checked.some(({ outcome }) => outcome.outcome !== "checked")) return EXIT.failed;
    return checked.every(({ outcome }) => outcome.outcome === "checked" && outcome.check.same)
      ? EXIT.ok
      : EXIT.different;
  } finally {
    process.off("SIGINT", onInterrupt);
    process.off("SIGTERM", onInterrupt);
  }
}
