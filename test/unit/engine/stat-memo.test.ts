import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { Disk } from "../../../src/engine/disk.js";
import { StatMemo } from "../../../src/engine/stat-memo.js";

const sha = (text: string | Buffer): string => createHash("sha256").update(text).digest("hex");

describe("digests of files", () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "restage-memo-"));
    file = path.join(folder, "a.csv");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("are of the content, small and large, and through links", async () => {
    const memo = new StatMemo(new Disk());
    writeFileSync(file, "hello");
    assert.deepEqual(await memo.digest(file), { digest: sha("hello") });
    const large = Buffer.alloc(5_000_001, "x");
    writeFileSync(file, large);
    assert.deepEqual(await memo.digest(file), { digest: sha(large) });
    symlinkSync(file, path.join(folder, "link"));
    assert.deepEqual(await memo.digest(path.join(folder, "link")), { digest: sha(large) });
  });

  it("find an edit that leaves size and time as they were (B5, P10)", async () => {
    const memo = new StatMemo(new Disk());
    for (let i = 0; i < 50; i++) {
      const text = String(1000 + i);
      const before = i === 0 ? null : statSync(file);
      writeFileSync(file, text);
      if (before !== null) utimesSync(file, before.atime, before.mtime);
      assert.deepEqual(await memo.digest(file), { digest: sha(text) });
    }
  });

  it("are of what is there at the end, for a file that changes while it is read", async () => {
    const memo = new StatMemo(new Disk());
    const text = Buffer.alloc(8_000_000, "a");
    writeFileSync(file, text);
    const reading = memo.digest(file);
    text.fill("b");
    writeFileSync(file, text);
    assert.deepEqual(await reading, { digest: sha(text) });
  });

  it("are errors in words for what cannot be read", async () => {
    const memo = new StatMemo(new Disk());
    assert.deepEqual(await memo.digest(file), { error: "there is no such file" });
    assert.deepEqual(await memo.digest(folder), { error: "it is not a file" });
    assert.deepEqual(await memo.digest(path.join(file, "below")), { error: "there is no such file" });
  });

  it("come with exactly the text they are of", () => {
    writeFileSync(file, "\uFEFFtext é");
    const read = new Disk().read(file);
    assert.deepEqual([read?.bytes.toString("utf8"), read?.digest], ["\uFEFFtext é", sha("\uFEFFtext é")]);
    assert.equal(new Disk().read(folder), null);
  });
});
