import assert from "node:assert/strict";
import { parseFromPreview, parsePreviewState, parseStageTarget } from "../../../src/extension/stage-target.js";

describe("arguments and messages from outside (security rows 5 and 6)", () => {
  const digest = "0123456789abcdef".repeat(4);

  it("accept what the preview panel sends", () => {
    const read = { type: "read", request: 1, digest, start: 0, count: 100 };
    assert.deepEqual([parseFromPreview({ type: "ready" }), parseFromPreview(read)], [{ type: "ready" }, read]);
  });

  for (const [what, value] of Object.entries({
    "no object": "ready",
    null: null,
    "an unknown type": { type: "exec", command: "rm" },
    "a digest that is a path": { type: "read", request: 1, digest: "../../etc/passwd", start: 0, count: 1 },
    "a digest in capitals": { type: "read", request: 1, digest: digest.toUpperCase(), start: 0, count: 1 },
    "a negative start": { type: "read", request: 1, digest, start: -1, count: 1 },
    "a fraction": { type: "read", request: 1, digest, start: 0.5, count: 1 },
    "more rows than one message may ask for": { type: "read", request: 1, digest, start: 0, count: 1e9 },
    "no rows": { type: "read", request: 1, digest, start: 0, count: 0 },
    infinity: { type: "read", request: 1, digest, start: Infinity, count: 1 },
    "a field too many": { type: "ready", __proto__: null, extra: 1 },
  })) {
    it(`drop a message with ${what}`, () => assert.equal(parseFromPreview(value), null));
  }

  it("take a stage from a lens, a tree node or a keybinding, and nothing else", () => {
    const node = { root: "/p", stage: "src/a.ts#a", digest: null, label: "a", context: "stage" };
    assert.deepEqual(parseStageTarget(node), { root: "/p", stage: "src/a.ts#a", digest: null });
    for (const value of [
      undefined,
      "src/a.ts#a",
      { root: "/p" },
      { root: "/p", stage: 1 },
      { root: "/p", stage: "a", digest: "x" },
    ]) {
      assert.equal(parseStageTarget(value), null);
    }
  });

  it("give a panel back what it kept, unless somebody else wrote it", () => {
    const state = { root: "/p", stage: "src/a.ts#a", digest: null };
    assert.deepEqual(parsePreviewState(state), state);
    assert.equal(parsePreviewState({ ...state, digest: "x" }), null);
    assert.equal(parsePreviewState(undefined), null);
  });
});
