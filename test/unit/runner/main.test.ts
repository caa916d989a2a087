import assert from "node:assert/strict";
import { execFile, fork } from "node:child_process";
import { once } from "node:events";
import { readFile, realpath, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ChildRig } from "./child-rig.js";
import type { Ending } from "./child-rig.js";

describe("The child process", function () {
  this.timeout(30_000);
  let rig: ChildRig;

  before(async () => {
    rig = await ChildRig.create();
  });

  after(() => rig.dispose());

  describe("a run that succeeds", () => {
    it("hands inputs over under their names and gives back what the stage returns", async () => {
      const rows = [
        { id: 1, name: "a" },
        { id: 2, name: "b" },
      ];
      const value = await rig.value(
        "export const it = stage({ rows: file('x'), min: param('min', 1), none: env('NONE') }, async ({ rows, min, none }) => ({ kept: rows.filter((r) => r.id > min), none: none === undefined }));",
        {
          inputs: [
            await rig.stored("rows", rows),
            { name: "min", from: "literal", value: 1 },
            { name: "none", from: "literal", value: undefined },
          ],
        },
      );
      assert.deepEqual(value, { kept: [{ id: 2, name: "b" }], none: true });
    });

    it("tells kind, format, rows and columns of the result, and ends by itself with code 0", async () => {
      const ending = await rig.run("export const it = stage({}, () => [{ a: 1 }, { a: 2 }]);");
      const end = ending.end;
      assert.equal(end?.type, "result");
      assert.deepEqual(
        [end.kind, end.format, end.rows, end.columns?.map((c) => c.name)],
        ["rows", "parquet", 2, ["a"]],
      );
      assert.ok(end.durationMs >= 0);
      assert.deepEqual([ending.code, ending.messages.map((m) => m.type)], [0, ["ready", "result"]]);
    });

    for (const [kind, returned] of [
      ["json", "({ a: [1] })"],
      ["text", "'text'"],
      ["bytes", "new Uint8Array([1, 2])"],
      ["undefined", "undefined"],
    ] as const) {
      it(`stores ${kind}`, async () => {
        const { end } = await rig.run(`export const it = stage({}, () => ${returned});`);
        assert.equal(end?.type, "result");
        assert.equal(end.kind, kind);
      });
    }

    it("gives each input a copy of its own, so that no use sees another's mutations (promise 3)", async () => {
      const input = await rig.stored("a", { list: [1] });
      const value = await rig.value(
        "export const it = stage({}, ({ a, b }) => { a.list.push(2); return [a === b, b.list.length]; });",
        { inputs: [input, { ...input, name: "b" }] },
      );
      assert.deepEqual(value, [false, 1]);
    });

    it("hands over only the columns asked for", async () => {
      const rows = await rig.stored("rows", [{ a: 1, b: 2 }], { as: "columns", columns: ["b"] });
      assert.deepEqual(await rig.value("export const it = stage({}, ({ rows }) => rows);", { inputs: [rows] }), [
        { b: 2 },
      ]);
    });

    it("ends although user code left a timer and a server running", async () => {
      const ending = await rig.run(
        "import { createServer } from 'node:net'; createServer().listen(0); setInterval(() => {}, 1000); export const it = stage({}, () => 1);",
      );
      assert.deepEqual([ending.end?.type, ending.code], ["result", 0]);
    });

    it("delivers all output that was printed before the result", async () => {
      const ending = await rig.run(
        "export const it = stage({}, () => { for (let i = 0; i < 20000; i++) console.log('line ' + i); console.error('last words'); return 1; });",
      );
      assert.equal(ending.stdout.split("\n").length, 20_001);
      assert.equal(ending.stderr, "last words\n");
      assert.equal(ending.end?.type, "result");
    });

    it("finds a default export", async () => {
      assert.equal(await rig.value("export default stage({}, () => 'x');", { exportName: "default" }), "x");
    });
  });

  describe("a run that fails (C1)", () => {
    const cases: readonly (readonly [string, string, "module" | "run" | "encode", string, RegExp])[] = [
      ["an Error", "() => { throw new TypeError('bad order'); }", "run", "TypeError", /^bad order$/],
      ["a rejection", "async () => { throw new Error('late'); }", "run", "Error", /^late$/],
      ["null", "() => { throw null; }", "run", "NonError", /null was thrown/],
      ["a string", "() => { throw 'boom'; }", "run", "NonError", /string was thrown, not an Error: boom/],
      ["an object", "() => { throw { code: 7 }; }", "run", "NonError", /\{ code: 7 \}/],
      ["its own class", "() => { throw new (class BadOrder extends Error {})('x'); }", "run", "BadOrder", /^x$/],
      ["a stack overflow", "() => { const f = () => f() + 1; return f(); }", "run", "RangeError", /call stack/],
      ["an error of another realm", "() => vm.runInNewContext('null.x')", "run", "TypeError", /null/],
      [
        "an AggregateError",
        "() => Promise.any([Promise.reject(new Error('one')), Promise.reject(new Error('two'))])",
        "run",
        "AggregateError",
        /2 errors: Error: one; Error: two/,
      ],
      [
        "a stray rejection",
        "() => { Promise.reject(new Error('stray')); return new Promise((r) => setTimeout(r, 5000)); }",
        "run",
        "Error",
        /^stray$/,
      ],
      [
        "a throw in a timer",
        "() => { setTimeout(() => { throw new Error('timer'); }, 1); return new Promise((r) => setTimeout(r, 5000)); }",
        "run",
        "Error",
        /^timer$/,
      ],
      ["a value that cannot be stored", "() => ({ f: () => 1 })", "encode", "UnstorableValueError", /function/],
    ];
    for (const [what, run, phase, name, message] of cases) {
      it(`tells of ${what}`, async () => {
        const ending = await rig.run(`import vm from 'node:vm'; export const it = stage({}, ${run});`);
        const failed = failure(ending);
        assert.deepEqual([failed.phase, failed.error.name, ending.code], [phase, name, 1]);
        assert.match(failed.error.message, message);
      });
    }

    it("keeps the stack and the causes, also when they form a ring", async () => {
      const { error } = failure(
        await rig.run(
          "export const it = stage({}, function readAll() { const a = new Error('a'); const b = new Error('b', { cause: a }); a.cause = b; throw b; });",
        ),
      );
      assert.match(error.stack, /at readAll \(file:.*\.mjs:2:\d+\)/);
      assert.deepEqual([error.message, error.cause?.message, error.cause?.cause?.message], ["b", "a", "b"]);
    });

    it("bounds what an error can send", async () => {
      const { error } = failure(
        await rig.run("export const it = stage({}, () => { throw new Error('x'.repeat(5e6)); });"),
      );
      assert.ok(error.message.length < 70_000);
      assert.ok(error.stack.length < 70_000);
    });

    it("tells a module that throws from a stage that throws", async () => {
      const failed = failure(await rig.run("null.x; export const it = stage({}, () => 1);"));
      assert.deepEqual([failed.phase, failed.error.name], ["module", "TypeError"]);
    });

    it("tells of code that does not parse", async () => {
      const failed = failure(await rig.run("export const it = ;"));
      assert.deepEqual([failed.phase, failed.error.name], ["module", "SyntaxError"]);
    });

    it("tells of an export that is missing or is no stage", async () => {
      assert.match(failure(await rig.run("export const other = 1;")).error.message, /export "it" is missing/);
      assert.match(failure(await rig.run("export const it = () => 1;")).error.message, /export "it" is no stage/);
    });

    it("tells of wrong arguments of stage() when the module runs", async () => {
      const failed = failure(await rig.run("export const it = stage(() => 1);"));
      assert.equal(failed.phase, "module");
      assert.match(failed.error.message, /inputs first/);
    });

    it("leaves no output file behind", async () => {
      const job = await rig.job("export const it = stage({}, () => [{ f: () => 1 }]);");
      const child = rig.start();
      child.send({ type: "job", job });
      failure(await child.ended);
      await assert.rejects(realpath(job.output), { code: "ENOENT" });
    });

    it("refuses a stage that is called inside another, and names it", async () => {
      const { error } = failure(
        await rig.run(
          "export const large = stage({}, () => 1); export const it = stage({}, async () => await large());",
        ),
      );
      assert.match(error.message, /The stage "large" was called .* declare it as an input: stage\(\{ large \}/);
    });

    it("names an input whose bytes are not what they should be, and does not run the stage (promise 5)", async () => {
      const input = await rig.stored("rows", [{ a: 1 }]);
      assert.equal(input.from, "stored");
      await writeFile(input.path, "damaged");
      const ending = await rig.run("export const it = stage({}, () => { console.log('ran'); return 1; });", {
        inputs: [input],
      });
      assert.deepEqual(ending.end, { type: "corrupt-input", name: "rows", path: input.path });
      assert.equal(ending.stdout, "");
    });

    it("names an input that is gone", async () => {
      const input = await rig.stored("rows", "text");
      assert.equal(input.from, "stored");
      const missing = { ...input, path: join(rig.folder, "nowhere") };
      const { end } = await rig.run("export const it = stage({}, () => 1);", { inputs: [missing] });
      assert.deepEqual(end, { type: "corrupt-input", name: "rows", path: missing.path });
    });
  });

  describe("a run that gives no result", () => {
    it("ends without a result when user code exits, with whatever code (C2)", async () => {
      for (const code of [0, 3]) {
        const ending = await rig.run(`export const it = stage({}, () => process.exit(${code}));`);
        assert.deepEqual([ending.end, ending.code], [null, code]);
      }
    });

    it("ends without a result when nothing is left to wait for (C2)", async () => {
      const ending = await rig.run("export const it = stage({}, () => new Promise(() => {}));");
      assert.deepEqual([ending.end, ending.signal], [null, null]);
    });

    it("ends without a result when the module waits for ever (C2)", async () => {
      const ending = await rig.run("await new Promise(() => {}); export const it = stage({}, () => 1);");
      assert.equal(ending.end, null);
    });

    it("ends by the signal of a crash (C4)", async () => {
      const ending = await rig.run("export const it = stage({}, () => process.kill(process.pid, 'SIGSEGV'));");
      assert.deepEqual([ending.end, ending.signal], [null, "SIGSEGV"]);
    });

    it("can be killed in an endless loop (C3)", async () => {
      const child = rig.start();
      child.send({
        type: "job",
        job: await rig.job("export const it = stage({}, () => { console.log('in'); for (;;); });"),
      });
      await child.printed("in");
      child.process.kill("SIGKILL");
      const ending = await child.ended;
      assert.deepEqual([ending.end, ending.signal], [null, "SIGKILL"]);
    });
  });

  describe("cancel", () => {
    it("aborts the stage's signal", async () => {
      const child = rig.start();
      const source =
        "export const it = stage({}, (_, { signal }) => new Promise((_resolve, reject) => { const t = setInterval(() => {}, 1000); signal.addEventListener('abort', () => { clearInterval(t); reject(signal.reason); }); console.log('waiting'); }));";
      child.send({ type: "job", job: await rig.job(source) });
      await child.printed("waiting");
      child.send({ type: "cancel" });
      const failed = failure(await child.ended);
      assert.deepEqual([failed.error.name, failed.error.message], ["AbortError", "The run was cancelled."]);
    });

    it("before the stage begins keeps it from beginning", async () => {
      const child = rig.start();
      child.send({ type: "cancel" });
      child.send({ type: "job", job: await rig.job("export const it = stage({}, () => { console.log('ran'); });") });
      const ending = await child.ended;
      assert.equal(failure(ending).error.name, "AbortError");
      assert.equal(ending.stdout, "");
    });
  });

  describe("what user code finds", () => {
    it("is the job's environment and nothing else", async () => {
      const job = { env: { ONLY: "this", PATH: "/bin" } };
      assert.deepEqual(await rig.value("export const it = stage({}, () => ({ ...process.env }));", job), job.env);
    });

    it("is the job's folder", async () => {
      assert.equal(await rig.value("export const it = stage({}, () => process.cwd());"), await realpath(rig.folder));
    });

    it("is no trace of the channel: its listeners see nothing, and it cannot send or close", async () => {
      const child = rig.start();
      const source = `
        const seen = [];
        process.disconnect();
        process.on("message", (m) => seen.push(m));
        process.on("disconnect", () => seen.push("disconnect"));
        export const it = stage({}, (_, { signal, log }) => new Promise((resolve) => {
          const timer = setInterval(() => {}, 1000);
          signal.addEventListener("abort", () => { clearInterval(timer); setTimeout(() => resolve([seen, typeof process.send]), 20); });
          log.info("waiting");
        }));`;
      const job = await rig.job(source);
      child.send({ type: "job", job });
      await child.message("log");
      child.send({ type: "cancel" });
      const { end } = await child.ended;
      assert.equal(end?.type, "result");
      assert.deepEqual(JSON.parse(await readFile(job.output, "utf8")), [[], "undefined"]);
    });

    it("is a context with log, progress, tmp and params", async () => {
      const ending = await rig.run(
        "export const it = stage({}, (_, { log, progress, tmp, params }) => { log.info('n=%d', 3, { a: 1 }); log.warn('w'); log.error('e'); progress(0.5, 'half'); progress(2); progress(NaN); console.log(tmp, params.min); return 1; });",
        { params: { min: 7 }, tmp: "/tmp/of-the-job" },
      );
      assert.deepEqual(ending.messages.slice(1, -1), [
        { type: "log", level: "info", text: "n=3 { a: 1 }" },
        { type: "log", level: "warn", text: "w" },
        { type: "log", level: "error", text: "e" },
        { type: "progress", fraction: 0.5, message: "half" },
        { type: "progress", fraction: 1, message: "half" },
      ]);
      assert.equal(ending.stdout, "/tmp/of-the-job 7\n");
    });

    it("is a progress that can be called for every row", async () => {
      const { messages } = await rig.run(
        "export const it = stage({}, (_, { progress }) => { for (let i = 0; i <= 100000; i++) progress(i / 100000); return 1; });",
      );
      const sent = messages.filter((message) => message.type === "progress");
      assert.ok(sent.length < 100, `${sent.length} messages`);
      assert.equal(sent.at(-1)?.fraction, 1);
    });

    it("is the same chance for the same key (F31)", async () => {
      const source = "export const it = stage({}, (_, { random }) => [random(), random()]);";
      const first = await rig.value(source, { seed: "ab".repeat(32) });
      assert.deepEqual(await rig.value(source, { seed: "ab".repeat(32) }), first);
      assert.notDeepEqual(await rig.value(source, { seed: "ac".repeat(32) }), first);
    });
  });

  describe("without a parent (C9)", () => {
    it("ends when the channel closes before a job", async () => {
      const child = rig.start();
      await child.message("ready");
      // `close` never comes for a child that its parent has disconnected.
      const exited = once(child.process, "exit");
      child.process.disconnect();
      assert.deepEqual(await exited, [null, "SIGKILL"]);
    });

    it("ends when the channel closes during a run", async () => {
      const child = rig.start();
      const source =
        "export const it = stage({}, () => { setInterval(() => {}, 1000); console.log('in'); return new Promise(() => {}); });";
      child.send({ type: "job", job: await rig.job(source) });
      await child.printed("in");
      // `close` never comes for a child that its parent has disconnected.
      const exited = once(child.process, "exit");
      child.process.disconnect();
      assert.deepEqual(await exited, [null, "SIGKILL"]);
    });

    it("ends in an endless loop when its parent was killed", async () => {
      const job = await rig.job("export const it = stage({}, () => { console.log('pid', process.pid); for (;;); });");
      const parentFile = join(rig.folder, "parent.mjs");
      await writeFile(
        parentFile,
        `import { execFile, fork } from "node:child_process";
         const child = fork(${JSON.stringify(rig.runner)}, [], { serialization: "advanced", stdio: ["ignore", "inherit", "inherit", "ipc"], detached: true });
         child.send({ type: "job", job: ${JSON.stringify(job)} });`,
      );
      const parent = fork(parentFile, [], { stdio: ["ignore", "pipe", "inherit", "ipc"], execArgv: [] });
      let output = "";
      // The pipe closes only when the last process that holds it, the child, is gone.
      await new Promise<void>((resolve) => {
        parent.stdout?.on("data", (chunk: Buffer) => {
          output += chunk.toString();
          if (/pid \d+\n/.test(output)) {
            parent.kill("SIGKILL");
          }
        });
        parent.stdout?.on("close", () => resolve());
      });
      assert.equal(parent.signalCode, "SIGKILL");
    });

    it("says what it is when it is started by hand", async () => {
      const { code, stderr } = await new Promise<{ code: unknown; stderr: string }>((resolve) => {
        execFile(process.execPath, [rig.runner], (error, _stdout, text) =>
          resolve({ code: error?.code, stderr: text }),
        );
      });
      assert.equal(code, 2);
      assert.match(stderr, /started by it/);
    });
  });
});

function failure(ending: Ending): Extract<NonNullable<Ending["end"]>, { type: "failed" }> {
  assert.equal(ending.end?.type, "failed", `${JSON.stringify(ending.end)} ${ending.stderr}`);
  return ending.end;
}
