import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { NodeFinder } from "../../../src/engine/node-executable.js";
import { readNodeVersion } from "../../../src/engine/node-version.js";

describe("the version of a Node that may not be started (F16)", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "restage-node-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** An executable that fails the test when it is started, because it never is. */
  function make(file: string, text = "#!/bin/sh\nexit 1\n"): string {
    const full = path.join(folder, file);
    mkdirSync(path.dirname(full), { recursive: true });
    writeFileSync(full, text, { mode: 0o755 });
    return full;
  }

  it("is in the executable itself, also across the border of what is read at once", () => {
    const border = "x".repeat((4 << 20) - 8);
    assert.equal(readNodeVersion(make("a/node", `${border}/node-v22.3.1.tar.gz`)), "v22.3.1");
    assert.equal(readNodeVersion(process.execPath), process.version);
  });

  it("is in the name of its folder, or in its headers, through links", () => {
    const inFolder = make("versions/node/v24.1.0/bin/node");
    symlinkSync(inFolder, path.join(folder, "link"));
    assert.equal(readNodeVersion(path.join(folder, "link")), "v24.1.0");
    const header = "#define NODE_MAJOR_VERSION 20\n#define NODE_MINOR_VERSION 9\n#define NODE_PATCH_VERSION 0\n";
    make("usr/include/node/node_version.h", header);
    assert.equal(readNodeVersion(make("usr/bin/node")), "v20.9.0");
  });

  it("is not guessed for a shim, and a Node that is too old is passed over as in a run", () => {
    assert.equal(readNodeVersion(make("shims/node")), null);
    assert.equal(readNodeVersion(path.join(folder, "absent")), null);
    const [old, good] = [make("old/v18.0.0/bin/node"), make("good/v22.0.0/bin/node")].map((f) => path.dirname(f));
    const peek = (...folders: (string | undefined)[]): string | null =>
      new NodeFinder({ configured: null, searchPath: folders.join(path.delimiter) }).peek();
    assert.equal(peek(old, good), "v22.0.0");
    assert.equal(peek(old, path.join(folder, "shims"), good), null);
    assert.equal(peek(), process.version);
  });
});
