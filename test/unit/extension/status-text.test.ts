import assert from "node:assert/strict";
import { nothingToRunText, statusBarText, statusBarTooltip } from "../../../src/extension/status-text.js";
import type { StageState } from "../../../src/protocol/status.js";
import { stageStatus } from "./statuses.js";

describe("stages summed up", () => {
  const stages = (...states: readonly StageState[]): ReturnType<typeof stageStatus>[] =>
    states.map((state, index) => stageStatus(`s${index}`, { state }));
  const bar = (...states: readonly StageState[]): string => statusBarText(stages(...states));

  it("are called fresh only when each of them is, or has nothing to be fresh (P17)", () => {
    assert.equal(bar("fresh", "uncached"), "$(check) Restage: fresh");
    const others: readonly StageState[] = ["new", "unknown", "stale", "blocked", "queued", "running", "failed"];
    for (const state of others) {
      assert.doesNotMatch(bar("fresh", state), /: fresh/, state);
      if (state === "unknown") assert.doesNotMatch(nothingToRunText(stages("fresh", state)), /Every stage is fresh/);
    }
  });

  it("say what matters most: failures, then what must run, then what is not known", () => {
    assert.deepEqual(
      [bar("failed", "stale", "unknown"), bar("new", "blocked", "unknown"), bar("unknown", "running"), bar("running")],
      [
        "$(error) Restage: 1 failed",
        "$(history) Restage: 2 stale",
        "$(question) Restage: 1 unknown",
        "$(sync~spin) Restage: 1 running",
      ],
    );
    assert.equal(statusBarTooltip(stages("stale", "unknown")), "2 stages, 1 to run, 1 unknown. Click for a list.");
  });

  it("say why nothing has to run", () => {
    assert.equal(nothingToRunText(stages("fresh", "uncached")), "Every stage is fresh.");
    assert.match(nothingToRunText(stages("fresh", "unknown")), /state of 1 stage is unknown/);
    assert.match(nothingToRunText(stages("fresh", "queued")), /running already/);
  });
});
