import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const fixtures = fileURLToPath(new URL("../../fixtures/types/", import.meta.url));

describe("Types of the library", function () {
  this.timeout(60_000);
  let errors: readonly { readonly file: string; readonly line: number; readonly message: string }[] = [];

  before(() => {
    errors = compile(["valid.ts", "invalid.ts"]);
  });

  it("compiles a pipeline whose types are exact", () => {
    assert.deepEqual(
      errors.filter((error) => error.file !== "invalid.ts"),
      [],
    );
  });

  it("reports each wrong use, and only on its own lines", () => {
    const lines = readFileSync(`${fixtures}invalid.ts`, "utf8").split("\n");
    const wanted = lines.flatMap((line, index) => (line.startsWith("// must not compile") ? [index + 2] : []));
    assert.ok(wanted.length >= 15);
    const found = errors.filter((error) => error.file === "invalid.ts").map((error) => error.line);
    assert.deepEqual([...new Set(found)], wanted);
  });

  it("names the column, option or input that is wrong", () => {
    const text = errors.map((error) => error.message).join("\n");
    assert.match(text, /"totl"/);
    assert.match(text, /'caching' does not exist in type 'StageOptions'/);
    assert.match(text, /Property 'order' does not exist/);
    assert.match(text, /Property 'columns' does not exist/);
  });
});

function compile(
  names: readonly string[],
): readonly { readonly file: string; readonly line: number; readonly message: string }[] {
  const program = ts.createProgram({
    rootNames: names.map((name) => fixtures + name),
    options: {
      strict: true,
      noEmit: true,
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      types: [],
      paths: { restage: [fileURLToPath(new URL("../../../src/runtime/index.ts", import.meta.url))] },
    },
  });
  return ts.getPreEmitDiagnostics(program).map((diagnostic) => ({
    file: (diagnostic.file?.fileName ?? "").replace(fixtures.replaceAll("\\", "/"), ""),
    line:
      diagnostic.file === undefined ? 0 : diagnostic.file.getLineAndCharacterOfPosition(diagnostic.start ?? 0).line + 1,
    message: ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n"),
  }));
}
