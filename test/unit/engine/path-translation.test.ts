import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { PathTranslation } from "../../../src/engine/path-translation.js";

describe("a folder opened through a link", () => {
  it("has real paths inside and the opened paths outside, at every depth of a message (F1)", () => {
    const folder = realpathSync(mkdtempSync(path.join(tmpdir(), "restage-link-")));
    try {
      const real = path.join(folder, "real");
      const link = path.join(folder, "link");
      mkdirSync(real);
      symlinkSync(real, link);
      const translation = new PathTranslation([link, folder]);
      const outside = {
        root: link,
        stages: [{ file: path.join(link, "a.ts"), id: "a.ts#a", line: 3 }],
        other: `${link}-2/x`,
      };
      const inside = {
        root: real,
        stages: [{ file: path.join(real, "a.ts"), id: "a.ts#a", line: 3 }],
        other: `${link}-2/x`,
      };
      assert.deepEqual(translation.inward(outside), inside);
      assert.deepEqual(translation.outward(inside), outside);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
