import assert from "node:assert/strict";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Key, StageId } from "../../../src/protocol/ids.js";
import { LocalStore } from "../../../src/store/local-store.js";
import { keyOf } from "../../support/store-conformance.js";

const ROUNDS = Number(process.env["CRASH_ROUNDS"] ?? 30);
const here = dirname(fileURLToPath(import.meta.url));

describe("local store: killed and crowded", function () {
  this.timeout(Math.max(120_000, ROUNDS * 2000));
  let base: string;
  let folder: string;
  let script: string;
  const children = new Set<ChildProcess>();
  before(async () => {
    base = await mkdtemp(join(tmpdir(), "restage-crash-"));
    folder = join(base, ".restage");
    script = join(base, "writer.mjs");
    await build({
      entryPoints: [join(here, "crash-writer.ts")],
      outfile: script,
      bundle: true,
      platform: "node",
      format: "esm",
      external: ["apache-arrow", "parquet-wasm/node"],
    });
  });
  after(async () => {
    for (const child of children) child.kill("SIGKILL");
    await rm(base, { recursive: true, force: true });
  });

  /** Starts a writer; `acknowledged` grows as it says what it has filed. */
  function startWriter(seed: string, count: number) {
    const child = spawn(process.execPath, [script, folder, seed, String(count)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    children.add(child);
    const acknowledged: Key[] = [];
    const lines = createInterface({ input: child.stdout });
    const ready = new Promise<void>((resolve) =>
      lines.on("line", (line) => (line === "ready" ? resolve() : acknowledged.push(line as Key))),
    );
    const ended = Promise.all([once(child, "exit"), once(lines, "close")]);
    return { child, acknowledged, ready, ended };
  }

  /** Every visible object is what its name says, every readable record leads to its object. */
  async function verify(store: LocalStore): Promise<number> {
    for (const name of await readdir(join(folder, "objects"), { recursive: true })) {
      const digest = /([0-9a-f]{64})\.bin$/.exec(name)?.[1];
      if (digest !== undefined)
        assert.equal(
          createHash("sha256")
            .update(await readFile(join(folder, "objects", name)))
            .digest("hex"),
          digest,
        );
    }
    let records = 0;
    for (const name of await readdir(join(folder, "records"), { recursive: true })) {
      const key = /([0-9a-f]{64})\.json$/.exec(name)?.[1];
      if (key === undefined) continue;
      const record = await store.getRecord(key as Key);
      assert.ok(record !== null, `record ${key} is visible and damaged`);
      assert.deepEqual(await store.check(record.result), { state: "ok" });
      records++;
    }
    return records;
  }

  it(`shows only whole entries after ${ROUNDS} kills at random times, keeps what was acknowledged, and goes on (A1, A2)`, async () => {
    let acknowledged = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const writer = startWriter(`round ${round}`, 100_000);
      await writer.ready;
      const kill = setTimeout(() => writer.child.kill("SIGKILL"), Math.random() * 60);
      await writer.ended;
      clearTimeout(kill);
      const store = new LocalStore({ folder });
      await store.open();
      for (const key of writer.acknowledged) assert.notEqual(await store.getRecord(key), null);
      acknowledged += writer.acknowledged.length;
      assert.deepEqual(await readdir(join(folder, "tmp")), [], "the dead process's temporaries are swept");
      assert.deepEqual(await readdir(join(folder, "quarantine")), []);
    }
    const store = new LocalStore({ folder });
    await store.open();
    assert.ok(acknowledged > 0);
    assert.ok((await verify(store)) >= acknowledged);
    const histories = await Promise.all(["0", "1", "2"].map((stage) => store.history(stage as StageId)));
    assert.ok(histories.flat().length >= acknowledged);
    await store.remove("all");
  });

  it("says that the disk is full, or read-only, in one sentence; what was filed stays readable (A4, A5)", function () {
    const disk = join(base, "disk");
    const shell = `mkdir -p "$1" && mount -t tmpfs -o size=2m restage "$1" || exit 77
      "$2" "$3" "$1/.restage" full 100000 && exit 1
      rm -rf "$1/.restage/tmp/"*
      mount -o remount,ro "$1" && "$2" "$3" "$1/.restage" readonly 1 && exit 2
      "$2" "$3" "$1/.restage" reading 0`;
    const { status, stdout, stderr } = spawnSync(
      "unshare",
      ["-rm", "bash", "-c", shell, "bash", disk, process.execPath, script],
      { encoding: "utf8" },
    );
    // Without the right to make a small file system there is nothing to fill.
    if (status === 77 || status === null || /unshare:/.test(stderr)) this.skip();
    assert.equal(status, 0, stderr);
    assert.match(stderr, /the disk is full \(\d+ bytes free\)/);
    assert.match(stderr, /the file system is read-only/);
    assert.ok(stdout.split("\n").length > 20);
  });

  it("lets three processes write the same results while a fourth reads, evicts and clears: never a wrong byte, never an error (A10)", async () => {
    const count = 120;
    const writers = ["same", "same", "other"].map((seed) => startWriter(seed, count));
    const store = new LocalStore({ folder });
    await store.open();
    const state = { running: true };
    const done = Promise.all(writers.map((writer) => writer.ended)).then((ends) => {
      state.running = false;
      return ends;
    });
    let reads = 0;
    while (state.running) {
      for (let index = 0; index < count; index += 7) {
        const record = await store.getRecord(keyOf(`same-${index}`));
        if (record === null) continue;
        const check = await store.check(record.result);
        assert.notEqual(check.state, "corrupt");
        if (check.state === "ok") reads++;
      }
      await store.evict({ maxBytes: 100_000, pinned: new Set() });
      await store.remove({ keys: [keyOf("same-7"), keyOf("other-14")] });
    }
    for (const [[code, signal]] of await done) assert.deepEqual([code, signal], [0, null]);
    for (const writer of writers) assert.equal(writer.acknowledged.length, count);
    assert.ok(reads > 0);
    for (const name of await readdir(join(folder, "objects"), { recursive: true })) {
      const digest = /([0-9a-f]{64})\.bin$/.exec(name)?.[1];
      if (digest !== undefined)
        assert.equal(
          createHash("sha256")
            .update(await readFile(join(folder, "objects", name)))
            .digest("hex"),
          digest,
        );
    }
    // Whatever was removed is back after one more run.
    const again = startWriter("same", count);
    await again.ended;
    for (const key of again.acknowledged) {
      const record = await store.getRecord(key);
      assert.ok(record !== null);
      assert.deepEqual(await store.check(record.result), { state: "ok" });
    }
  });
});
