/** Writes runs into the output channel, live, one `[stage]` prefix per line. */
import { describeCheck, describeFailure, describeReason, describeResult, stageName } from "../core/describe.js";
import { formatDuration, formatQuantity } from "../core/format.js";
import type { RunEvent, StageOutcome } from "../protocol/events.js";
import type { Failure } from "../protocol/failure.js";
import type { StageId } from "../protocol/ids.js";
import { unreachable } from "../protocol/unreachable.js";
import { plainText } from "../core/plain-text.js";
import { LineSplitter } from "./log-filter.js";

/** The part of an output channel that is used; the editor's log channel is one. */
export interface LogSink {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

export class RunLog {
  readonly #sink: LogSink;
  readonly #splitters = new Map<string, LineSplitter>();

  constructor(sink: LogSink) {
    this.#sink = sink;
  }

  handle(event: RunEvent): void {
    switch (event.type) {
      case "run-started":
        this.#sink.info(
          `Run of ${formatQuantity(event.stages.length, "stage")}: ${event.stages.map(stageName).join(", ")}`,
        );
        return;
      case "stage-started": {
        const again = event.attempt > 1 ? ` (attempt ${event.attempt})` : "";
        this.#write(event.stage, `started${again}`);
        for (const reason of event.reasons) this.#write(event.stage, `because: ${describeReason(reason)}`);
        return;
      }
      case "stage-log": {
        const lines = this.#splitter(event.run, event.stage, event.stream).push(event.text);
        for (const line of lines) this.#line(event.stage, event.stream, line);
        return;
      }
      case "stage-progress":
        return;
      case "stage-ended":
        for (const stream of ["stdout", "stderr", "log"] as const) {
          const key = splitterKey(event.run, event.stage, stream);
          for (const line of this.#splitters.get(key)?.end() ?? []) this.#line(event.stage, stream, line);
          this.#splitters.delete(key);
        }
        this.#ended(event.stage, event.outcome);
        return;
      case "run-ended": {
        const { summary } = event;
        const how = summary.cancelled ? "cancelled" : summary.ok ? "done" : "failed";
        this.#sink.info(`Run ${how} after ${formatDuration(summary.durationMs)}`);
        return;
      }
      default:
        unreachable(event);
    }
  }

  #ended(stage: StageId, outcome: StageOutcome): void {
    switch (outcome.outcome) {
      case "ran": {
        const same = outcome.unchanged ? " (the same result as before)" : "";
        this.#write(stage, `done: ${describeResult(outcome.result)}${same}`);
        return;
      }
      case "reused":
        this.#write(stage, `reused: ${describeResult(outcome.result)}`);
        return;
      case "checked":
        this.#write(stage, plainText(describeCheck(stage, outcome.check)));
        return;
      case "skipped":
        this.#write(stage, `skipped: ${plainText(describeFailure(outcome.failure))}`);
        return;
      case "failed":
        this.#failure(stage, outcome.failure);
        return;
      default:
        unreachable(outcome);
    }
  }

  #failure(stage: StageId, failure: Failure): void {
    const lines = plainText(describeFailure(failure)).split("\n");
    if ("stack" in failure && typeof failure.stack !== "string") {
      for (const frame of failure.stack) {
        const { location } = frame;
        const place = location === null ? frame.text.trim() : `at ${location.file}:${location.line}:${location.column}`;
        const where = location === null || frame.function === null ? "" : ` (${frame.function})`;
        lines.push(plainText(`    ${place}${where}`));
      }
    }
    for (const line of lines) this.#sink.error(`[${stageName(stage)}] ${line}`);
  }

  #write(stage: StageId, text: string): void {
    this.#sink.info(`[${stageName(stage)}] ${text}`);
  }

  #line(stage: StageId, stream: "stdout" | "stderr" | "log", line: string): void {
    const text = `[${stageName(stage)}] ${line}`;
    if (stream === "stderr") this.#sink.warn(text);
    else this.#sink.info(text);
  }

  #splitter(run: string, stage: string, stream: string): LineSplitter {
    const key = splitterKey(run, stage, stream);
    const known = this.#splitters.get(key);
    if (known !== undefined) return known;
    const splitter = new LineSplitter();
    this.#splitters.set(key, splitter);
    return splitter;
  }
}

function splitterKey(run: string, stage: string, stream: string): string {
  return `${run}\0${stage}\0${stream}`;
}
