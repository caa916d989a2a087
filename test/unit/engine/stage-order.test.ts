import assert from "node:assert/strict";
import { StageOrders } from "../../../src/engine/stage-order.js";
import type { StageId } from "../../../src/protocol/ids.js";
import type { StageDeclaration } from "../../../src/protocol/stage.js";

const id = (name: string): StageId => `a.ts#${name}` as StageId;

/** Stages with the names of those they use. */
function declared(graph: { readonly [name: string]: readonly string[] }): Map<StageId, StageDeclaration> {
  const range = { file: "/a.ts", line: 1, column: 1, endLine: 1, endColumn: 2 };
  return new Map(
    Object.entries(graph).map(([name, uses]): [StageId, StageDeclaration] => [
      id(name),
      {
        id: id(name),
        name,
        file: "/a.ts",
        range,
        nameRange: range,
        form: "wrapped",
        inputs: uses.map((use) => ({ kind: "stage", name: use, stage: id(use), view: { as: "rows" } })),
        options: {},
        problems: [],
      },
    ]),
  );
}

describe("How stages hang together", () => {
  it("is the same object while each stage needs the same ones", () => {
    const orders = new StageOrders();
    const first = orders.of(declared({ a: ["b"], b: [] }));
    assert.deepEqual(first.order, [id("b"), id("a")]);
    assert.equal(orders.of(declared({ a: ["b"], b: [] })), first);
  });

  it("is made again for every other set of stages, order of stages or upstreams (F21)", () => {
    const orders = new StageOrders();
    orders.of(declared({ a: ["b"], b: [] }));
    assert.deepEqual(orders.of(declared({ a: ["b"], b: ["a"] })).cycles.get(id("a")), [id("a"), id("b")]);
    assert.equal(orders.of(declared({ a: [], b: ["a"] })).cycles.size, 0);
    assert.deepEqual(orders.of(declared({ b: ["a"], a: [] })).users.get(id("a")), [id("b")]);
    assert.deepEqual(orders.of(declared({ b: [], a: [] })).order, [id("b"), id("a")]);
    assert.deepEqual(orders.of(declared({ b: [] })).order, [id("b")]);
    assert.deepEqual(orders.of(declared({ b: [], c: ["b"] })).users.get(id("b")), [id("c")]);
  });
});
