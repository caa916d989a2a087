import assert from "node:assert/strict";
import { plainText } from "../../../src/core/plain-text.js";

describe("plain text of what a stage printed", () => {
  it("has lost everything a terminal would act on, and nothing else (security row 16)", () => {
    const evil =
      "a\u001b[31mred\u001b[0m\u001b]0;title\u0007b\u001bPq#1\u001b\\c\u0008\u009b1m\u202Ed\te\r\nf\rg\u0000";
    assert.equal(plainText(evil), "aredbcd\te\nf\ng");
    assert.equal(plainText("naïve 日本 🙂\n"), "naïve 日本 🙂\n");
  });
});
