import { randomUUID } from "node:crypto";
import { describeFailure, describeReasonShort, describeResult, stageName } from "../../core/describe.js";
import { formatDuration, formatQuantity } from "../../core/format.js";
import { plainText } from "../../core/plain-text.js";
import type { RunEvent, RunRequest, RunSummary } from "../../protocol/events.js";
import type { Failure } from "../../protocol/failure.js";
import type { RunId } from "../../protocol/ids.js";
import { EXIT, type ExitCode } from "../exit-codes.js";
import { selectStage } from "../select-stage.js";
import { printJson, type Session } from "../session.js";
import { printNothingToRun } from "../status-view.js";
import { paint, type Terminal } from "../terminal.js";

export interface RunOptions {
  readonly stages: readonly string[];
  readonly force: boolean;
  readonly downstream: boolean;
  readonly light: boolean;
}

export async function runCommand(session: Session, options: RunOptions): Promise<ExitCode> {
  const status = await session.status();
  const request: RunRequest = {
    stages:
      options.stages.length === 0
        ? options.force
          ? status.stages.map((s) => s.id)
          : "stale"
        : options.stages.map((name) => selectStage(status, name)),
    downstream: options.downstream,
    force: options.force,
    light: options.light,
  };
  const run = randomUUID() as string as RunId;
  const stop = session.engine.onEvent.on((event) => {
    if (event.type === "run" && !session.json) print(session.terminal, event.event);
  });
  // The first Ctrl-C ends the stages and files nothing half-done; a second one ends at once.
  const onInterrupt = (): void => void session.engine.cancel({ run });
  process.once("SIGINT", onInterrupt);
  process.once("SIGTERM", onInterrupt);
  try {
    const summary = await session.engine.run({ root: session.root, request, run });
    if (session.json) printJson(session, summary);
    else printSummary(session.terminal, summary, status.stages.filter((s) => s.state === "fresh").length);
    return summary.ok && !summary.cancelled ? EXIT.ok : EXIT.failed;
  } finally {
    stop();
    process.off("SIGINT", onInterrupt);
    process.off("SIGTERM", onInterrupt);
  }
}

function print(terminal: Terminal, event: RunEvent): void {
  switch (event.type) {
    case "stage-started": {
      // What its upstreams waited for is past now.
      const own = event.reasons.filter((reason) => reason.kind !== "upstream-stale");
      const why = event.attempt > 1 ? `attempt ${event.attempt}` : own.map(describeReasonShort).join("; ");
      terminal.out(`${paint(terminal, "cyan", "▶")} ${stageName(event.stage)} ${paint(terminal, "dim", why)}`);
      return;
    }
    case "stage-log":
      // A stage's output may hold what a terminal obeys.
      for (const line of plainText(event.text).replace(/\n$/, "").split("\n"))
        terminal.err(`${paint(terminal, "dim", `  ${stageName(event.stage)} │`)} ${line}`);
      return;
    case "stage-ended":
      printOutcome(terminal, event);
      return;
    case "run-started":
    case "stage-progress":
    case "run-ended":
      return;
  }
}

function printOutcome(terminal: Terminal, { stage, outcome }: Extract<RunEvent, { type: "stage-ended" }>): void {
  const name = stageName(stage);
  switch (outcome.outcome) {
    case "ran":
      terminal.out(
        `${paint(terminal, "green", "✓")} ${name} ran · ${describeResult(outcome.result)}${outcome.unchanged ? " · same result as before" : ""}`,
      );
      return;
    case "reused":
      terminal.out(`${paint(terminal, "green", "✓")} ${name} reused · ${describeResult(outcome.result)}`);
      return;
    // `restage check` prints what it found when the run has ended.
    case "checked":
      return;
    case "skipped":
      terminal.out(`${paint(terminal, "dim", "–")} ${describeFailure(outcome.failure)}`);
      return;
    case "failed":
      printFailure(terminal, outcome.failure);
      return;
  }
}

function printFailure(terminal: Terminal, failure: Failure): void {
  terminal.err(`${paint(terminal, "red", "✗")} ${describeFailure(failure)}`);
  if ("location" in failure && failure.location !== null) {
    terminal.err(`    at ${failure.location.file}:${failure.location.line}:${failure.location.column}`);
  }
  if ("stack" in failure && typeof failure.stack !== "string") {
    for (const frame of failure.stack.slice(0, 12)) terminal.err(paint(terminal, "dim", `    ${frame.text}`));
  }
  if ("output" in failure && failure.output !== "")
    terminal.err(
      paint(
        terminal,
        "dim",
        failure.output
          .trimEnd()
          .split("\n")
          .slice(-8)
          .map((line) => `    ${line}`)
          .join("\n"),
      ),
    );
}

function printSummary(terminal: Terminal, summary: RunSummary, reusable: number): void {
  const count = (outcome: string): number => summary.outcomes.filter((o) => o.outcome.outcome === outcome).length;
  if (summary.outcomes.length === 0) {
    printNothingToRun(terminal, reusable);
    return;
  }
  const parts = [`${count("ran")} ran`, `${count("reused")} reused`];
  if (count("failed") > 0) parts.push(`${count("failed")} failed`);
  if (count("skipped") > 0) parts.push(`${count("skipped")} not run`);
  terminal.out("");
  terminal.out(
    paint(
      terminal,
      "dim",
      `${formatQuantity(summary.outcomes.length, "stage")}: ${parts.join(", ")} · ${formatDuration(summary.durationMs)}${summary.cancelled ? " · cancelled" : ""}`,
    ),
  );
}
