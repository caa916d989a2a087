import assert from "node:assert/strict";
import { upstreamReasons } from "../../../src/engine/upstream-reasons.js";
import type { StageId } from "../../../src/protocol/ids.js";
import type { StaleReason } from "../../../src/protocol/reason.js";
import type { StageState } from "../../../src/protocol/status.js";

const id = (name: string): StageId => `p.ts#${name}` as StageId;
const changed = (name: string): StaleReason => ({
  kind: "code-changed",
  declarations: [{ change: "modified", name, kind: "function", file: "src/lib.ts", line: 7 }],
});

/** Evaluates stages in the order given: each with its upstreams and its own reasons. */
function evaluated(
  stages: readonly (readonly [
    name: string,
    upstreams: readonly string[],
    own: readonly StaleReason[],
    state?: StageState,
  ])[],
): (name: string) => readonly [root: string, through: string, distance: number, because: string][] {
  const done = new Map<StageId, { state: StageState; reasons: readonly StaleReason[] }>();
  for (const [name, upstreams, own, state] of stages) {
    const waiting = upstreams.map(id).filter((up) => done.get(up)?.state !== "fresh");
    const reasons = [...own, ...upstreamReasons(waiting, done)];
    done.set(id(name), {
      state: state ?? (own.length > 0 ? "stale" : reasons.length > 0 ? "blocked" : "fresh"),
      reasons,
    });
  }
  return (name) =>
    (done.get(id(name))?.reasons ?? []).flatMap((reason): [string, string, number, string][] =>
      reason.kind === "upstream-stale"
        ? [[reason.root.slice(5), reason.stage.slice(5), reason.distance, reason.because]]
        : [],
    );
}

describe("reasons from upstream", () => {
  it("name the root through a chain of five, with its reasons as data and how far up it is (P22, P24)", () => {
    const of = evaluated([
      ["a", [], [changed("clean"), { kind: "result-missing", digest: "d" }]],
      ["b", ["a"], []],
      ["c", ["b"], []],
      ["d", ["c"], []],
      ["e", ["d"], []],
    ]);
    assert.deepEqual(of("b"), [["a", "a", 1, "clean() changed"]]);
    assert.deepEqual(of("e"), [["a", "d", 4, "clean() changed"]]);
  });

  it("say a root once in a diamond, by the shortest way", () => {
    const of = evaluated([
      ["a", [], [changed("clean")]],
      ["b", ["a"], []],
      ["c", ["b"], []],
      ["d", ["c", "a", "b", "a"], []],
    ]);
    assert.deepEqual(of("d"), [["a", "a", 1, "clean() changed"]]);
  });

  it("name every root, the nearest first, and one that waits itself as well when it has reasons of its own", () => {
    const of = evaluated([
      ["a", [], [changed("clean")]],
      ["b", ["a"], [changed("add")]],
      ["x", [], [{ kind: "input-missing", input: "raw", path: "x.csv", detail: "gone" }]],
      ["c", ["b", "x"], []],
    ]);
    assert.deepEqual(of("c"), [
      ["b", "b", 1, "add() changed"],
      ["x", "x", 1, "x.csv is missing"],
      ["a", "b", 2, "clean() changed"],
    ]);
  });

  it("leave out that a stage never ran where one above it must run first", () => {
    const never: StaleReason = { kind: "never-run" };
    const of = evaluated([
      ["a", [], [never], "new"],
      ["b", ["a"], [never], "new"],
      ["c", ["b"], [never], "new"],
    ]);
    assert.deepEqual(of("c"), [["a", "b", 2, "never run"]]);
  });

  it("say that an upstream failed, or is not there", () => {
    const of = evaluated([
      ["a", [], [changed("clean")], "failed"],
      ["b", ["a", "gone"], []],
    ]);
    assert.deepEqual(of("b"), [
      ["a", "a", 1, "it failed"],
      ["gone", "gone", 1, "it does not exist"],
    ]);
  });

  it("are at most twenty, however many stages are stale above", () => {
    const many = Array.from({ length: 50 }, (_, n) => `s${n}`);
    const of = evaluated([...many.map((name) => [name, [], [changed(name)]] as const), ["z", many, []]]);
    assert.equal(of("z").length, 20);
  });
});
