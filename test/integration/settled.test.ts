/**
 * What an earlier process wrote down must never say anything else than the engine would. Each case is a project of its own,
 * made before all of them, so that its files are old enough (two seconds) to be told by their status and not by content.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { answerQuickly, type QuickEffects } from "../../src/cli/quick/answer.js";
import { parseQuickly } from "../../src/cli/quick/request.js";
import { runProgram } from "../../src/cli/program.js";
import type { Terminal } from "../../src/cli/terminal.js";
import type { RunId } from "../../src/protocol/ids.js";
import { DIST } from "../support/rig.js";
import { writeSettledProject } from "./settled-project.js";

interface Case {
  readonly title: string;
  readonly change: (at: (file: string) => string) => void;
  /** What the quick answer must be: none, or (where nothing that counts changed) the same as before. */
  readonly quick: "none" | "same";
  /** Whether the engine says something else than before. */
  readonly differs: boolean;
}

const edit = (file: string, from: string, to: string): void =>
  fs.writeFileSync(file, fs.readFileSync(file, "utf8").replace(from, to));
const sameTimes = (file: string, change: () => void): void => {
  const { atime, mtime } = fs.statSync(file);
  change();
  fs.utimesSync(file, atime, mtime);
};
const object = (at: (file: string) => string): string => {
  const shard = fs.readdirSync(at(".restage/objects"))[0] ?? "";
  return at(path.join(".restage/objects", shard, fs.readdirSync(at(path.join(".restage/objects", shard)))[0] ?? ""));
};
const record = (at: (file: string) => string): string => {
  const shard = fs.readdirSync(at(".restage/records"))[0] ?? "";
  return at(path.join(".restage/records", shard, fs.readdirSync(at(path.join(".restage/records", shard)))[0] ?? ""));
};

const changed = (title: string, change: Case["change"]): Case => ({ title, change, quick: "none", differs: true });
/** Nothing that counts changed, but seeing that needs the engine. */
const looked = (title: string, change: Case["change"]): Case => ({ title, change, quick: "none", differs: false });
const same = (title: string, change: Case["change"]): Case => ({ title, change, quick: "same", differs: false });

