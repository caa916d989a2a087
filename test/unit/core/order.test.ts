import assert from "node:assert/strict";
import { downstreams, reach, topologicalOrder } from "../../../src/core/order.js";
import type { StageId } from "../../../src/protocol/ids.js";

const graph = (edges: Record<string, string[]>): Map<StageId, StageId[]> =>
  new Map(Object.entries(edges)) as Map<StageId, StageId[]>;

describe("the order of stages", () => {
  it("puts each stage after all it needs, whatever the order they were found in", () => {
    const order = topologicalOrder(graph({ d: ["b", "c"], b: ["a"], c: ["a"], a: [] }));
    assert.deepEqual([...order.slice(0, 1), ...order.slice(1, 3).sort(), ...order.slice(3)], ["a", "b", "c", "d"]);
  });

  it("keeps members of a cycle, at the end, and ignores upstreams that do not exist (F21, F3)", () => {
    assert.deepEqual(topologicalOrder(graph({ a: ["b"], b: ["a"], c: ["gone"] })), ["c", "a", "b"]);
  });

  it("copes with a chain of 20,000 stages (snakemake dies at 1,000)", () => {
    const chain = new Map(
      Array.from({ length: 20_000 }, (_, i) => [`s${i}` as StageId, i === 0 ? [] : [`s${i - 1}` as StageId]]),
    );
    assert.equal(topologicalOrder(chain).length, 20_000);
    assert.equal(reach(["s0" as StageId], downstreams(chain)).size, 20_000);
  });
});
