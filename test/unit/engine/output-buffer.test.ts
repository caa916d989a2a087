import assert from "node:assert/strict";
import { OutputBuffer } from "../../../src/engine/output-buffer.js";

describe("what a stage prints", () => {
  it("comes in order and is given on when flushed", () => {
    const sent: string[] = [];
    const buffer = new OutputBuffer((text) => sent.push(text));
    buffer.append("a");
    buffer.append("b\n");
    buffer.flush();
    buffer.flush();
    assert.deepEqual(sent, ["ab\n"]);
  });

  it("is bounded in a flood, says how much was left out, and keeps its end (C6)", () => {
    const sent: string[] = [];
    const buffer = new OutputBuffer((text) => sent.push(text));
    for (let i = 0; i < 2000; i++) buffer.append("x".repeat(1000));
    buffer.append("the end");
    buffer.flush();
    assert.ok(sent.join("").length < 300_000);
    assert.match(sent.join(""), /… 1\d{6} characters of output left out …/);
    assert.ok(buffer.tail().endsWith("the end"));
  });
});
