/**
 * The npm tarball, used as a person uses it: unpacked into a project's node_modules, imported, compiled against, and its
 * command called. Nothing of the repository may be needed.
 */
import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");

describe("the npm package", function () {
  this.timeout(120_000);
  let project = "";
  let installed = "";

  before(() => {
    project = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "restage-npm-")));
    installed = path.join(project, "node_modules", "restage");
    // The bundles are those of the last build; `prepack` would build them again.
    run("npm", ["pack", "--ignore-scripts", "--pack-destination", project], root);
    const tarball = fs.readdirSync(project).find((file) => file.endsWith(".tgz"));
    assert.ok(tarball !== undefined, "npm pack makes a tarball");
    fs.mkdirSync(installed, { recursive: true });
    run("tar", ["-xzf", path.join(project, tarball), "--strip-components=1", "-C", installed], project);
    fs.writeFileSync(path.join(project, "package.json"), JSON.stringify({ name: "user", type: "module" }));
  });
  after(() => {
    fs.rmSync(project, { recursive: true, force: true });
  });

  it("holds the library, its types and the command, and neither sources nor maps nor the extension", () => {
    const files = fs
      .readdirSync(installed, { recursive: true, encoding: "utf8" })
      .map((file) => file.split(path.sep).join("/"));
    const needed = ["runtime.mjs", "types/runtime/index.d.ts", "restage.cjs", "cli.mjs", "library-host.mjs"].map(
      (file) => `dist/${file}`,
    );
    assert.deepEqual(
      needed.filter((file) => !files.includes(file)),
      [],
    );
    assert.deepEqual(
      files.filter((file) => /^(src|test|out|samples|media)\/|\.map$|extension\.cjs|node_modules/.test(file)),
      [],
    );
  });

  it("gives `stage` and the inputs to an import, and the bare function as `.fn`", () => {
    const code = `
      import { stage, file, files, param, env } from "restage";
      const doubled = stage({ n: param("n", 2) }, ({ n }) => n * 2);
      console.log([stage, file, files, param, env].every((f) => typeof f === "function"), doubled.fn({ n: 21 }));`;
    const output = run(process.execPath, ["--input-type=module", "-e", code], project);
    assert.equal(output.trim(), "true 42");
  });

  it("has types that TypeScript finds from its `exports`, and that need no other package", () => {
    const source = `
      import { stage, param } from "restage";
      export const doubled = stage({ n: param("n", 2) }, ({ n }) => n * 2);
      // @ts-expect-error: there is no input of this name
      export const wrong = stage({ n: param("n", 2) }, ({ m }) => m);`;
    fs.writeFileSync(path.join(project, "pipeline.ts"), source);
    const compiler = path.join(root, "node_modules", "typescript", "bin", "tsc");
    const compilerOptions = { strict: true, noEmit: true, module: "nodenext", target: "es2022", types: [] };
    fs.writeFileSync(path.join(project, "tsconfig.json"), JSON.stringify({ compilerOptions }));
    run(process.execPath, [compiler, "-p", "."], project);
  });

  it("has a command that starts", () => {
    const output = run(process.execPath, [path.join(installed, "dist", "restage.cjs"), "--help"], project);
    assert.match(output, /restage/);
  });
});

function run(command: string, args: readonly string[], cwd: string): string {
  const result = spawnSync(command, args, { cwd, encoding: "utf8", shell: process.platform === "win32" });
  assert.equal(result.status, 0, `${command} ${args.join(" ")}\n${result.stdout}${result.stderr}`);
  return result.stdout;
}
