import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { summariseFile } from "../../../src/core/analysis/summarise.js";
import { sha256 } from "../../../src/core/hashing.js";
import type { FileSummary } from "../../../src/core/analysis/file-summary.js";
import { SummaryMemo } from "../../../src/engine/summary-memo.js";

const SOURCE = `import { stage, file } from "restage";
import * as helpers from "./helpers.js";
import words from "./words.json" with { type: "json" };
export * from "./more.js";
let count = 0, total = 1;
const { a, b = count } = helpers.options;
export class Shape { get area() { return count++; } static of(name: string) { return new Shape(); } }
enum Level { Low = 1, High }
console.log("loaded\\ttwice\\n", \`tab	in a template — ü 日本 😀\`);
function local(x) { total += x; return helpers.deep.name(words[x], import("./later.js")); }
export const rows = stage({ raw: file("data.csv"), limit: 3 }, ({ raw, limit }) => local(raw.length + limit), { version: 2 });
/** @stage
 * @param {number} n */
export function plain(n = 4) { return globalThis.cache?.[n] ?? new URL("./asset.bin", import.meta.url); }
`;

describe("The memo of summaries", () => {
  let folder = "";
  const digest = sha256(SOURCE);
  const open = (producer = "p"): SummaryMemo => new SummaryMemo(folder, producer);
  const never = (): FileSummary => assert.fail("it is parsed again");
  const stored = (): string => path.join(folder, "summaries");

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "restage-memo-"));
    const memo = open();
    memo.get(digest, ".ts", () => summariseFile("a.ts", SOURCE));
    memo.save();
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("gives back exactly what was made of the text, with every text of its units", () => {
    const made = JSON.parse(JSON.stringify(summariseFile("a.ts", SOURCE))) as FileSummary;
    const read = open().get(digest, ".ts", never);
    assert.ok(made.ok && made.units.length > 8);
    assert.equal(JSON.stringify(read), JSON.stringify(made));
    assert.deepEqual(structuredClone(read), made);
  });

  it("has every text once, in the part that is read late", () => {
    const line = readFileSync(stored(), "utf8");
    assert.equal(line.split("enum Level").length, 2);
    assert.ok(line.indexOf("enum Level") > line.indexOf("\t"));
  });

  it("gives back a text that does not parse as one", () => {
    const memo = open();
    const made = memo.get(sha256("const ="), ".ts", () => summariseFile("a.ts", "const ="));
    assert.equal(made.ok, false);
    memo.save();
    assert.deepEqual(open().get(sha256("const ="), ".ts", never), made);
  });

  it("knows nothing of another extension, text or version of Restage", () => {
    assert.equal(open().find(digest, ".tsx"), null);
    assert.equal(open().find(sha256("other"), ".ts"), null);
    assert.equal(open("q").find(digest, ".ts"), null);
  });

  it("gives nothing of a line that was damaged anywhere, in the part that is read late too", () => {
    const good = readFileSync(stored());
    const texts = good.lastIndexOf(9);
    for (const at of [70, 140, 400, texts - 3, texts, texts + 4, good.length - 4]) {
      const bad = Buffer.from(good);
      bad[at] = (bad[at] ?? 0) ^ 1;
      writeFileSync(stored(), bad);
      assert.equal(open().find(digest, ".ts"), null, `byte ${at}`);
    }
    writeFileSync(stored(), good.subarray(0, texts + 9));
    assert.equal(open().find(digest, ".ts"), null, "torn");
  });

  it("can be added to by two at the same time", () => {
    const [first, second] = [open(), open()];
    first.get(sha256("let a;"), ".ts", () => summariseFile("a.ts", "let a;"));
    second.get(sha256("let b;"), ".ts", () => summariseFile("b.ts", "let b;"));
    first.save();
    second.save();
    for (const text of [SOURCE, "let a;", "let b;"]) open().get(sha256(text), ".ts", never);
  });
});
