import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { EngineClient, EngineStoppedError, type EngineCrash } from "../../../src/extension/engine-client.js";

/** A real thread that answers, publishes, or falls over, as its messages say. */
const THREAD = `
const { parentPort: port } = require("node:worker_threads");
const fs = require("node:fs");
port.on("message", (m) => {
  if (m.type === "close") {
    fs.appendFileSync(__filename + ".closed", "x");
    port.postMessage({ type: "event", event: { type: "project-gone", root: "said while closing" } });
    return port.postMessage({ type: "closed" });
  }
  if (m.type === "open") return port.postMessage({ type: "event", event: { type: "project-gone", root: m.folders[0] } });
  if (m.type !== "call") return;
  if (m.method === "cancel") process.exit(3);
  if (m.method === "clear") throw new Error("a bug");
  if (m.method === "run") return;
  const result = m.method === "why" ? { ok: false, message: "no such stage", stack: "there" } : { ok: true, value: [m.method, m.args] };
  port.postMessage({ type: "answer", id: m.id, result });
});`;

describe("the engine client", function () {
  // Each case starts threads of its own, which a busy machine takes its time for.
  this.timeout(30_000);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "restage-client-"));
  const workerFile = path.join(folder, "thread.cjs");
  fs.writeFileSync(workerFile, THREAD);
  after(() => fs.rmSync(folder, { recursive: true }));

  const crashes: EngineCrash[] = [];
  const logged: string[] = [];
  let client: EngineClient;
  beforeEach(() => {
    crashes.length = 0;
    logged.length = 0;
    client = new EngineClient({
      workerFile,
      opening: () => ({ folders: ["/p"], nodePath: null, trusted: true, distFolder: "/d", version: "1" }),
      log: (_, text) => logged.push(text),
    });
    client.onDidCrash((crash) => crashes.push(crash));
  });
  afterEach(() => client.close());

  const crashed = (): Promise<void> => new Promise((resolve) => client.onDidCrash(() => resolve()));

  it("matches answers to calls, and hands on what the engine publishes", async () => {
    const event = new Promise((resolve) => client.onEvent(resolve));
    client.start();
    const [a, b] = await Promise.all([client.call("status", {}), client.call("filesChanged", { files: ["/p/a.ts"] })]);
    assert.deepEqual(
      [a, b],
      [
        ["status", {}],
        ["filesChanged", { files: ["/p/a.ts"] }],
      ],
    );
    assert.deepEqual(await event, { type: "project-gone", root: "/p" });
  });

  it("turns a failed call into an error with the engine's stack", async () => {
    client.start();
    await assert.rejects(client.call("why", { root: "/p", stage: "a" as never }), {
      message: "no such stage",
      stack: "there",
    });
  });

  it("ends every call when the engine dies, and starts it again", async () => {
    client.start();
    const run = client.call("run", {} as never);
    const died = crashed();
    const cancel = client.call("cancel", {} as never);
    await assert.rejects(run, EngineStoppedError);
    await assert.rejects(cancel, EngineStoppedError);
    await died;
    assert.deepEqual(crashes, [{ message: "exit code 3", restarted: true }]);
    assert.deepEqual(await client.call("status", {}), ["status", {}]);
  });

  it("says what the engine threw", async () => {
    client.start();
    const died = crashed();
    await assert.rejects(client.call("clear", {} as never), /a bug/);
    await died;
    assert.equal(crashes[0]?.message, "a bug");
    assert.match(logged.join("\n"), /Error: a bug/);
  });

  it("gives up on an engine that keeps dying, until it is asked to try again", async () => {
    client.start();
    for (let n = 0; n < 4; n++) {
      const died = crashed();
      await assert.rejects(client.call("cancel", {} as never), EngineStoppedError);
      await died;
    }
    assert.deepEqual(
      crashes.map(({ restarted }) => restarted),
      [true, true, true, false],
    );
    await assert.rejects(client.call("status", {}), /not running/);
    client.start();
    assert.deepEqual(await client.call("status", {}), ["status", {}]);
  });

  const closedSoFar = (): number => {
    const file = `${workerFile}.closed`;
    return fs.existsSync(file) ? fs.readFileSync(file, "utf8").length : 0;
  };

  it("has one engine at a time, also when it is restarted twice at once, and drops what the old one still says", async () => {
    const roots: string[] = [];
    const closedAtStart: number[] = [];
    const before = closedSoFar();
    client.onEvent((event) => event.type === "project-gone" && roots.push(event.root));
    client.onDidStart(() => closedAtStart.push(closedSoFar() - before));
    client.start();
    await client.call("status", {});
    await Promise.all([client.restart(), client.restart()]);
    assert.deepEqual(await client.call("status", {}), ["status", {}]);
    assert.deepEqual(closedAtStart, [0, 1], "the next engine starts when the one before it has closed");
    assert.deepEqual(roots, ["/p", "/p"]);
    assert.deepEqual(crashes, []);
  });

  it("does what was asked last while an engine closes", async () => {
    client.start();
    const restarted = client.restart();
    await client.close();
    await restarted;
    assert.equal(client.running, false, "closed after a restart: no engine is left behind");
    client.start();
    const closed = client.close();
    client.start();
    await closed;
    assert.deepEqual(await client.call("status", {}), ["status", {}]);
  });

  it("closes in good order: open calls end, and the end is no crash", async () => {
    client.start();
    const run = client.call("run", {} as never);
    const rejected = assert.rejects(run, EngineStoppedError);
    await client.close();
    await rejected;
    await client.whenIdle();
    assert.deepEqual([crashes, client.running], [[], false]);
  });
});