const CASES: readonly Case[] = [
  same("nothing", () => undefined),
  same("a source file is touched", (at) => fs.utimesSync(at("src/pipeline.ts"), new Date(), new Date())),
  same("an input is written again as it was", (at) =>
    fs.writeFileSync(at("data/a.csv"), fs.readFileSync(at("data/a.csv"))),
  ),
  same("the mode of a source file", (at) => fs.chmodSync(at("src/inner.ts"), 0o640)),
  same("a record is used, which renews its time", (at) => fs.utimesSync(record(at), new Date(), new Date())),
  looked("another package is installed", (at) => fs.mkdirSync(at("node_modules/other/deep"), { recursive: true })),
  changed("a stage's code", (at) => edit(at("src/pipeline.ts"), "data.size + inner", "data.size - inner")),
  changed("one digit of a helper, its size and time kept", (at) =>
    sameTimes(at("src/inner.ts"), () => edit(at("src/inner.ts"), "1", "7")),
  ),
  changed("one digit of an input, its size and time kept", (at) =>
    sameTimes(at("data/a.csv"), () => fs.writeFileSync(at("data/a.csv"), "7\n")),
  ),
  changed("an input is replaced by a rename, its size and time kept", (at) => {
    const { atime, mtime } = fs.statSync(at("data/a.csv"));
    fs.writeFileSync(at("data/new"), "7\n");
    fs.utimesSync(at("data/new"), atime, mtime);
    fs.renameSync(at("data/new"), at("data/a.csv"));
  }),
  looked("a comment", (at) => fs.appendFileSync(at("src/pipeline.ts"), "// more\n")),
  changed("a file that wins a resolution", (at) =>
    fs.writeFileSync(at("src/lib/late.ts"), "export const late: number = 2;\n"),
  ),
  changed("a file that a glob of inputs matches", (at) => fs.writeFileSync(at("data/c.csv"), "3\n")),
  changed("an input that a glob matched is gone", (at) => fs.rmSync(at("data/b.csv"))),
  changed("an input is renamed", (at) => fs.renameSync(at("data/b.csv"), at("data/bb.csv"))),
  changed("a helper is gone", (at) => fs.rmSync(at("src/inner.ts"))),
  changed("a new file with a stage", (at) =>
    fs.writeFileSync(at("src/more.ts"), `import { stage } from "restage";\nexport const more = stage({}, () => 1);\n`),
  ),
  changed("a new folder with a stage", (at) => {
    fs.mkdirSync(at("src/deep/er"), { recursive: true });
    fs.writeFileSync(
      at("src/deep/er/more.ts"),
      `import { stage } from "restage";\nexport const more = stage({}, () => 1);\n`,
    );
  }),
  changed("a folder becomes a project of its own", (at) => fs.writeFileSync(at("src/package.json"), "{}")),
  changed("an input is a link that leads elsewhere", (at) => {
    fs.rmSync(at("linked.txt"));
    fs.symlinkSync("elsewhere/two.txt", at("linked.txt"));
  }),
  changed("what an input's link leads to", (at) => fs.writeFileSync(at("elsewhere/one.txt"), "ONE")),
  changed("a workspace package's link leads elsewhere", (at) => {
    fs.cpSync(at("packages/shared"), at("packages/other"), { recursive: true });
    edit(at("packages/other/index.ts"), "1", "2");
    fs.rmSync(at("node_modules/shared"));
    fs.symlinkSync("../packages/other", at("node_modules/shared"));
  }),
  changed("a workspace package's source", (at) => edit(at("packages/shared/index.ts"), "1", "2")),
  changed("a workspace package's exports", (at) => {
    fs.writeFileSync(at("packages/shared/second.ts"), "export const shared = 2;\n");
    edit(at("packages/shared/package.json"), "./index.ts", "./second.ts");
  }),
  changed("an installed package's version", (at) => edit(at("node_modules/dep/package.json"), "1.0.0", "1.0.1")),
  changed("a nearer copy of a package", (at) => {
    fs.cpSync(at("node_modules/dep"), at("src/node_modules/dep"), { recursive: true });
    edit(at("src/node_modules/dep/package.json"), "1.0.0", "2.0.0");
  }),
  changed("a package is gone", (at) => fs.rmSync(at("node_modules/dep"), { recursive: true })),
  changed("imports of package.json", (at) => edit(at("package.json"), "./src/inner.ts", "./src/lib/late.js")),
  changed("a setting two steps up a tsconfig's extends", (at) => edit(at("config/root.json"), "true", "false")),
  changed("a tsconfig's paths", (at) => {
    fs.mkdirSync(at("src/lib2"));
    fs.writeFileSync(at("src/lib2/box.ts"), "export class Box { value = 2; }\n");
    edit(at("config/base.json"), "src/lib/*", "src/lib2/*");
  }),
  changed("a nearer tsconfig.json", (at) =>
    fs.writeFileSync(
      at("src/tsconfig.json"),
      JSON.stringify({
        compilerOptions: { useDefineForClassFields: false, baseUrl: "..", paths: { "@lib/*": ["src/lib/*"] } },
      }),
    ),
  ),
  changed("imported JSON", (at) => edit(at("src/table.json"), "2", "3")),
  changed("a parameter in restage.json", (at) => edit(at("restage.json"), "1", "2")),
  changed("the cache folder's name", (at) => fs.writeFileSync(at("restage.json"), `{ "cacheDir": ".other" }`)),
  changed("excluded files", (at) => fs.writeFileSync(at("restage.json"), `{ "exclude": ["src/pipeline.ts"] }`)),
  changed("a result is gone", (at) => fs.rmSync(object(at))),
  changed("a result is damaged, its size and time kept", (at) => {
    const file = object(at);
    const bytes = fs.readFileSync(file);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    fs.chmodSync(file, 0o600);
    sameTimes(file, () => fs.writeFileSync(file, bytes));
  }),
  changed("a record is gone", (at) => fs.rmSync(record(at))),
  changed("a record is damaged, its size and time kept", (at) => {
    const text = fs.readFileSync(record(at), "utf8");
    sameTimes(record(at), () =>
      fs.writeFileSync(
        record(at),
        text.replace(/\d/, (d) => String((Number(d) + 1) % 10)),
      ),
    );
  }),
  changed("the cache is gone", (at) => fs.rmSync(at(".restage"), { recursive: true })),
  looked("what was written down is cut short", (at) => fs.truncateSync(at(".restage/settled"), 1000)),
  looked("one byte of what was written down", (at) => {
    const bytes = fs.readFileSync(at(".restage/settled"));
    bytes[900] = (bytes[900] ?? 0) ^ 1;
    fs.writeFileSync(at(".restage/settled"), bytes);
  }),
];

