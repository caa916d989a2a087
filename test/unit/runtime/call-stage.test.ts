import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as esbuild from "esbuild";

const source = fileURLToPath(new URL("../../../src/runtime/index.ts", import.meta.url));
const run = promisify(execFile);

/** Stands where the build puts the engine, and answers with what it was asked. */
const ECHO_HOST = "export const runStage = async (place) => place;";

describe("Calling a stage in plain Node", function () {
  this.timeout(20_000);
  let folder = "";

  before(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), "restage-call-")));
    await build("with-engine");
    await build("without-engine");
    await writeFile(join(folder, "with-engine/library-host.mjs"), ECHO_HOST);
  });

  after(() => rm(folder, { recursive: true, force: true }));

  it("asks the engine beside the library for the stage at its place", async () => {
    const text = `import { stage } from "LIBRARY";\n\nexport const large = stage({}, () => 1);\nconsole.log(JSON.stringify(await large()));`;
    assert.deepEqual(JSON.parse(await program("a.mjs", text)), {
      file: join(folder, "a.mjs"),
      line: 3,
      column: 22,
      exportHint: null,
    });
  });

  it("finds its place in folders with spaces, parentheses and percent signs, and names a named function", async () => {
    const name = "my folder (50%)/ä #1.mjs";
    const text = `import { stage } from "LIBRARY"; const s = stage({}, function readAll() {}); console.log(JSON.stringify(await s()));`;
    const place = JSON.parse(await program(name, text)) as { file: string; exportHint: string };
    assert.deepEqual([place.file, place.exportHint], [join(folder, name), "readAll"]);
  });

  it("finds the place of a stage that a function makes", async () => {
    const text = `import { stage } from "LIBRARY";\nconst make = () =>\n  stage({}, () => 1);\nconsole.log((await make()()).line);`;
    assert.equal(await program("b.mjs", text), "3\n");
  });

  it("asks the process's own host where there is one", async () => {
    const text = `import { stage } from "LIBRARY"; const s = stage({}, () => 1); globalThis[Symbol.for("restage.host")] = { run: async (x) => x === s }; console.log(await s());`;
    assert.equal(await program("c.mjs", text), "true\n");
  });

  it("says that its place is not known where stacks are switched off", async () => {
    const text = `import { stage } from "LIBRARY"; Error.stackTraceLimit = 0; await stage({}, () => 1)().catch((e) => console.log(e.message));`;
    assert.match(await program("d.mjs", text), /its place in the source is not known here, as in bundled code/);
  });

  it("says so where the engine is not beside the library", async () => {
    const text = `import { stage } from "LIBRARY"; await stage({}, () => 1)().catch((e) => console.log(e.message, e.cause.code));`;
    const printed = await program("e.mjs", text, "without-engine");
    assert.match(printed, /engine could not be loaded.*mark it external.*ERR_MODULE_NOT_FOUND/);
  });

  async function build(name: string): Promise<void> {
    await esbuild.build({
      entryPoints: [source],
      outfile: join(folder, name, "runtime.mjs"),
      bundle: true,
      format: "esm",
      platform: "neutral",
    });
  }

  async function program(name: string, text: string, library = "with-engine"): Promise<string> {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text.replace("LIBRARY", join(folder, library, "runtime.mjs")));
    return (await run(process.execPath, [path])).stdout;
  }
});
