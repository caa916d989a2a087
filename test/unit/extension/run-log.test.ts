import assert from "node:assert/strict";
import { RunLog } from "../../../src/extension/run-log.js";
import { RunProgress } from "../../../src/extension/run-progress.js";
import type { RunEvent } from "../../../src/protocol/events.js";
import type { RunId } from "../../../src/protocol/ids.js";
import { resultSummary, stageId } from "./statuses.js";

const run = "r" as RunId;
const a = stageId("a");
const location = { file: "/p/src/a.ts", line: 7, column: 3 };
const events: readonly RunEvent[] = [
  { type: "run-started", run, stages: [a, stageId("b")] },
  { type: "stage-started", run, stage: a, reasons: [{ kind: "never-run" }], attempt: 1 },
  { type: "stage-log", run, stage: a, stream: "stdout", text: "\u001b[31mhalf a " },
  { type: "stage-log", run, stage: a, stream: "stderr", text: "careful\n" },
  { type: "stage-log", run, stage: a, stream: "stdout", text: "line\u001b[0m\nno end" },
  { type: "stage-progress", run, stage: a, fraction: 0.4, message: null },
  { type: "stage-ended", run, stage: a, outcome: { outcome: "ran", result: resultSummary(), unchanged: true } },
  {
    type: "stage-ended",
    run,
    stage: stageId("b"),
    outcome: {
      outcome: "failed",
      failure: {
        reason: "stage-threw",
        stage: stageId("b"),
        name: "TypeError",
        message: "no \u0007bell",
        stack: [{ function: "shout", location, text: "" }],
        location,
      },
    },
  },
  { type: "run-ended", run, summary: { run, ok: false, cancelled: false, durationMs: 120, outcomes: [] } },
];

describe("the log of a run", () => {
  it("has whole lines of plain text, each under its stage's name, with the place of an error", () => {
    const lines: string[] = [];
    const log = new RunLog({
      info: (text) => lines.push(`info ${text}`),
      warn: (text) => lines.push(`warn ${text}`),
      error: (text) => lines.push(`error ${text}`),
    });
    for (const event of events) log.handle(event);
    assert.deepEqual(lines, [
      "info Run of 2 stages: a, b",
      "info [a] started",
      "info [a] because: It never ran.",
      "warn [a] careful",
      "info [a] half a line",
      "info [a] no end",
      "info [a] done: 344 rows · 12.3 KB · 48 ms (the same result as before)",
      "error [b] b: TypeError: no bell",
      "error [b]     at /p/src/a.ts:7:3 (shout)",
      "info Run failed after 120 ms",
    ]);
  });

  it("and its progress say how far it is", () => {
    const progress = new RunProgress();
    const texts = events.map((event) => {
      progress.handle(event);
      return progress.text;
    });
    assert.deepEqual(texts, ["0/2", "0/2 · a", "0/2 · a", "0/2 · a", "0/2 · a", "0/2 · a 40 %", "1/2", "2/2", "2/2"]);
  });
});
