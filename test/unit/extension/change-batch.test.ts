import assert from "node:assert/strict";
import { ChangeBatcher } from "../../../src/extension/change-batch.js";
import { isWatched, outsideInputs } from "../../../src/extension/watched-paths.js";
import { projectStatus, stageStatus } from "./statuses.js";

describe("batches of changed files (F98, P29, P35)", () => {
  const collect = (): { sent: (readonly string[])[]; batcher: ChangeBatcher; release: () => void } => {
    const sent: (readonly string[])[] = [];
    const waiting: (() => void)[] = [];
    const batcher = new ChangeBatcher({
      send: (files) => {
        sent.push(files);
        return new Promise((resolve) => waiting.push(resolve));
      },
      onError: (error) => assert.fail(String(error)),
    });
    return { sent, batcher, release: () => waiting.shift()?.() };
  };

  it("a branch switch of 500 files is one batch, each file once", async () => {
    const { sent, batcher, release } = collect();
    for (let n = 0; n < 1000; n++) batcher.add(`/p/${n % 500}.ts`);
    const flushed = batcher.flush();
    release();
    await flushed;
    assert.deepEqual(
      sent.map((files) => files.length),
      [500],
    );
  });

  it("a batch waits until the one before it is answered", async () => {
    const { sent, batcher, release } = collect();
    batcher.add("/p/a.ts");
    const flushed = batcher.flush();
    batcher.add("/p/b.ts");
    batcher.add("/p/c.ts");
    assert.deepEqual(sent, [["/p/a.ts"]]);
    release();
    while (sent.length < 2) await new Promise((resolve) => setImmediate(resolve));
    release();
    await flushed;
    assert.deepEqual(sent, [["/p/a.ts"], ["/p/b.ts", "/p/c.ts"]]);
  });

  it("leaves by itself after a blink", async () => {
    const sent = await new Promise<readonly string[]>((resolve) => {
      const batcher = new ChangeBatcher({
        send: (files) => {
          resolve(files);
          return Promise.resolve();
        },
        onError: (error) => assert.fail(String(error)),
      });
      batcher.add("/p/a.ts");
    });
    assert.deepEqual(sent, ["/p/a.ts"]);
  });

  it("goes on after a batch that failed", async () => {
    const errors: unknown[] = [];
    const batcher = new ChangeBatcher({
      send: () => Promise.reject(new Error("gone")),
      onError: (e) => errors.push(e),
    });
    batcher.add("/p/a.ts");
    await batcher.flush();
    batcher.add("/p/a.ts");
    await batcher.flush();
    assert.equal(errors.length, 2);
  });
});

describe("files that are watched", () => {
  it("do not include git, what packages hold but for their versions, or of the store what is only in passing", () => {
    const watched = [
      "/p/src/a.ts",
      "/p/data/orders.csv",
      "/p/node_modules/x/index.js",
      "/p/node_modules/x/package.json",
      "/p/node_modules/.package-lock.json",
      "/p/.git/HEAD",
      "/p/.restage/tmp/1",
      "/p/.restage/records/aa/1.json",
      "/p/build/cache/runs/1.json",
      "/p/build/cache/objects/aa",
    ].filter((file) => isWatched(file, ["/p/build/cache"]));
    assert.deepEqual(watched, [
      "/p/src/a.ts",
      "/p/data/orders.csv",
      "/p/node_modules/x/package.json",
      "/p/node_modules/.package-lock.json",
      "/p/.restage/records/aa/1.json",
      "/p/build/cache/objects/aa",
    ]);
  });

  it("include input files and globs outside of the opened folders", () => {
    const stage = stageStatus("a", {
      inputs: [
        { kind: "file", name: "in", path: "data/in.csv" },
        { kind: "file", name: "out", path: "../shared/out.csv" },
        { kind: "files", name: "all", pattern: "../logs/2026/**/*.json" },
        { kind: "files", name: "abs", pattern: "/var/data/*.csv" },
      ],
    });
    assert.deepEqual(outsideInputs([projectStatus([stage], { root: "/w/p" })], ["/w/p"]), [
      { base: "/var/data", pattern: "*.csv" },
      { base: "/w/logs/2026", pattern: "**/*.json" },
      { base: "/w/shared", pattern: "out.csv" },
    ]);
  });
});
