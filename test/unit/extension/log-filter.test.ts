import assert from "node:assert/strict";
import fc from "fast-check";
import { plainText } from "../../../src/core/plain-text.js";
import { LineSplitter } from "../../../src/extension/log-filter.js";

describe("what stages print (security row 16)", function () {
  this.timeout(20_000);

  const cases: { readonly [what: string]: readonly [string, string] } = {
    colours: ["\u001b[31mred\u001b[0m \u001b[1;38;5;200mpink\u001b[m", "red pink"],
    "a window title": ["a\u001b]0;title\u0007b", "ab"],
    "a link": ["\u001b]8;;https://example.org\u001b\\text\u001b]8;;\u001b\\", "text"],
    "a device control string": ["a\u001bPq#0;payload\u001b\\b", "ab"],
    "an application command": ["a\u001b_command\u001b\\b", "ab"],
    "8-bit control sequences": ["a\u009b31mb\u009d0;t\u009cc", "abc"],
    "backspaces that hide text": ["rm -rf\b\b\b\b\b\bls", "rm -rfls"],
    "text that is written over": ["10 %\r20 %", "10 %\n20 %"],
    "right-to-left overrides": ["user\u202egnp.exe\u2066x\u2069", "usergnp.exex"],
    "bells and zeros": ["a\u0000b\u0007c", "abc"],
    "a sequence without an end": ["a\u001b[", "a"],
  };
  for (const [what, [text, plain]] of Object.entries(cases)) {
    it(`loses ${what}`, () => assert.equal(plainText(text), plain));
  }

  it("keeps tabs, line ends, emoji and every script", () => {
    const text = "a\tb\nüßé 漢字 🙂 שלום\n";
    assert.equal(plainText(text.replaceAll("\n", "\r\n")), text);
  });

  it("never contains a control character, whatever was printed", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        assert.doesNotMatch(plainText(text), /(?![\n\t])\p{Cc}|\p{Bidi_Control}/u);
      }),
      { numRuns: 50 },
    );
  });

  it("comes as whole lines, however the chunks were cut", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom("a", "b", "\n", "é"), maxLength: 8 })), (chunks) => {
        const splitter = new LineSplitter();
        const lines = [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.end()];
        const whole = chunks.join("");
        assert.deepEqual(lines, whole === "" ? [] : whole.replace(/\n$/, "").split("\n"));
      }),
    );
  });

  it("does not pile up in memory when a line has no end", () => {
    const splitter = new LineSplitter();
    assert.equal(splitter.push("x".repeat(100_000)).join("").length, 100_000);
    assert.deepEqual(splitter.end(), []);
  });
});
