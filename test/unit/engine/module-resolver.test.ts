import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import type { Resolution } from "../../../src/core/analysis/module-host.js";
import { Disk } from "../../../src/engine/disk.js";
import { ModuleResolver } from "../../../src/engine/module-resolver.js";

describe("Where an import leads on disk", () => {
  let root = "";
  let resolver = new ModuleResolver({ projectRoot: root, disk: new Disk() });

  beforeEach(() => {
    root = realpathSync(mkdtempSync(path.join(tmpdir(), "restage-resolver-")));
    resolver = new ModuleResolver({ projectRoot: root, disk: new Disk() });
  });

  afterEach(() => rmSync(root, { recursive: true, force: true }));

  function write(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
      writeFileSync(path.join(root, name), text);
    }
  }

  const from = (specifier: string, how: "import" | "require" | "asset" = "import", file = "src/a.ts"): Resolution =>
    resolver.resolve(path.join(root, file), specifier, how);
  const source = (name: string): Resolution => ({ to: "source", file: path.join(root, name) });

  it("is a source file: with the extension left out, or .js for .ts", () => {
    write({
      "src/b.ts": "",
      "src/c.tsx": "",
      "src/d.mts": "",
      "src/e.cts": "",
      "src/f.js": "",
      "src/dir/index.ts": "",
      "src/g.v1.ts": "",
    });
    assert.deepEqual(from("./b"), source("src/b.ts"));
    assert.deepEqual(from("./b.js"), source("src/b.ts"));
    assert.deepEqual(from("./b.ts"), source("src/b.ts"));
    assert.deepEqual(from("./c.js"), source("src/c.tsx"));
    assert.deepEqual(from("./d.mjs"), source("src/d.mts"));
    assert.deepEqual(from("./e.cjs", "require"), source("src/e.cts"));
    assert.deepEqual(from("./f.js"), source("src/f.js"));
    assert.deepEqual(from("./dir"), source("src/dir/index.ts"));
    assert.deepEqual(from("./g.v1"), source("src/g.v1.ts"));
  });

  it("is data with the digest of its content for JSON and other assets", () => {
    write({ "src/a.json": "{}", "src/words.txt": "words" });
    const data = (name: string, text: string): Resolution =>
      ({
        to: "data",
        file: path.join(root, name),
        digest: createHash("sha256").update(text).digest("hex"),
      }) as Resolution;
    assert.deepEqual(from("./a.json"), data("src/a.json", "{}"));
    assert.deepEqual(from("./words.txt", "asset"), data("src/words.txt", "words"));
    assert.deepEqual(from("./words.txt?raw"), data("src/words.txt", "words"));
  });

  it("is the runtime for restage, installed or not, and a built-in for Node's modules", () => {
    assert.deepEqual(from("restage"), { to: "runtime" });
    assert.deepEqual(from("restage/anything"), { to: "runtime" });
    assert.deepEqual(from("fs"), { to: "builtin", name: "node:fs" });
    assert.deepEqual(from("node:fs/promises"), { to: "builtin", name: "node:fs/promises" });
    assert.equal(from("restage-other").to, "unresolved");
  });

  it("is a package with its own version, by conditions of import and require", () => {
    write({
      "node_modules/both/package.json": `{ "name": "both", "version": "1.2.3", "exports": { ".": { "import": "./i.mjs", "require": "./r.cjs" }, "./sub": "./s.js" } }`,
      "node_modules/both/i.mjs": "",
      "node_modules/both/r.cjs": "",
      "node_modules/both/s.js": "",
      "node_modules/@scope/one/package.json": `{ "name": "@scope/one", "version": "2.0.0", "main": "lib/x.js" }`,
      "node_modules/@scope/one/lib/x.js": "",
      "node_modules/esm/package.json": `{ "name": "esm", "version": "1.0.0", "exports": { "import": "./i.mjs" } }`,
      "node_modules/esm/i.mjs": "",
    });
    assert.deepEqual(from("both"), { to: "package", name: "both", version: "1.2.3" });
    assert.deepEqual(from("both", "require"), { to: "package", name: "both", version: "1.2.3" });
    assert.deepEqual(from("both/sub"), { to: "package", name: "both", version: "1.2.3" });
    assert.deepEqual(from("@scope/one"), { to: "package", name: "@scope/one", version: "2.0.0" });
    assert.equal(from("esm").to, "package");
    assert.equal(from("both/hidden").to, "unresolved");
  });

  it("is a package whose own package.json is not the nearest (a nested module type) or has no version", () => {
    write({
      "node_modules/dual/package.json": `{ "name": "dual", "version": "3.0.0", "main": "./cjs/x.js" }`,
      "node_modules/dual/cjs/package.json": `{ "type": "commonjs" }`,
      "node_modules/dual/cjs/x.js": "",
      "node_modules/bare/package.json": `{ "name": "bare", "main": "x.js" }`,
      "node_modules/bare/x.js": "",
    });
    assert.deepEqual(from("dual"), { to: "package", name: "dual", version: "3.0.0" });
    const bare = from("bare");
    assert.ok(bare.to === "package" && /^[0-9a-f]{64}$/.test(bare.version));
  });

  it("is source for a linked workspace package, and a package behind pnpm's links", () => {
    write({
      "packages/util/package.json": `{ "name": "@my/util", "version": "0.0.0", "main": "src/index.ts" }`,
      "packages/util/src/index.ts": "",
      "node_modules/.pnpm/p@4.0.0/node_modules/p/package.json": `{ "name": "p", "version": "4.0.0", "main": "x.js" }`,
      "node_modules/.pnpm/p@4.0.0/node_modules/p/x.js": "",
    });
    mkdirSync(path.join(root, "node_modules/@my"), { recursive: true });
    symlinkSync(path.join(root, "packages/util"), path.join(root, "node_modules/@my/util"), "dir");
    symlinkSync(path.join(root, "node_modules/.pnpm/p@4.0.0/node_modules/p"), path.join(root, "node_modules/p"), "dir");
    assert.deepEqual(from("@my/util"), source("packages/util/src/index.ts"));
    assert.deepEqual(from("p"), { to: "package", name: "p", version: "4.0.0" });
  });

  it("follows paths and baseUrl of the nearest tsconfig, with comments and extends", () => {
    write({
      "tsconfig.base.json": `{ "compilerOptions": { "baseUrl": ".", "paths": { "@/*": ["src/*"], "config": ["src/config.ts"], }, } }`,
      "tsconfig.json": `// A comment.\n{ "extends": "./tsconfig.base.json" }`,
      "src/lib/x.ts": "",
      "src/config.ts": "",
      "inner/tsconfig.json": `{ "compilerOptions": { "paths": { "@/*": ["./own/*"] } } }`,
      "inner/own/x.ts": "",
      "src/rooted.ts": "",
    });
    assert.deepEqual(from("@/lib/x"), source("src/lib/x.ts"));
    assert.deepEqual(from("@/lib/x.js"), source("src/lib/x.ts"));
    assert.deepEqual(from("config"), source("src/config.ts"));
    assert.deepEqual(from("src/rooted"), source("src/rooted.ts"));
    assert.deepEqual(from("@/x", "import", "inner/a.ts"), source("inner/own/x.ts"));
  });

  it("does without a tsconfig that cannot be read", () => {
    write({ "tsconfig.json": `{ "extends": "./gone.json", `, "src/b.ts": "" });
    assert.deepEqual(from("./b"), source("src/b.ts"));
  });

  it("does without the part of a tsconfig that is not installed", () => {
    write({ "tsconfig.json": `{ "extends": "@tsconfig/node20/tsconfig.json" }`, "src/b.ts": "" });
    assert.deepEqual(from("./b.js"), source("src/b.ts"));
  });

  it("follows the imports of package.json and a package's own name", () => {
    write({
      "package.json": `{ "name": "me", "imports": { "#lib/*": "./src/lib/*.ts" }, "exports": { "./x": "./src/b.ts" } }`,
      "src/lib/x.ts": "",
      "src/b.ts": "",
    });
    assert.deepEqual(from("#lib/x"), source("src/lib/x.ts"));
    assert.deepEqual(from("me/x"), source("src/b.ts"));
    const missing = from("#nothing");
    assert.ok(missing.to === "unresolved" && missing.message.includes("package.json"));
  });

  it("is unresolved in words that say what to do", () => {
    write({ "src/types.d.ts": "" });
    assert.deepEqual(from("./gone"), {
      to: "unresolved",
      message: 'The file "src/gone" does not exist. Create it or correct the import "./gone".',
    });
    assert.deepEqual(from("left-pad/x"), {
      to: "unresolved",
      message: 'The package "left-pad" is not installed. Run "npm install left-pad" or correct the import.',
    });
    assert.equal(from("./types").to, "unresolved");
    assert.equal(from("https://example.com/x.js").to, "unresolved");
    assert.equal(from("").to, "unresolved");
  });

  it("is asked again after clear, and not before", () => {
    assert.equal(from("./late").to, "unresolved");
    write({ "src/late.ts": "" });
    assert.equal(from("./late").to, "unresolved");
    resolver.clear();
    assert.deepEqual(from("./late"), source("src/late.ts"));
  });

  it("copes with odd names of files", () => {
    write({ "src/with space.ts": "", "src/a#b.ts": "", "src/c?d.ts": "" });
    assert.deepEqual(from("./with space"), source("src/with space.ts"));
    assert.deepEqual(from("./a#b.js"), source("src/a#b.ts"));
  });
});
