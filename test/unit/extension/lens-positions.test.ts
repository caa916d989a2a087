import assert from "node:assert/strict";
import fc from "fast-check";
import { LensPositions, shift, type Position, type TextEdit } from "../../../src/extension/lens-positions.js";

describe("positions of lenses (F85, P50)", () => {
  const at = (line: number, column: number): Position => ({ line, column });
  const insert = (line: number, column: number, text: string): TextEdit => ({
    start: at(line, column),
    end: at(line, column),
    text,
  });

  it("move with every edit exactly as the text does", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "\n"), maxLength: 30 });
    fc.assert(
      fc.property(text, fc.nat(40), fc.nat(40), fc.nat(40), text, (before, a, b, mark, inserted) => {
        const [from = 0, to = 0] = [a, b].map((n) => n % (before.length + 1)).sort((x, y) => x - y);
        const marked = mark % (before.length + 1);
        // The mark's place in the new text, counted in characters; inside of the replaced text it goes to its start.
        const after = before.slice(0, from) + inserted + before.slice(to);
        const moved = marked < from ? marked : marked < to ? from : marked - to + from + inserted.length;
        const edit = { start: place(before, from), end: place(before, to), text: inserted };
        assert.deepEqual(shift(place(before, marked), edit), place(after, moved));
      }),
    );
  });

  it("stay on their stage while lines are typed above, before any new status", () => {
    const doc = new Doc("\nexport const large = stage();\n");
    const positions = new LensPositions();
    positions.adopt([placed("large", 1, 13)], doc);
    positions.edit([doc.apply(insert(0, 0, "// one\n// two\n"))], false);
    assert.deepEqual(positions.positionOf("large"), at(3, 13));
  });

  it("are not thrown back by a status that was made before the last save", () => {
    const doc = new Doc("export const large = stage();\n");
    const positions = new LensPositions();
    positions.adopt([placed("large", 0, 13)], doc);
    positions.edit([doc.apply(insert(0, 0, "\n\n"))], false);
    positions.saved();
    // Another file's change published a status that still has the old place of this stage.
    positions.adopt([placed("large", 0, 13)], doc);
    assert.deepEqual(positions.positionOf("large"), at(2, 13));
    positions.adopt([placed("large", 2, 13)], doc);
    assert.deepEqual(positions.positionOf("large"), at(2, 13));
  });

  it("of a new status are moved by what was typed since the save it speaks of", () => {
    const doc = new Doc("export const a = stage();\nexport const b = stage();\n");
    const positions = new LensPositions();
    positions.adopt([placed("a", 0, 13)], doc);
    positions.edit([doc.apply(insert(0, 0, "\n"))], false);
    positions.adopt([placed("a", 0, 13), placed("b", 1, 13)], doc);
    assert.deepEqual([positions.positionOf("a"), positions.positionOf("b")], [at(1, 13), at(2, 13)]);
  });

  it("of an export under another name are told by the text that stood there", () => {
    const doc = new Doc("const a = stage();\nexport { a as b };\n");
    const positions = new LensPositions();
    const stage = { id: "b", name: "b", position: at(0, 6), length: 1 };
    positions.adopt([stage], doc);
    positions.edit([doc.apply(insert(0, 0, "\n"))], true);
    positions.adopt([{ ...stage, position: at(1, 6) }], doc);
    assert.deepEqual(positions.positionOf("b"), at(1, 6));
  });

  it("are found in a text that takes the place of the stage's, as a formatter's does", () => {
    const doc = new Doc("export const a=stage();\nexport const ab=stage();\n");
    const positions = new LensPositions();
    positions.adopt([placed("a", 0, 13), placed("ab", 1, 13)], doc);
    const text = "\n\nexport const a = stage();\n\nexport const ab = stage();\n";
    positions.edit([{ start: at(0, 0), end: at(2, 0), text }], false);
    assert.deepEqual([positions.positionOf("a"), positions.positionOf("ab")], [at(2, 13), at(4, 13)]);
  });

  it("of a stage that is gone are forgotten", () => {
    const doc = new Doc("export const a = stage();");
    const positions = new LensPositions();
    positions.adopt([placed("a", 0, 13)], doc);
    positions.adopt([], doc);
    assert.equal(positions.positionOf("a"), null);
  });

  function placed(name: string, line: number, column: number): Parameters<LensPositions["adopt"]>[0][number] {
    return { id: name, name, position: at(line, column), length: name.length };
  }
});

function place(text: string, offset: number): Position {
  const lines = text.slice(0, offset).split("\n");
  return { line: lines.length - 1, column: (lines.at(-1) ?? "").length };
}

class Doc {
  #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  get lineCount(): number {
    return this.#text.split("\n").length;
  }

  lineAt(line: number): string {
    return this.#text.split("\n")[line] ?? "";
  }

  apply(edit: TextEdit): TextEdit {
    const offset = ({ line, column }: Position): number =>
      this.#text.split("\n").slice(0, line).join("\n").length + (line > 0 ? 1 : 0) + column;
    this.#text = this.#text.slice(0, offset(edit.start)) + edit.text + this.#text.slice(offset(edit.end));
    return edit;
  }
}