const OTHERS = ["environment", "time", "copy", "faces", "built"];

describe("what is written down for the next process", () => {
  let folder: string;
  const roots = new Map<string, string>();

  before(async function () {
    this.timeout(120_000);
    folder = fs.realpathSync(fs.mkdtempSync(path.join(tmpdir(), "restage-settled-")));
    const base = path.join(folder, "base");
    writeSettledProject(base);
    const ran = await whole(base, "run");
    assert.equal(ran.code, 0, ran.err);
    for (const { title } of [...CASES, ...OTHERS.map((other) => ({ title: other }))]) {
      const root = path.join(folder, String(roots.size));
      fs.cpSync(base, root, { recursive: true, verbatimSymlinks: true });
      fs.rmSync(path.join(root, ".restage/settled"), { force: true });
      roots.set(title, root);
    }
    const last = fs.statSync([...roots.values()].at(-1) ?? "").ctimeMs;
    while (Date.now() - last < 2100) await new Promise((resolve) => setTimeout(resolve, 100));
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  for (const { title, change, quick: expected, differs } of CASES) {
    it(`${expected === "same" ? "still holds" : "is not used"} after: ${title}`, async () => {
      const root = rootOf(title);
      const first = await whole(root, "status", "--json");
      assert.equal(quick(root, "status", "--json")?.out, first.out, "it is used before the change");
      change((file) => path.join(root, file));
      const answer = quick(root, "status", "--json");
      const now = await whole(root, "status", "--json");
      if (expected === "none") assert.equal(answer, null);
      else assert.equal(answer?.out, now.out);
      assert.equal(now.out !== first.out, differs, "the engine says something else");
    });
  }

  it("is not used with another value of a declared variable, unset or set, and is with others", async () => {
    const root = rootOf("environment");
    const { code } = await whole(root, "status");
    assert.equal(code, 0);
    const known = { ...process.env };
    assert.ok(quick(root, "status"));
    assert.ok(quickWith(root, { variables: { ...known, OTHER: "1" } }, "status"));
    assert.equal(quickWith(root, { variables: { ...known, RESTAGE_TEST_WHO: "me" } }, "status"), null);
    assert.equal(quickWith(root, { variables: { ...known, RESTAGE_TEST_WHO: "" } }, "status"), null);
    assert.equal(quickWith(root, { node: "v99.0.0" }, "status"), null, "another Node");
    assert.equal(quickWith(root, { dist: root }, "status"), null, "another build");
  });

  it("is not used after a result has outlived its time, nor with a clock that was set back", async () => {
    const root = rootOf("time");
    await whole(root, "status");
    assert.ok(quickWith(root, { now: Date.now() + 60_000 }, "status"));
    assert.equal(quickWith(root, { now: Date.now() + 3_600_000 }, "status"), null);
    assert.equal(quickWith(root, { now: Date.now() - 60_000 }, "status"), null);
  });

  it("is not used in a copy of the project, nor in one that was moved", async () => {
    const root = rootOf("copy");
    await whole(root, "status");
    fs.cpSync(root, `${root}-copy`, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
    assert.equal(quick(`${root}-copy`, "status"), null);
    fs.renameSync(root, `${root}-moved`);
    assert.equal(quick(`${root}-moved`, "status"), null);
    fs.renameSync(`${root}-moved`, root);
    assert.ok(quick(root, "status"), "back where it was");
  });

  it("gives the same words, the same JSON and the same exit codes as the engine", async () => {
    const root = rootOf("faces");
    await whole(root, "status");
    for (const words of [
      ["status"],
      ["status", "--json"],
      ["status", "--check"],
      ["status", "--check", "--json"],
      ["run"],
    ])
      assert.deepEqual(quick(root, ...words), await whole(root, ...words), words.join(" "));
    const summary = JSON.parse(quick(root, "run", "--json")?.out ?? "") as Record<string, unknown>;
    assert.deepEqual(
      Object.keys(summary),
      Object.keys(JSON.parse((await whole(root, "run", "--json")).out) as Record<string, unknown>),
    );
    edit(path.join(root, "src/pipeline.ts"), "data.size + inner", "data.size - inner");
    assert.deepEqual((await whole(root, "status", "--check")).code, 3);
    assert.deepEqual(quick(root, "status", "--check"), await whole(root, "status", "--check"));
    assert.equal(quick(root, "run"), null, "there is something to run");
    for (const words of [["run", "coded"], ["run", "--force"], ["why", "coded"], ["status", "--unknown"], []])
      assert.equal(parseQuickly(words), null, words.join(" "));
  });

  it("serves the built command, which falls back to the whole program (F100)", () => {
    const root = rootOf("built");
    const built = (...words: string[]): { code: number | null; out: string } => {
      const { status, stdout } = spawnSync(process.execPath, [path.join(DIST, "restage.cjs"), ...words], {
        cwd: path.join(root, "src"),
        encoding: "utf8",
      });
      return { code: status, out: stdout };
    };
    const first = built("status");
    assert.equal(first.code, 0);
    assert.match(first.out, /5 stages, all fresh/);
    assert.deepEqual(built("status"), first);
    assert.match(built("run").out, /Everything is fresh: 5 stages reused/);
    edit(path.join(root, "data/a.csv"), "1", "9");
    assert.equal(built("status", "--check").code, 3);
    assert.match(built("run").out, /1 ran, 2 reused/);
    assert.match(built("status", "--check").out, /5 stages, all fresh/);
    assert.equal(built("statsu").code, 2);
  });

  function rootOf(title: string): string {
    const root = roots.get(title);
    assert.ok(root);
    return root;
  }
});

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function listener(): { readonly terminal: Terminal; readonly said: () => { out: string; err: string } } {
  const out: string[] = [];
  const err: string[] = [];
  return {
    terminal: { out: (text) => void out.push(text), err: (text) => void err.push(text), color: false, width: 100 },
    said: () => ({ out: out.join("\n"), err: err.join("\n") }),
  };
}

/** The whole program, as `dist/cli.mjs` runs it. */
async function whole(root: string, ...words: string[]): Promise<Said> {
  const { terminal, said } = listener();
  const code = await runProgram(words, { terminal, cwd: root, version: "0", dist: DIST });
  return { code, ...said() };
}

function quick(root: string, ...words: string[]): Said | null {
  return quickWith(root, {}, ...words);
}

function quickWith(root: string, effects: Partial<QuickEffects>, ...words: string[]): Said | null {
  const { terminal, said } = listener();
  const request = parseQuickly(words);
  assert.ok(request);
  const code = answerQuickly(request, {
    terminal,
    cwd: root,
    dist: DIST,
    node: process.version,
    variables: process.env,
    now: Date.now(),
    newRun: () => "run" as RunId,
    ...effects,
  });
  return code === null ? null : { code, ...said() };
}
