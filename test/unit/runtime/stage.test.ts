import assert from "node:assert/strict";
import { env, file, files, param, stage } from "../../../src/runtime/index.js";
import type { Inputs } from "../../../src/runtime/index.js";
import { isStage } from "../../../src/runtime/stage.js";

describe("Declaring stages", () => {
  const orders = stage({ raw: file("orders.csv") }, ({ raw }) => [{ raw, total: 1 }]);

  it("keeps the run function as written, for tests of it alone", () => {
    assert.deepEqual(orders.fn({ raw: "x" }), [{ raw: "x", total: 1 }]);
  });

  it("runs nothing", () => {
    let ran = false;
    stage({}, () => {
      ran = true;
    });
    assert.equal(ran, false);
  });

  it("takes every kind of input and view", () => {
    const inputs = {
      orders,
      rows: orders.rows(),
      table: orders.table(),
      stream: orders.stream(),
      path: orders.path(),
      columns: orders.columns("total"),
      logs: files("logs/*.json"),
      min: param("min", { low: [1, null] }),
      region: env("REGION"),
      home: env("HOME", "/"),
    };
    assert.ok(isStage(stage(inputs, () => 1)));
  });

  it("takes a function with a @stage comment as an input: that it has one is read from the source", () => {
    /** @stage */
    const sums = (): Promise<number[]> => Promise.resolve([1]);
    assert.equal(stage({ sums }, ({ sums: given }) => given.length).fn({ sums: [1, 2] }), 2);
  });

  it("cannot be changed afterwards", () => {
    assert.ok(Object.isFrozen(orders));
  });

  const wrong: readonly (readonly [string, readonly unknown[], RegExp])[] = [
    ["the function first", [() => 1], /takes its inputs first\. Write stage\(\{\}, run\)/],
    ["a list of inputs", [[orders], () => 1], /must be an object that names the inputs.*got an array/],
    ["a stage as the inputs", [orders, () => 1], /must be an object that names the inputs.*got a stage/],
    ["one input as the inputs", [file("x"), () => 1], /got a single input/],
    ["no function", [{ orders }], /second argument must be the function to run.*got undefined/],
    ["a stage as the function", [{}, orders], /second argument must be the function to run.*got a stage/],
    ["options that are none", [{}, () => 1, "1h"], /third argument must be an object of options/],
    [
      "an undefined input",
      [{ late: undefined }, () => 1],
      /input "late" is undefined\. A stage must be declared before/,
    ],
    ["a called stage", [{ orders: Promise.resolve([]) }, () => 1], /write orders, not orders\(\)/],
    ["a number as an input", [{ min: 100 }, () => 1], /Write param\("min", 100\)/],
  ];
  for (const [what, args, message] of wrong) {
    it(`refuses ${what}, and says what to write`, () => {
      const call = stage as unknown as (...args: readonly unknown[]) => unknown;
      assert.throws(() => call(...args), { name: "TypeError", message });
    });
  }

  it("refuses wrong arguments of inputs, and says what to write", () => {
    const untyped = { file, files, param, env } as unknown as { [name: string]: (...args: unknown[]) => Inputs };
    assert.throws(
      () => untyped["file"]!(),
      /file\(\) needs a path, for example file\("data\/orders\.csv"\); got undefined/,
    );
    assert.throws(() => untyped["files"]!(""), /needs a glob pattern.*got an empty string/);
    assert.throws(() => untyped["param"]!("min", new Date()), /param\("min", …\): the default must be/);
    assert.throws(() => untyped["env"]!("REGION", 1), /env\("REGION", …\): the default must be a string/);
  });
});
