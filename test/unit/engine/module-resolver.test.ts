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
  /** Without content, which has tests of its own. */
  const installed = (specifier: string, how?: "import" | "require"): unknown => {
    const found = from(specifier, how);
    return found.to === "package" ? `${found.name}@${found.version}` : found;
  };
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

  it("is the same whether the short way or the full way finds it", () => {
    write({
      "src/b.ts": "",
      "src/b.js": "",
      "src/c.tsx": "",
      "src/c.js": "",
      "src/d.js": "",
      "src/both/index.ts": "",
      "src/both.ts": "",
      "src/folder.js/index.ts": "",
      "src/named.ts/index.ts": "",
      "src/named.tsx": "",
      "src/types.d.ts": "",
      "src/g.v1.ts": "",
      "src/plain": "text",
      "src/plain.ts": "",
      "src/x.mts": "",
      "src/x.mjs": "",
      "src/y.cjs": "",
      "src/z.ts.ts": "",
      "src/only.json": "{}",
      "src/deep/er/b.ts": "",
      "src/tsconfig.json": "not json",
      "other/b.ts": "",
    });
    symlinkSync(path.join(root, "other/b.ts"), path.join(root, "src/linked.ts"));
    symlinkSync(path.join(root, "other"), path.join(root, "src/area"));
    // Nothing that is reached through a linked folder goes the short way.
    symlinkSync(path.join(root, "src"), path.join(root, "again"));
    const specifiers = `b b.js b.ts b.jsx c c.js c.jsx d d.js d.ts both both.js both/ folder folder.js named named.js named.ts
      types types.js types.d types.d.ts g.v1 g.v1.js plain plain.js x x.mjs x.js y y.cjs z z.ts z.js only only.json only.js
      deep/er/b.js deep/../b.js deep linked linked.js area/b.js area/../b.js nothing nothing.js . .ts`;
    for (const name of specifiers.split(/\s+/)) {
      const found = from(`./${name}`);
      const expected = from(`./${name}`, "import", "again/a.ts");
      if (found.to === "unresolved" && expected.to === "unresolved") continue;
      assert.deepEqual(found, expected, name);
    }
    assert.deepEqual(from("./linked.js"), source("other/b.ts"));
    assert.deepEqual(from("../src/b.js", "import", "other/b.ts"), source("src/b.ts"));
  });

  it("is data with the digest of its content for JSON and other assets", () => {
    write({ "src/a.json": "{}", "src/words.txt": "words" });
    const data = (name: string, text: string): Resolution =>
      ({
        to: "data",
        file: path.join(root, name),
        digest: createHash("sha256").update(text).digest("hex"),
      }) as Resolution;
    assert.deepEqual(from("./a.json", "asset"), data("src/a.json", "{}"));
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
    assert.equal(installed("both"), "both@1.2.3");
    assert.equal(installed("both", "require"), "both@1.2.3");
    assert.equal(installed("both/sub"), "both@1.2.3");
    assert.equal(installed("@scope/one"), "@scope/one@2.0.0");
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
    assert.equal(installed("dual"), "dual@3.0.0");
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
    assert.equal(installed("p"), "p@4.0.0");
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

  it("is data by value for imported JSON: how it is written does not count", () => {
    const digestOf = (text: string, how: "import" | "asset" = "import"): unknown => {
      write({ "src/a.json": text });
      resolver.clear();
      const found = from("./a.json", how);
      return found.to === "data" ? found.digest : found;
    };
    const before = digestOf(`{"a":1,"b":[2]}`);
    assert.equal(digestOf(`{\r\n  "a": 1.0, "b": [ 2 ] }`), before);
    assert.notEqual(digestOf(`{"b":[2],"a":1}`), before, "the order of keys can be seen");
    assert.notEqual(digestOf(`{"a":0}`), digestOf(`{"a":-0}`));
    assert.notEqual(digestOf(`{"a":1}`, "asset"), digestOf(`{ "a": 1 }`, "asset"), "read as a file");
  });

  describe("of a package", () => {
    const PACKAGE = `{ "name": "p", "version": "1.0.0", "main": "x.js", "dependencies": { "q": "*" } }`;
    const identity = (specifier = "p"): string => {
      resolver.clear();
      return JSON.stringify(from(specifier));
    };

    beforeEach(() => {
      write({
        "node_modules/p/package.json": PACKAGE,
        "node_modules/p/x.js": "module.exports = require('./lib/y.js');",
        "node_modules/p/lib/y.js": "module.exports = 1;",
        "node_modules/p/README.md": "about",
        "node_modules/p/x.d.ts": "export {};",
        "node_modules/q/package.json": `{ "name": "q", "version": "1.0.0", "dependencies": { "r": "*", "p": "*" } }`,
        "node_modules/r/package.json": `{ "name": "r", "version": "1.0.0" }`,
        "node_modules/other/package.json": `{ "name": "other", "version": "1.0.0" }`,
      });
    });

    it("counts what it needs in turn, as installed", () => {
      const found = from("p");
      assert.deepEqual(found.to === "package" && found.dependencies, [
        { name: "q", version: "1.0.0" },
        { name: "r", version: "1.0.0" },
      ]);
      const before = identity();
      write({ "node_modules/other/package.json": `{ "name": "other", "version": "2.0.0" }` });
      assert.equal(identity(), before);
      write({ "node_modules/q/node_modules/r/package.json": `{ "name": "r", "version": "2.0.0" }` });
      assert.notEqual(identity(), before);
    });

    it("counts its files when they were edited or patched in place, not what cannot run", () => {
      const before = identity();
      write({
        "node_modules/p/README.md": "more",
        "node_modules/p/x.d.ts": "export type T = 1;",
        "node_modules/p/package.json": PACKAGE.replace("{", `{ "description": "p",`),
      });
      assert.equal(identity(), before);
      write({ "node_modules/p/lib/y.js": "module.exports = 2;" });
      assert.notEqual(identity(), before);
    });

    it("counts of a large one the imported file, and all files when a patch names it", () => {
      for (let i = 0; i < 100; i++) write({ [`node_modules/p/many/${i}.js`]: "" });
      const before = identity();
      write({ "node_modules/p/lib/y.js": "module.exports = 2;" });
      assert.equal(identity(), before);
      write({ "node_modules/p/x.js": "module.exports = 3;" });
      assert.notEqual(identity(), before);
      write({ "patches/p+1.0.0.patch": "" });
      const patched = identity();
      write({ "node_modules/p/lib/y.js": "module.exports = 4;" });
      assert.notEqual(identity(), patched);
    });

    it("counts all files of one that was copied from a folder", () => {
      write({ "package.json": `{ "dependencies": { "p": "file:./lib/p" } }` });
      for (let i = 0; i < 100; i++) write({ [`node_modules/p/many/${i}.js`]: "" });
      const before = identity();
      write({ "node_modules/p/lib/y.js": "module.exports = 2;" });
      assert.notEqual(identity(), before);
    });
  });
});
