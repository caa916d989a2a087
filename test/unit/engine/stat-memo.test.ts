import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { Disk } from "../../../src/engine/disk.js";
import type { Digest } from "../../../src/protocol/ids.js";
import { LargeDigests } from "../../../src/engine/large-digests.js";
import { throttled, type ReadProgress } from "../../../src/engine/read-progress.js";
import { StatMemo } from "../../../src/engine/stat-memo.js";

const sha = (text: string | Buffer): string => createHash("sha256").update(text).digest("hex");

describe("digests of files", () => {
  let folder: string;
  const newMemo = (): StatMemo => new StatMemo({ disk: new Disk(), cache: folder, onRead: () => undefined });
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "restage-memo-"));
    file = path.join(folder, "a.csv");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("are of the content, small and large, and through links", async () => {
    const memo = newMemo();
    writeFileSync(file, "hello");
    assert.deepEqual(await memo.digest(file), { digest: sha("hello") });
    const large = Buffer.alloc(5_000_001, "x");
    writeFileSync(file, large);
    assert.deepEqual(await memo.digest(file), { digest: sha(large) });
    symlinkSync(file, path.join(folder, "link"));
    assert.deepEqual(await memo.digest(path.join(folder, "link")), { digest: sha(large) });
  });

  it("find an edit that leaves size and time as they were (B5, P10)", async () => {
    const memo = newMemo();
    for (let i = 0; i < 50; i++) {
      const text = String(1000 + i);
      const before = i === 0 ? null : statSync(file);
      writeFileSync(file, text);
      if (before !== null) utimesSync(file, before.atime, before.mtime);
      assert.deepEqual(await memo.digest(file), { digest: sha(text) });
    }
  });

  it("are of what is there at the end, for a file that changes while it is read", async () => {
    const memo = newMemo();
    const text = Buffer.alloc(8_000_000, "a");
    writeFileSync(file, text);
    const reading = memo.digest(file);
    text.fill("b");
    writeFileSync(file, text);
    assert.deepEqual(await reading, { digest: sha(text) });
  });

  it("are errors in words for what cannot be read", async () => {
    const memo = newMemo();
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

  it("of large files are kept for the next process, and not believed of a file that changed (pains 33)", async () => {
    const large = Buffer.alloc(5_000_001, "x");
    writeFileSync(file, large);
    const kept = new LargeDigests(folder);
    const stamp = newMemo().stamp(file);
    kept.set(file, { stamp, digest: "kept" as Digest });
    kept.save();
    assert.deepEqual(await newMemo().digest(file), { digest: "kept" });
    large[1000] = 0;
    const { atime, mtime } = statSync(file);
    writeFileSync(file, large);
    utimesSync(file, atime, mtime);
    assert.deepEqual(await newMemo().digest(file), { digest: sha(large) });
    writeFileSync(path.join(folder, "inputs.json"), "{}\nnot its seal\n");
    assert.deepEqual(await newMemo().digest(file), { digest: sha(large) });
  });

  it("can be cancelled while a file is read (pains 33)", async () => {
    writeFileSync(file, Buffer.alloc(20_000_000));
    const memo = newMemo();
    const reading = memo.digest(file);
    memo.close();
    assert.deepEqual(await reading, { error: "reading was cancelled" });
  });

  it("tell how far they are only for what takes long, and then also the end (pains 33)", () => {
    const said: number[] = [];
    const tell = ({ read }: ReadProgress): void => void said.push(read);
    throttled("/quick", 10, tell)(10);
    assert.deepEqual(said, []);
    let time = 0;
    const slow = throttled("/slow", 100, tell, () => time);
    for (let read = 1; read <= 100; read++) {
      time += 10;
      slow(read);
    }
    assert.deepEqual(said, [40, 60, 80, 100]);
  });
});
