import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  appendFile,
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Digest, RunId, StageId } from "../../../src/protocol/ids.js";
import { LocalStore } from "../../../src/store/local-store.js";
import { seal } from "../../../src/store/sealed-json.js";
import { StoreError } from "../../../src/store/store.js";
import { HOST } from "../../../src/store/temporary-folder.js";
import { describeStore, file, hashOf, keyOf, recordOf } from "../../support/store-conformance.js";

async function openTwo() {
  const base = await mkdtemp(join(tmpdir(), "restage-store-"));
  const folder = join(base, ".restage");
  const store = new LocalStore({ folder });
  const other = new LocalStore({ folder });
  await store.open();
  await other.open();
  return { base, folder, store, other, dispose: () => rm(base, { recursive: true, force: true }) };
}

describeStore({ title: "LocalStore", create: openTwo });

describe("local store: the folder", function () {
  this.timeout(60_000);
  let base: string;
  beforeEach(async () => void (base = await mkdtemp(join(tmpdir(), "restage-store-"))));
  afterEach(() => rm(base, { recursive: true, force: true }));
  const opened = async (folder = join(base, "c", ".restage")): Promise<LocalStore> => {
    const store = new LocalStore({ folder });
    await store.open();
    return store;
  };

  it("keeps itself out of git and back-ups, and away from other users", async () => {
    const { folder } = await opened();
    assert.equal(await readFile(join(folder, ".gitignore"), "utf8"), "*\n");
    assert.match(
      await readFile(join(folder, "CACHEDIR.TAG"), "utf8"),
      /^Signature: 8a477f597d28d172789f06886806bc55\n/,
    );
    assert.equal((await stat(folder)).mode & 0o777, 0o700);
  });

  it("refuses a folder that is a symbolic link, also one of its own inside (security row 9)", async () => {
    await mkdir(join(base, "elsewhere"));
    await symlink(join(base, "elsewhere"), join(base, "link"));
    await assert.rejects(
      opened(join(base, "link")),
      (error: unknown) => error instanceof StoreError && /symbolic link/.test(error.message),
    );
    const { folder } = await opened();
    await rm(join(folder, "objects"), { recursive: true });
    await symlink(join(base, "elsewhere"), join(folder, "objects"));
    await assert.rejects(opened(folder), /symbolic link/);
    assert.deepEqual(await readdir(join(base, "elsewhere")), []);
  });

  it("refuses a file in its place and says what to do", async () => {
    await writeFile(join(base, "file"), "");
    await assert.rejects(opened(join(base, "file")), /not a folder.*cacheDir/);
  });

  it("does not follow an object or record that was replaced by a link (security row 9)", async () => {
    const store = await opened();
    const stored = await file(store, "hello", { key: keyOf("a") });
    const object = store.objectPath(stored.digest, "raw");
    await rename(object, join(base, "away"));
    await symlink(join(base, "away"), object);
    assert.deepEqual(await store.check(stored), { state: "missing" });
    const record = await findFile(join(store.folder, "records"), keyOf("a"));
    await rename(record, join(base, "record"));
    await symlink(join(base, "record"), record);
    assert.equal(await store.getRecord(keyOf("a")), null);
    await file(store, "hello", { key: keyOf("a") });
    assert.ok((await lstat(object)).isFile());
    assert.notEqual(await store.getRecord(keyOf("a")), null);
  });

  it("removes what dead processes left in tmp/, and nothing of living ones (A2)", async () => {
    const store = await opened();
    const tmp = join(store.folder, "tmp");
    const dead = spawnSync(process.execPath, ["-e", ""]).pid;
    const name = (host: string, pid: number) => join(tmp, `${host}-${pid}-${"0".repeat(16)}`);
    await writeFile(name(HOST, dead), "x");
    await mkdir(name(HOST, dead).replace(/0{16}$/, "1".repeat(16)));
    await writeFile(name(HOST, process.pid), "x");
    await writeFile(name("ffffffff", dead), "x");
    await writeFile(join(tmp, "strange"), "x");
    await writeFile(join(tmp, "strange and old"), "x");
    await utimes(join(tmp, "strange and old"), 1, 1);
    await opened(store.folder);
    assert.deepEqual(
      (await readdir(tmp)).sort(),
      [name(HOST, process.pid), name("ffffffff", dead), join(tmp, "strange")]
        .map((path) => path.slice(tmp.length + 1))
        .sort(),
    );
  });

  it("reads a damaged, swapped or cut record as a miss (A7)", async () => {
    const store = await opened();
    await file(store, "1", { key: keyOf("a") });
    await file(store, "2", { key: keyOf("b") });
    const path = await findFile(join(store.folder, "records"), keyOf("a"));
    const text = await readFile(path, "utf8");
    const damages = [
      text.slice(0, -10),
      "",
      "null\n",
      text.replace('"node":"20', '"node":"21'),
      `${text} `,
      await readFile(await findFile(join(store.folder, "records"), keyOf("b")), "utf8"),
    ];
    for (const damaged of damages) {
      await writeFile(path, damaged);
      assert.equal(await store.getRecord(keyOf("a")), null, damaged.slice(-80));
    }
    for (let at = 0; at < text.length; at += 37) {
      const bytes = Buffer.from(text);
      bytes[at]! ^= 1;
      await writeFile(path, bytes);
      assert.equal(await store.getRecord(keyOf("a")), null, `flip at ${at}`);
    }
    await writeFile(path, text);
    assert.notEqual(await store.getRecord(keyOf("a")), null);
  });

  it("reads a well-sealed record of the wrong shape as a miss, and keeps prototypes clean (security row 12)", async () => {
    const store = await opened();
    const stored = await file(store, "1", { key: keyOf("a") });
    const good = recordOf(keyOf("a"), stored);
    const path = await findFile(join(store.folder, "records"), keyOf("a"));
    const bad: readonly unknown[] = [
      null,
      [],
      1,
      "x",
      {},
      { ...good, format: { ...good.format, record: 99 } },
      { ...good, graph: { nodes: [{ own: "x", code: null, edges: [["x"]] }] } },
      { ...good, key: "../../x" },
      { ...good, result: { ...stored, digest: "../../../etc/passwd" } },
      { ...good, result: { ...stored, bytes: -1 } },
      { ...good, result: { ...stored, bytes: Infinity } },
      { ...good, result: { ...stored, kind: "__proto__" } },
      { ...good, inputs: [{ kind: "toString", name: "x" }] },
      { ...good, inputs: "x" },
      { ...good, createdAt: "yesterday" },
      { ...good, fingerprint: { ...good.fingerprint, slice: [null] } },
      JSON.parse(`{"__proto__": ${JSON.stringify(good)}}`),
    ];
    for (const value of bad) {
      await writeFile(path, seal(value));
      assert.equal(await store.getRecord(keyOf("a")), null, JSON.stringify(value).slice(0, 200));
    }
    await writeFile(path, seal({ ...good, later: "field" }));
    assert.notEqual(await store.getRecord(keyOf("a")), null);
    assert.equal(({} as { polluted?: unknown }).polluted, undefined);
  });

  it("leaves records and objects of another version alone (A9)", async () => {
    const store = await opened();
    const theirs = await file(store, "theirs");
    const ours = await file(store, "ours", { key: keyOf("ours") });
    const path = await findFile(join(store.folder, "records"), keyOf("ours"));
    const foreign = join(dirname(path), `${keyOf("ours").slice(0, 2)}${hashOf("other").slice(2)}.json`);
    await writeFile(foreign, seal({ v: 999, what: { deeper: theirs.digest } }));
    await utimes(store.objectPath(theirs.digest, "raw"), 1, 1);
    await store.remove("all");
    assert.deepEqual(await store.check(theirs), { state: "ok" });
    assert.deepEqual(await store.check(ours), { state: "missing" });
    assert.ok((await stat(foreign)).isFile());
    await store.evict({ maxBytes: 0, pinned: new Set() });
    assert.deepEqual(await store.check(theirs), { state: "ok" });
  });

  it("removes old objects that nothing refers to, when all is cleared", async () => {
    const store = await opened();
    const orphan = await file(store, "orphan");
    await utimes(store.objectPath(orphan.digest, "raw"), 1, 1);
    assert.deepEqual(await store.remove("all"), { records: 0, objects: 1, bytes: 6 });
  });

  it("does not trust a file's times alone: a rewrite that puts the times back is noticed", async () => {
    const store = await opened();
    const stored = await file(store, "hello");
    const path = store.objectPath(stored.digest, "raw");
    const before = await stat(path);
    await chmod(path, 0o600);
    await writeFile(path, "hellp");
    await utimes(path, before.atime, before.mtime);
    assert.equal((await store.check(stored)).state, "corrupt");
  });

  it("keeps the newest 500 runs", async () => {
    const store = await opened();
    for (let index = 0; index < 503; index++)
      await store.addRun(
        { run: `${index}` as RunId, ok: true, cancelled: false, durationMs: 1, outcomes: [] },
        new Date(index).toISOString(),
      );
    const names = (await readdir(join(store.folder, "runs"))).sort();
    assert.equal(names.length, 500);
    assert.match(names[0]!, /^0{14}3-/);
  });

  it("takes a lock over from a process that was killed (B2)", async () => {
    const store = await opened();
    const dead = spawnSync(process.execPath, ["-e", ""]).pid;
    await writeFile(join(store.folder, "locks", keyOf("l")), `${HOST} ${dead} ${"0".repeat(16)}`);
    const start = performance.now();
    const locks = await Promise.all(
      [0, 1, 2].map(async () => {
        const lock = await store.lock(keyOf("l"), { signal: AbortSignal.timeout(5000) });
        await lock.release();
      }),
    );
    assert.equal(locks.length, 3);
    assert.ok(performance.now() - start < 1000);
    assert.deepEqual(await readdir(join(store.folder, "locks")), []);
  });

  it("does not break when history, runs or objects hold files that are not its own", async () => {
    const store = await opened();
    await file(store, "x", { key: keyOf("a") });
    const folder = dirname(await findFile(join(store.folder, "history"), keyOf("a")));
    await writeFile(join(folder, ".DS_Store"), "");
    await writeFile(join(store.folder, "objects", "Thumbs.db"), "");
    await mkdir(join(store.folder, "objects", "zz"));
    await writeFile(join(store.folder, "objects", "zz", `${hashOf("x")}.exe`), "");
    assert.equal((await store.history("src/a.ts#a" as StageId)).length, 1);
    assert.deepEqual(await new LocalStore({ folder: store.folder }).use(), { bytes: 1, objects: 1 });
    await appendFile(join(store.folder, "runs", "x"), "");
    assert.deepEqual(await store.remove("all"), { records: 1, objects: 1, bytes: 1 });
  });

  it("says in one sentence that a store is missing or cannot be written", async () => {
    const store = await opened();
    await rm(store.folder, { recursive: true });
    await writeFile(store.folder, "a file now");
    await assert.rejects(
      store.putRecord(
        recordOf(keyOf("a"), {
          digest: hashOf("x") as Digest,
          kind: "json",
          format: "json",
          bytes: 1,
          rows: null,
          columns: null,
        }),
      ),
      (error: unknown) =>
        error instanceof StoreError && error.code === "ENOTDIR" && error.message.includes(store.folder),
    );
  });
});

async function findFile(folder: string, part: string): Promise<string> {
  for (const name of await readdir(folder, { recursive: true })) if (name.includes(part)) return join(folder, name);
  throw new Error(`No ${part} in ${folder}`);
}
