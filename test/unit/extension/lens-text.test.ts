import assert from "node:assert/strict";
import { escapeIcons, lensesOf } from "../../../src/extension/lens-text.js";
import type { StaleReason } from "../../../src/protocol/reason.js";
import { resultSummary, stageId, stageStatus } from "./statuses.js";

const codeChanged: StaleReason = {
  kind: "code-changed",
  declarations: [{ change: "modified", name: "clean", kind: "function", file: "src/lib.ts", line: 3 }],
};

describe("lenses of a stage (F83)", () => {
  const titles = (...args: Parameters<typeof lensesOf>): readonly string[] =>
    lensesOf(...args).map(({ title }) => title.replaceAll("\u00a0", " "));

  it("show the facts of a fresh result, and offer to run it again and to look at it", () => {
    assert.deepEqual(titles(stageStatus("a", { state: "fresh", result: resultSummary() }), 0), [
      "$(check) fresh · 344 rows · 12.3 KB · 48 ms",
      "$(refresh) Run Again",
      "$(table) Preview",
    ]);
  });

  it("say why a stage is stale, keep its older result in reach, and explain on request", () => {
    const stage = stageStatus("a", { state: "stale", reasons: [codeChanged], lastResult: resultSummary() });
    const lenses = lensesOf(stage, 0);
    assert.deepEqual(
      lenses.map(({ title, action }) => [title.replaceAll("\u00a0", " "), action]),
      [
        ["$(history) stale: clean() changed", null],
        ["$(play) Run", "run"],
        ["$(table) Preview", "preview"],
        ["$(question) Why", "why"],
      ],
    );
    assert.equal(lenses[0]?.tooltip, "The code changed: clean() changed (src/lib.ts:3).");
  });

  it("offer one action that also runs what the stage needs", () => {
    const reason: StaleReason = {
      kind: "upstream-stale",
      stage: stageId("up"),
      root: stageId("up"),
      because: "clean() changed",
      causes: [],
      distance: 1,
    };
    assert.deepEqual(titles(stageStatus("a", { state: "blocked", reasons: [reason] }), 2), [
      "$(arrow-circle-up) blocked: up: clean() changed",
      "$(play) Run with 2 upstream",
      "$(question) Why",
    ]);
  });

  it("say only what is true of a stage that never ran", () => {
    assert.deepEqual(titles(stageStatus("a", { reasons: [{ kind: "never-run" }] }), 0), [
      "$(circle-large-outline) new",
      "$(play) Run",
    ]);
  });

  it("turn while a stage runs, and offer to stop it", () => {
    const stage = stageStatus("a", { state: "running", lastResult: resultSummary() });
    assert.deepEqual(titles(stage, 0), ["$(sync~spin) running…", "$(debug-stop) Cancel", "$(table) Preview"]);
    assert.equal(titles({ ...stage, runningOlder: true }, 0)[0], "$(sync~spin) running an older version…");
  });

  it("show the error of a failed stage without letting its text become icons (security row 6)", () => {
    const failure = {
      reason: "stage-threw",
      stage: stageId("a"),
      name: "Error",
      message: "no $(trash) here\nsecond line",
      stack: [],
      location: null,
    } as const;
    assert.equal(
      titles(stageStatus("a", { state: "failed", failure }), 0)[0],
      "$(error) failed: Error: no \\$(trash) here",
    );
    assert.equal(escapeIcons("a $(b) $(c)"), "a \\$(b) \\$(c)");
  });

  it("mark a stage whose code cannot be followed everywhere, and name the place", () => {
    const location = { file: "/p/src/a.ts", line: 7, column: 1 };
    const stage = stageStatus("a", {
      state: "fresh",
      result: resultSummary(),
      fullyTracked: false,
      untracked: [{ what: "computed import()", location }],
    });
    const [state] = lensesOf(stage, 0);
    assert.match(state?.title ?? "", /\$\(eye-closed\)\u00a0not fully tracked$/);
    assert.match(state?.tooltip ?? "", /computed import\(\) \(line 7\)/);
  });
});
