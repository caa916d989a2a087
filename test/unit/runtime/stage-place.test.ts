import assert from "node:assert/strict";
import { findPlace } from "../../../src/runtime/stage-place.js";

describe("The place of a stage in a stack", () => {
  const cases: readonly (readonly [string, string | null])[] = [
    ["at file:///w/a.ts:3:14", "/w/a.ts"],
    ["at async file:///w/a.ts:3:14", "/w/a.ts"],
    ["at Object.<anonymous> (/w/a (1).js:3:14)", "/w/a (1).js"],
    ["at make (file:///w/a%20b.ts:3:14)", "/w/a b.ts"],
    ["at file:///w/a.ts?t=12:3:14", "/w/a.ts"],
    ["at file:///C:/w/a.ts:3:14", "C:\\w\\a.ts"],
    ["at Object.<anonymous> (C:\\w\\a.js:3:14)", "C:\\w\\a.js"],
    ["at file://server/share/a.ts:3:14", "\\\\server\\share\\a.ts"],
    ["at eval (eval at <anonymous> (file:///w/a.ts:1:1), <anonymous>:3:14)", null],
    ["at node:internal/modules/run_main:3:14", null],
    ["at https://example.org/a.js:3:14", null],
  ];
  for (const [frame, file] of cases) {
    it(`reads ${frame}`, () => {
      const error = new Error();
      error.stack = `Error: x\n    at stage (file:///lib/runtime.mjs:1:1)\n    ${frame}`;
      assert.deepEqual(findPlace(error, null), file && { file, line: 3, column: 14, exportHint: null });
    });
  }

  it("is unknown where the program writes stacks in its own way", () => {
    const error = new Error();
    Object.assign(error, { stack: [{}] });
    assert.equal(findPlace(error, null), null);
  });
});
