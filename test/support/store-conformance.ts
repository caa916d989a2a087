import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { chmod, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import type { RunSummary } from "../../src/protocol/events.js";
import type { Failure } from "../../src/protocol/failure.js";
import type { Digest, Fingerprint, Key, RunId, StageId } from "../../src/protocol/ids.js";
import { RECORD_VERSION, type ResultRecord, type StoredValue } from "../../src/protocol/record.js";
import type { Store } from "../../src/store/store.js";

/** What a suite needs to know of an implementation. */
export interface StoreKind {
  readonly title: string;
  /** Two stores on the same content, as two processes would have them; both open. */
  create(): Promise<{ readonly store: Store; readonly other: Store; readonly dispose: () => Promise<void> }>;
}

export const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex");
export const keyOf = (text: string): Key => hashOf(`key ${text}`) as Key;

/** A record as the engine writes it. */
export function recordOf(key: Key, result: StoredValue, changes: Partial<ResultRecord> = {}): ResultRecord {
  return {
    format: { record: RECORD_VERSION, key: 1, analysis: 1 },
    graph: { nodes: [{ own: hashOf("s"), code: { part: "run", text: 0, settings: null }, edges: [["load", 0]] }] },
    sources: null,
    migratedFrom: null,
    key,
    stage: "src/a.ts#a" as StageId,
    result,
    fingerprint: {
      fingerprint: hashOf("f") as Fingerprint,
      slice: [
        {
          kind: "stage",
          name: "a",
          file: "src/a.ts",
          line: 1,
          hash: hashOf("s") as Digest,
          text: "() => 1 // \u2028 ünï",
        },
      ],
      packages: [{ name: "left-pad", version: "1.0.0" }],
    },
    inputs: [
      { kind: "file", name: "f", path: "data/../x.csv", digest: hashOf("i") as Digest },
      { kind: "param", name: "p", param: "p", value: { constructor: 1, list: [null, "x"] } },
      { kind: "env", name: "e", variable: "E", digest: null },
    ],
    options: { format: "parquet" },
    durationMs: 1.5,
    createdAt: new Date(1_700_000_000_000).toISOString(),
    producer: "0.1.0",
    node: "20.20.2",
    host: "host",
    log: "",
    ...changes,
  };
}

/** Files a text as an object, and optionally a record for it. */
export async function file(
  store: Store,
  content: string,
  record?: { readonly key: Key; readonly changes?: Partial<ResultRecord> },
): Promise<StoredValue> {
  const path = await store.newTemporary();
  await writeFile(path, content);
  const adopted = await store.adopt(path, "raw");
  const stored: StoredValue = { ...adopted, kind: "text", format: "raw", rows: null, columns: null };
  if (record !== undefined) await store.putRecord(recordOf(record.key, stored, record.changes));
  return stored;
}

/** The suite that every `Store` passes, whatever it is made of. */
export function describeStore(kind: StoreKind): void {
  describe(`store conformance: ${kind.title}`, function () {
    this.timeout(20_000);
    let store: Store;
    let other: Store;
    let dispose: () => Promise<void>;
    beforeEach(async () => {
      const made = await kind.create();
      ({ store, other } = made);
      dispose = made.dispose;
    });
    afterEach(async () => {
      await store.dispose();
      await other.dispose();
      await dispose();
    });

    describe("objects", () => {
      it("files bytes under the digest of their content, and both stores see them", async () => {
        const stored = await file(store, "hello");
        assert.equal(stored.digest, createHash("sha256").update("hello").digest("hex"));
        assert.equal(stored.bytes, 5);
        assert.deepEqual(await store.check(stored), { state: "ok" });
        assert.deepEqual(await other.check(stored), { state: "ok" });
        assert.equal(await readFile(store.objectPath(stored.digest, "raw"), "utf8"), "hello");
      });

      it("keeps equal bytes once", async () => {
        await file(store, "same");
        await file(other, "same");
        assert.deepEqual(await store.use(), { bytes: 4, objects: 1 });
      });

      it("removes the temporary file when it adopts one", async () => {
        const path = await store.newTemporary();
        await writeFile(path, "x");
        await store.adopt(path, "raw");
        await assert.rejects(stat(path));
      });

      it("believes a writer's digest only of a file of the size it wrote, and finds out what is not so", async () => {
        const told = { digest: hashOf("hello") as Digest, bytes: 5 };
        const adopt = async (content: string): Promise<Digest> => {
          const path = await store.newTemporary();
          await writeFile(path, content);
          return (await store.adopt(path, "raw", told)).digest;
        };
        assert.equal(await adopt("hello"), told.digest);
        assert.equal(await adopt("hello!"), hashOf("hello!"));
      });

      it("keeps the extension of a user's file, and counts and removes it as any object", async () => {
        const path = await store.newTemporary();
        await writeFile(path, "a,b");
        const adopted = await store.adopt(path, "file.csv");
        const stored = { ...adopted, kind: "file", format: "file.csv", rows: null, columns: null } as const;
        await store.putRecord(recordOf(keyOf("f"), stored));
        assert.match(store.objectPath(stored.digest, stored.format), /\.csv$/);
        assert.deepEqual(await other.check(stored), { state: "ok" });
        assert.deepEqual(await store.use(), { bytes: 3, objects: 1 });
        assert.equal((await store.remove("all")).objects, 1);
        assert.throws(() => store.objectPath(stored.digest, "file../x"), RangeError);
      });

      it("says that an object is missing", async () => {
        assert.deepEqual(await store.check({ digest: hashOf("none") as Digest, bytes: 4, format: "raw" }), {
          state: "missing",
        });
      });

      const damages: readonly (readonly [string, (path: string) => Promise<void>])[] = [
        ["a flipped bit", async (path) => writeFile(path, "hellp")],
        ["a truncation", (path) => truncate(path, 3)],
        ["an emptied file", (path) => truncate(path, 0)],
        ["appended bytes", (path) => writeFile(path, "hello!")],
        ["zeroes", (path) => writeFile(path, Buffer.alloc(5))],
        ["another object's bytes", (path) => writeFile(path, "world")],
      ];
      for (const [title, damage] of damages) {
        it(`notices ${title}, moves the object to quarantine, and is healed by the same bytes (A7, A8)`, async () => {
          const stored = await file(store, "hello");
          assert.deepEqual(await store.check(stored), { state: "ok" });
          const path = store.objectPath(stored.digest, "raw");
          await chmod(path, 0o600);
          await damage(path);
          const check = await store.check(stored);
          assert.equal(check.state, "corrupt");
          assert.ok("quarantined" in check && check.quarantined !== null);
          assert.ok((await stat(check.quarantined)).isFile());
          // Damage stays the reason, in every process, until the object is made again.
          assert.deepEqual(await other.check(stored), check);
          assert.deepEqual(await file(other, "hello"), stored);
          assert.deepEqual(await store.check(stored), { state: "ok" });
        });
      }

      it("heals a damaged object by adopting the right bytes over it, without a check in between (A8)", async () => {
        const stored = await file(store, "hello");
        const path = store.objectPath(stored.digest, "raw");
        await chmod(path, 0o600);
        await writeFile(path, "hellp");
        await file(store, "hello");
        assert.deepEqual(await store.check(stored), { state: "ok" });
        assert.equal(await readFile(path, "utf8"), "hello");
      });

      it("makes objects read-only on disk", async () => {
        const stored = await file(store, "hello");
        assert.equal((await stat(store.objectPath(stored.digest, "raw"))).mode & 0o777, 0o444);
      });

      it("counts what it uses, also after removal", async () => {
        await file(store, "12345", { key: keyOf("1") });
        await file(store, "123", { key: keyOf("2") });
        assert.deepEqual(await store.use(), { bytes: 8, objects: 2 });
        await store.remove({ keys: [keyOf("1")] });
        assert.deepEqual(await store.use(), { bytes: 3, objects: 1 });
      });
    });

    describe("records", () => {
      it("gives back a record as it was written", async () => {
        const stored = await file(store, "x");
        const record = recordOf(keyOf("a"), stored);
        await store.putRecord(record);
        assert.deepEqual(await other.getRecord(keyOf("a")), record);
      });

      it("gives null for a key that has none", async () => {
        assert.equal(await store.getRecord(keyOf("none")), null);
      });

      it("lists a stage's history newest first, each key once, and keeps what two stores add at once", async () => {
        const stage = "a/b.ts#x" as StageId;
        const at = (ms: number) => ({ stage, createdAt: new Date(ms).toISOString() });
        const stored = await file(store, "x");
        await Promise.all(
          Array.from({ length: 20 }, (_, index) =>
            (index % 2 ? store : other).putRecord(recordOf(keyOf(`h${index}`), stored, at(1000 + index))),
          ),
        );
        await store.putRecord(recordOf(keyOf("h0"), stored, at(5000)));
        await store.putRecord(recordOf(keyOf("else"), stored, { stage: "a/b.ts#y" as StageId }));
        const history = await other.history(stage);
        assert.deepEqual(
          history.map((entry) => entry.createdAt),
          [5000, ...Array.from({ length: 19 }, (_, index) => 1019 - index)],
        );
        assert.equal(history[0]?.key, keyOf("h0"));
        assert.equal(new Set(history.map((entry) => entry.key)).size, 20);
      });

      it("keeps failures by key until they are deleted", async () => {
        const failure: Failure = {
          reason: "stage-threw",
          stage: "a.ts#a" as StageId,
          name: "Error",
          message: "boom",
          stack: [{ function: null, location: null, text: "at x" }],
          location: { file: "/a.ts", line: 1, column: 2 },
        };
        await store.putFailure(keyOf("a"), failure);
        assert.deepEqual(await other.getFailure(keyOf("a")), failure);
        await store.deleteFailure(keyOf("a"));
        await store.deleteFailure(keyOf("a"));
        assert.equal(await other.getFailure(keyOf("a")), null);
      });

      it("takes notes of runs", async () => {
        const summary: RunSummary = {
          run: "../../evil" as RunId,
          ok: true,
          cancelled: false,
          durationMs: 1,
          outcomes: [],
        };
        await store.addRun(summary, new Date(0).toISOString());
      });

      for (const stage of [
        "../../../etc/passwd#x",
        "..\\..\\x#y",
        "C:\\x",
        "\\\\?\\x",
        "CON",
        "a\u0000b",
        "\u00e9#a",
        "e\u0301#a",
        `${"x".repeat(300)}#a`,
        ".",
        "",
        "#",
        "__proto__",
      ]) {
        it(`keeps a stage named ${JSON.stringify(stage.slice(0, 20))} to the folder (security row 8)`, async () => {
          const stored = await file(store, "x");
          await store.putRecord(recordOf(keyOf(stage), stored, { stage: stage as StageId }));
          assert.deepEqual(
            (await store.history(stage as StageId)).map((entry) => entry.key),
            [keyOf(stage)],
          );
          assert.equal((await other.getRecord(keyOf(stage)))?.stage, stage);
        });
      }

      for (const name of ["../../x", "A".repeat(64), "a".repeat(63), `${"a".repeat(64)}/`, "", ".."]) {
        it(`refuses ${JSON.stringify(name.slice(0, 12))} as a key or digest (security row 8)`, async () => {
          assert.throws(() => store.objectPath(name as Digest, "raw"), RangeError);
          await assert.rejects(store.getRecord(name as Key), RangeError);
          await assert.rejects(store.lock(name as Key, { signal: new AbortController().signal }), RangeError);
        });
      }
    });

    describe("temporaries", () => {
      it("gives paths of their own, and folders, and removes them", async () => {
        const paths = await Promise.all(Array.from({ length: 50 }, () => store.newTemporary()));
        assert.equal(new Set(paths).size, 50);
        const folder = await store.newTemporaryFolder();
        await writeFile(`${folder}/file`, "x");
        await store.discard(folder);
        await assert.rejects(stat(folder));
        await store.discard(paths[0]!);
      });

      it("refuses to discard or adopt anything that is not its temporary", async () => {
        const stored = await file(store, "precious");
        const inside = await store.newTemporary();
        for (const path of [
          store.folder,
          store.objectPath(stored.digest, "raw"),
          `${inside}/../../objects`,
          "/",
          `${store.folder}/tmp`,
        ]) {
          await assert.rejects(store.discard(path), RangeError);
          await assert.rejects(store.adopt(path, "raw"), RangeError);
        }
        assert.deepEqual(await store.check(stored), { state: "ok" });
      });
    });

    describe("removing", () => {
      it("plans exactly what it then removes, and keeps objects that others need", async () => {
        const shared = await file(store, "shared", { key: keyOf("1") });
        await file(store, "shared", { key: keyOf("2") });
        const alone = await file(store, "alone!!", { key: keyOf("3") });
        const scope = { keys: [keyOf("1"), keyOf("3"), keyOf("none")] };
        const expected = { records: 2, objects: 1, bytes: 7 };
        assert.deepEqual(await store.planRemove(scope), expected);
        assert.deepEqual(await other.remove(scope), expected);
        assert.equal(await store.getRecord(keyOf("1")), null);
        assert.notEqual(await store.getRecord(keyOf("2")), null);
        assert.deepEqual(await store.check(shared), { state: "ok" });
        assert.deepEqual(await store.check(alone), { state: "missing" });
        assert.deepEqual(
          (await store.history("src/a.ts#a" as StageId)).map((entry) => entry.key),
          [keyOf("2")],
        );
      });

      it("clears everything but an object that another process may be about to record", async () => {
        await file(store, "one", { key: keyOf("1") });
        const young = await file(other, "young");
        await store.putFailure(keyOf("f"), { reason: "untrusted", message: "m" });
        assert.deepEqual(await store.remove("all"), { records: 1, objects: 1, bytes: 3 });
        assert.deepEqual(await store.check(young), { state: "ok" });
        assert.equal(await store.getFailure(keyOf("f")), null);
        assert.deepEqual(await store.history("src/a.ts#a" as StageId), []);
      });

      it("evicts what was used longest ago, never what is pinned, down to the cap (A11)", async () => {
        const results: StoredValue[] = [];
        for (let index = 0; index < 6; index++) {
          results.push(await file(store, `${index}`.repeat(100), { key: keyOf(`${index}`) }));
          await waitForClock();
        }
        store.touch(keyOf("0"));
        const removal = await store.evict({ maxBytes: 350, pinned: new Set([results[1]!.digest]) });
        assert.deepEqual(removal, { records: 3, objects: 3, bytes: 300 });
        const states = await Promise.all(results.map(async (result) => (await store.check(result)).state));
        assert.deepEqual(states, ["ok", "ok", "missing", "missing", "missing", "ok"]);
        assert.equal(await store.getRecord(keyOf("2")), null);
        assert.deepEqual(await store.evict({ maxBytes: 350, pinned: new Set() }), { records: 0, objects: 0, bytes: 0 });
      });
    });

    describe("locks", () => {
      const never = new AbortController().signal;

      it("lets one holder in at a time, in whichever store it asks (B1)", async () => {
        let inside = 0;
        let most = 0;
        await Promise.all(
          Array.from({ length: 8 }, async (_, index) => {
            const lock = await (index % 2 ? store : other).lock(keyOf("l"), { signal: never });
            most = Math.max(most, ++inside);
            await new Promise((resolve) => setImmediate(resolve));
            inside--;
            await lock.release();
          }),
        );
        assert.equal(most, 1);
      });

      it("does not make different keys wait for each other", async () => {
        const one = await store.lock(keyOf("1"), { signal: never });
        const two = await store.lock(keyOf("2"), { signal: never });
        await one.release();
        await two.release();
      });

      it("stops waiting when told to", async () => {
        const held = await store.lock(keyOf("l"), { signal: never });
        const abort = new AbortController();
        const waiting = other.lock(keyOf("l"), { signal: abort.signal });
        abort.abort();
        await assert.rejects(waiting, { name: "AbortError" });
        await held.release();
        await (await other.lock(keyOf("l"), { signal: never })).release();
      });

      it("may be released twice, without taking the lock from the next holder", async () => {
        const first = await store.lock(keyOf("l"), { signal: never });
        await first.release();
        const second = await other.lock(keyOf("l"), { signal: never });
        await first.release();
        const abort = new AbortController();
        const third = store.lock(keyOf("l"), { signal: abort.signal });
        const outcome = await Promise.race([
          third.then(() => "in"),
          rm(`${store.folder}/none`, { force: true }).then(() => "out"),
        ]);
        assert.equal(outcome, "out");
        abort.abort();
        await assert.rejects(third);
        await second.release();
      });
    });
  });
}

/** Until the clock that file times come from has moved on. */
async function waitForClock(): Promise<void> {
  const start = Date.now();
  while (Date.now() - start < 12) await new Promise((resolve) => setImmediate(resolve));
}
