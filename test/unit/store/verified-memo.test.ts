import assert from "node:assert/strict";
import { chmod, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unseal } from "../../../src/store/sealed-json.js";
import { LocalStore } from "../../../src/store/local-store.js";
import type { StoredValue } from "../../../src/protocol/record.js";

type Kept = Pick<StoredValue, "digest" | "bytes" | "format">;

describe("a folder that is not the store's own", () => {
  it("is refused with what to do, and nothing in it is touched (security row 9, promise 8)", async () => {
    const folder = await mkdtemp(join(tmpdir(), "restage-foreign-"));
    try {
      await writeFile(join(folder, "mine.csv"), "1");
      await assert.rejects(new LocalStore({ folder }).open(), /holds files that are not Restage's.*"cacheDir"/);
      assert.deepEqual(await readdir(folder), ["mine.csv"]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe("what a process verified", () => {
  let folder: string;
  let kept: Kept;
  beforeEach(async () => {
    folder = join(await mkdtemp(join(tmpdir(), "restage-verified-")), "cache");
    const store = new LocalStore({ folder });
    await store.open();
    const temporary = await store.newTemporary();
    await writeFile(temporary, "hello");
    kept = { ...(await store.adopt(temporary, "raw")), format: "raw" };
    await store.dispose();
  });
  afterEach(() => rm(join(folder, ".."), { recursive: true, force: true }));

  async function check(): Promise<string> {
    const store = new LocalStore({ folder });
    const { state } = await store.check(kept);
    await store.dispose();
    return state;
  }

  it("is kept for the next one, by size, times and inode", async () => {
    const memo = unseal(await readFile(join(folder, "verified.json"), "utf8")) as {
      stamps: Record<string, string>;
    };
    const path = new LocalStore({ folder }).objectPath(kept.digest, "raw");
    const { size, mtimeNs, ctimeNs, ino } = await stat(path, { bigint: true });
    assert.deepEqual(Object.values(memo.stamps), [`${size}:${mtimeNs}:${ctimeNs}:${ino}`]);
    assert.equal(await check(), "ok");
  });

  it("does not hide damage that kept size and time (A7)", async () => {
    const path = new LocalStore({ folder }).objectPath(kept.digest, "raw");
    const before = await stat(path);
    await chmod(path, 0o600);
    await writeFile(path, "hellp");
    await utimes(path, before.atime, before.mtime);
    assert.equal(await check(), "corrupt");
  });

  it("may be lost or damaged: everything is verified again", async () => {
    for (const text of ["", "null", "[]", '{"version":1,"stamps":{"a":1}}', '{"version":9,"stamps":{}}']) {
      await writeFile(join(folder, "verified.json"), text);
      assert.equal(await check(), "ok", text);
    }
    await rm(join(folder, "verified.json"));
    assert.equal(await check(), "ok");
  });
});
