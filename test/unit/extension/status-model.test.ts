import assert from "node:assert/strict";
import { StatusModel, upstreamToRun } from "../../../src/extension/status-model.js";
import { projectStatus, resultSummary, stageId, stageStatus } from "./statuses.js";

describe("the status model", () => {
  const stateOf = (model: StatusModel): string | undefined => model.find("/p", stageId("a"))?.stage.state;

  it("ignores a status that an event has overtaken", () => {
    const model = new StatusModel();
    model.update(projectStatus([stageStatus("a", { state: "stale" })], { revision: 7 }));
    model.update(projectStatus([stageStatus("a", { state: "fresh" })], { revision: 6 }));
    assert.equal(stateOf(model), "stale");
  });

  it("takes what a new engine says, although it counts from the start, and drops what it does not know", () => {
    const model = new StatusModel();
    model.indexed([
      projectStatus([stageStatus("a")], { revision: 7 }),
      projectStatus([], { root: "/gone", revision: 3 }),
    ]);
    model.engineStarted();
    assert.equal(stateOf(model), "new", "what is shown stays until the engine speaks");
    model.indexed([projectStatus([stageStatus("a", { state: "fresh" })], { revision: 1 })]);
    assert.deepEqual([stateOf(model), model.projects().map(({ root }) => root)], ["fresh", ["/p"]]);
  });

  it("keeps an event of a new engine that comes before its answer", () => {
    const model = new StatusModel();
    model.update(projectStatus([stageStatus("a")], { revision: 7 }));
    model.engineStarted();
    model.update(projectStatus([stageStatus("a", { state: "fresh" })], { revision: 2 }));
    model.indexed([projectStatus([stageStatus("a", { state: "stale" })], { revision: 1 })]);
    assert.equal(stateOf(model), "fresh");
  });

  it("finds stages by file in the order of the project", () => {
    const model = new StatusModel();
    model.update(projectStatus([stageStatus("a"), stageStatus("b"), stageStatus("c", { file: "/p/src/c.ts" })]));
    assert.deepEqual(
      model.stagesOfFile("/p/src/a.ts").map(({ stage }) => stage.name),
      ["a", "b"],
    );
  });

  it("counts the upstream stages that must run, and stops at fresh ones (F83)", () => {
    const stages = [
      stageStatus("raw", { state: "stale", result: null }),
      stageStatus("kept", { state: "fresh", result: resultSummary(), upstream: [stageId("raw")] }),
      stageStatus("left", { state: "blocked", upstream: [stageId("raw")] }),
      stageStatus("right", { state: "new", upstream: [stageId("kept")] }),
      stageStatus("joined", { state: "blocked", upstream: [stageId("left"), stageId("right")] }),
    ];
    const names = upstreamToRun(projectStatus(stages), stageId("joined")).map(({ name }) => name);
    assert.deepEqual(names.sort(), ["left", "raw", "right"]);
  });

  it("ends the walk in a cycle", () => {
    const stages = [
      stageStatus("a", { state: "stale", upstream: [stageId("b")] }),
      stageStatus("b", { state: "stale", upstream: [stageId("a")] }),
    ];
    assert.deepEqual(
      upstreamToRun(projectStatus(stages), stageId("a")).map(({ name }) => name),
      ["b"],
    );
  });
});
