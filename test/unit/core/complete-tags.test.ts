import assert from "node:assert/strict";
import { completeTags, importedNames, parametersAfter } from "../../../src/core/plain-form/complete-tags.js";

/** Labels at the `|` in a text, or the path that is asked for. */
function at(text: string): unknown {
  const [before = "", after = ""] = text.split("|");
  const found = completeTags({ before, after, stages: ["orders", "large"] });
  if (found === null) return null;
  return found.path ?? [found.items.map((item) => item.label), before.slice(before.length - found.replaces)];
}

const F = "\n */\nexport async function x(raw: Map<string, number>, min, ctx) {}";

describe("Completions in @stage comments", () => {
  const cases: readonly (readonly [title: string, text: string, expected: unknown])[] = [
    ["the tag itself, in any documentation comment", `/**\n * @st|${F}`, [["@stage"], "@st"]],
    ["the other tags once there is @stage", `/**\n * @stage\n * @|${F}`, [["@input", "@param-input", "@option"], "@"]],
    [
      "parameters without a tag, and not the context",
      `/**\n * @stage\n * @input raw file:a\n * @param-input |${F}`,
      [["min"], ""],
    ],
    ["sources", `/** @stage\n * @input raw f|${F}`, [["file:", "files:", "env:", "param:", "stage:"], "f"]],
    ["stages", `/** @stage\n * @input raw stage:or|${F}`, [["orders", "large"], "or"]],
    [
      "views",
      `/** @stage\n * @input raw stage:orders.c|${F}`,
      [["rows()", "table()", "stream()", "path()", "columns()"], "c"],
    ],
    ["paths", `/** @stage\n * @input raw file:data/o|${F}`, { typed: "data/o", glob: false }],
    ["patterns", `/** @stage\n * @input raw files:|${F}`, { typed: "", glob: true }],
    [
      "options that are not given yet",
      `/** @stage\n * @option ttl 1h\n * @option c|${F}`,
      [["cache", "format", "compression", "timeout", "retries", "description", "tags", "cue", "heavy"], "c"],
    ],
    ["values", `/** @stage\n * @option format |${F}`, [["parquet", "json", "file"], ""]],
    ["nothing for free words", `/** @stage\n * @option description |${F}`, null],
    ["nothing without @stage", `/**\n * @input |${F}`, null],
    ["nothing in other comments and code", `/* @st|`, null],
    ["nothing after a comment", `/** @stage */ @|`, null],
  ];
  for (const [title, text, expected] of cases) it(title, () => assert.deepEqual(at(text), expected));

  it("know the parameters of every kind of function", () => {
    for (const head of [
      "export function f(",
      "export default async function* (",
      "export const f = async (",
      "export const f: F = function g(",
      "// words\nexport const f = <T extends {}>(",
    ]) {
      assert.deepEqual(
        parametersAfter(`${head}this: void, a: Array<[number, string]>, b = "x,y", c?: (d: 1) => 2) {}`),
        ["a", "b", "c"],
        head,
      );
    }
    assert.deepEqual(parametersAfter("export const n = 1;"), []);
  });

  it("know stages by their imported names", () => {
    const text = `import a, { orders, type large as big } from "./o"; import type { other } from "./p";`;
    assert.deepEqual(importedNames(text, new Set(["orders", "large"])), ["orders", "big"]);
  });
});
