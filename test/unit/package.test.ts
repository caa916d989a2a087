/**
 * `package.json` is manifest, library and command line at once: what it promises must be what the build makes and what
 * the README tells people to type.
 */
import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");

interface Manifest {
  readonly main: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly files: readonly string[];
  readonly engines: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

describe("package.json", () => {
  const manifest = JSON.parse(readText("package.json")) as Manifest;
  const built = listBuildOutputs();

  it("names, as entry of the extension, the command line and the library, only files that the build makes", () => {
    const targets = [
      manifest.main,
      ...Object.values(manifest.bin),
      ...Object.values(manifest.exports).flatMap((target) =>
        typeof target === "string" ? [target] : Object.values(target),
      ),
    ].filter((target) => target !== "./package.json");
    assert.ok(targets.length >= 4, "the entries of package.json");
    const missing = targets.filter((target) => !built.includes(target.replace(/^\.\/dist\//, "")));
    assert.deepEqual(missing, []);
  });

  it("gives the types of the library before its code, as TypeScript reads conditions in order", () => {
    assert.deepEqual(Object.keys(manifest.exports["."] ?? {}), ["types", "default"]);
  });

  it("packs for npm what the library and the command line need, and no source map", () => {
    assert.ok(manifest.files.includes("!dist/**/*.map"));
    const packed = manifest.files.filter((pattern) => !pattern.startsWith("!"));
    for (const needed of ["cli.mjs", "runtime.mjs", "library-host.mjs", "runner.mjs"]) {
      assert.ok(built.includes(needed), `the build makes ${needed}`);
      assert.ok(packed.includes("dist/*.mjs"), `dist/${needed} is packed`);
    }
    assert.ok(built.includes("restage.cjs") && packed.includes("dist/restage.cjs"), "the command");
    assert.ok(packed.includes("dist/vendor") && packed.includes("dist/types"));
  });

  it("is built before it is packed", () => {
    assert.match(manifest.scripts["prepack"] ?? "", /esbuild\.config\.mjs --production/);
  });

  it("has the scripts that people and continuous integration call", () => {
    const expected = ["build", "watch", "typecheck", "lint", "format", "package", "try", "start", "prepack", "test"];
    const layers = ["test:unit", "test:integration", "test:vscode", "test:ui"];
    const missing = [...expected, ...layers].filter((name) => manifest.scripts[name] === undefined);
    assert.deepEqual(missing, []);
  });

  it("has scripts that call only files that exist", () => {
    const files = Object.values(manifest.scripts).flatMap((text) => text.match(/\S+\.(?:mjs|cjs)\b/g) ?? []);
    assert.ok(files.length > 5, "the scripts call files");
    assert.deepEqual(
      files.filter((file) => !fs.existsSync(path.join(root, file))),
      [],
    );
  });

  it("tells the oldest Node and the oldest VS Code that are tested, and takes their types", () => {
    assert.equal(manifest.engines["node"], ">=20.20");
    assert.equal(manifest.engines["vscode"], "^1.100.0");
    assert.match(manifest.devDependencies["@types/node"] ?? "", /^20\./);
    assert.equal(manifest.devDependencies["@types/vscode"], "1.100.0");
    assert.match(readText("test/tools/host/paths.mjs"), /version: "1\.100"/);
  });

  it("pins every dependency to one version", () => {
    const all = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
    assert.deepEqual(
      all.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)),
      [],
    );
  });

  it("has every script that the README tells people to run", () => {
    const readme = readText("README.md");
    const called = [
      ...[...readme.matchAll(/\bnpm run (?:--silent |-s )?([\w:-]+)/g)].map((match) => match[1] ?? ""),
      ...[...readme.matchAll(/\bnpm (test|start)\b/g)].map((match) => match[1] ?? ""),
    ];
    assert.ok(called.includes("test") && called.includes("start"), "the README names npm start and npm test");
    assert.deepEqual(
      [...new Set(called)].filter((name) => manifest.scripts[name] === undefined),
      [],
    );
  });
});

function readText(file: string): string {
  return fs.readFileSync(path.join(root, file), "utf8");
}

/** Relative to `dist/`, with forward slashes, from the build's own table. */
function listBuildOutputs(): string[] {
  const listed = spawnSync(process.execPath, ["esbuild.config.mjs", "--list"], { cwd: root, encoding: "utf8" });
  assert.equal(listed.status, 0, listed.stderr);
  return JSON.parse(listed.stdout) as string[];
}
