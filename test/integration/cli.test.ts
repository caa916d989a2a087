import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import * as path from "node:path";
import { Ajv } from "ajv";
import { DIST, REPOSITORY, Rig } from "../support/rig.js";
import { PIPELINE } from "./pipeline.js";

interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** The pipeline without the rig's gates: commands run in processes of their own. */
const PLAIN = Object.fromEntries(
  Object.entries(PIPELINE).map(([file, text]) => [
    file,
    text.replace(/^import \{ at \}.*\n/m, "").replace(/^ *await at\(.*\n/gm, ""),
  ]),
);

describe("the command line", () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await Rig.create(PLAIN);
  });
  afterEach(() => rig.dispose());

  function restage(...args: string[]): Outcome {
    const { status, stdout, stderr } = spawnSync(process.execPath, [path.join(DIST, "cli.mjs"), ...args], {
      cwd: rig.path("src"),
      encoding: "utf8",
    });
    return { code: status, out: stdout, err: stderr };
  }

  it("shows, runs, reuses, explains, lists, previews and clears, with the documented exit codes (F99, F100)", () => {
    assert.deepEqual([restage("status").code, restage("status", "--check").code], [0, 3]);
    const first = restage("run");
    assert.equal(first.code, 0, first.err);
    assert.match(first.out, /✓ orders ran · 4 rows/);
    assert.match(first.out, /5 stages: 5 ran, 0 reused/);
    assert.match(restage("run").out, /Everything is fresh/);
    assert.match(restage("run", "large").out, /✓ large reused · 2 rows/);
    assert.equal(restage("status", "--check").code, 0);
    assert.match(restage("why", "large").out, /Nothing it depends on changed/);
    assert.match(restage("ls").out, /byCustomer/);
    const preview = restage("preview", "large", "-n", "1");
    assert.match(preview.out, /id +customer +total\n.*number.*\n +2 +bob +150\n2 rows/);
    assert.match(restage("clear", "large", "--dry-run").out, /Would remove 1 result of 1 stage: 1 file, [\d.]+ K?B/);
    assert.match(restage("clear", "--all").out, /Removed 5 results/);
    assert.equal(restage("status", "--check").code, 3);
  });

  it("takes parameters for one command, and explains those that cannot be meant (F4)", () => {
    restage("run");
    assert.match(restage("status", "--param", "min=0").out, /large +stale: min changed/);
    assert.match(restage("why", "large", "--param", "min=0").out, /min changed from 100 to 0/);
    assert.match(restage("run", "large", "--param", "min=0").out, /✓ large ran · 3 rows/);
    assert.match(restage("status").out, /large +fresh · 2 rows/);
    const wrong = [
      restage("run", "--param", "mim=0"),
      restage("run", "--param", "min=few"),
      restage("run", "--param", "5"),
    ];
    assert.deepEqual(
      wrong.map((o) => o.code),
      [2, 2, 2],
    );
    assert.match(wrong[0]?.err ?? "", /Did you mean "min"/);
    assert.match(wrong[1]?.err ?? "", /"few" is no JSON value/);
    assert.match(wrong[2]?.err ?? "", /write it as name=value/);
  });

  it("prints the stable JSON of a status (F100)", () => {
    restage("run");
    const valid = new Ajv().compile(
      JSON.parse(readFileSync(path.join(REPOSITORY, "media/status.schema.json"), "utf8")) as object,
    );
    assert.ok(valid(JSON.parse(restage("status", "--json").out)), JSON.stringify(valid.errors));
    const status = JSON.parse(restage("status", "--json").out) as {
      version: number;
      project: string;
      stages: Record<string, unknown>[];
    };
    assert.deepEqual([status.version, status.project, status.stages.length], [1, rig.root, 5]);
    const large = status.stages.find((s) => s["name"] === "large");
    assert.deepEqual(Object.keys(large ?? {}), [
      "id",
      "name",
      "file",
      "line",
      "state",
      "reasons",
      "ignored",
      "accepted",
      "heavy",
      "checked",
      "hints",
      "fingerprint",
      "key",
      "fullyTracked",
      "untracked",
      "result",
    ]);
    assert.deepEqual(
      [large?.["id"], large?.["file"], large?.["line"], large?.["state"], large?.["fullyTracked"]],
      ["src/orders.ts#large", "src/orders.ts", 14, "fresh", true],
    );
    assert.match(String(large?.["key"]), /^[0-9a-f]{64}$/);
    for (const command of [
      ["run", "--json"],
      ["why", "large", "--json"],
      ["ls", "--json"],
      ["preview", "large", "--json"],
      ["clear", "large", "--json"],
    ]) {
      const { code, out } = restage(...command);
      assert.equal(code, 0);
      assert.doesNotThrow(() => JSON.parse(out) as unknown, command.join(" "));
    }
  });

  it("explains a stage as JSON with a schema, and as a diff of its code then and now with the lines of its file (F36, F37)", () => {
    restage("run");
    rig.write("src/lib/csv.ts", rig.read("src/lib/csv.ts").replace('text === "" ? null', 'text.trim() === "" ? null'));
    rig.write("restage.json", '{ "params": { "min": 120 } }');
    const { code, out } = restage("why", "orders", "--diff");
    assert.equal(code, 0);
    assert.match(out, /The code changed: toNumber\(\) changed \(src\/lib\/csv\.ts:4\)/);
    assert.match(
      out,
      /--- src\/lib\/csv\.ts:4\tlast result\n\+\+\+ src\/lib\/csv\.ts:4\tnow\n@@ -4,1 \+4,1 @@\n-export function toNumber/,
    );
    assert.match(out, /\n\+export function toNumber.*text\.trim\(\)/);
    assert.ok(!out.includes("parse()") && !out.includes("\u001b"), out);
    const valid = new Ajv({ allowUnionTypes: true }).compile(
      JSON.parse(readFileSync(path.join(REPOSITORY, "media/why.schema.json"), "utf8")) as object,
    );
    for (const stage of ["orders", "large", "src/report.ts#default"]) {
      assert.ok(valid(JSON.parse(restage("why", stage, "--json").out)), JSON.stringify(valid.errors));
    }
    const large = JSON.parse(restage("why", "large", "--json").out) as { reasons: Record<string, unknown>[] };
    assert.deepEqual(
      large.reasons.map((r) => [r["kind"], r["root"] ?? r["was"], r["distance"] ?? r["now"]]),
      [
        ["param-changed", 100, 120],
        ["upstream-stale", "src/orders.ts#orders", 2],
      ],
    );
    assert.deepEqual(
      (large.reasons[1]?.["causes"] as { kind: string; declarations: { file: string; line: number }[] }[]).map((c) => [
        c.kind,
        c.declarations[0]?.file,
        c.declarations[0]?.line,
      ]),
      [["code-changed", "src/lib/csv.ts", 4]],
    );
    assert.match(restage("why", "large").out, /because of orders, 2 stages up: The code changed: toNumber\(\) changed/);
    rig.write("src/lib/csv.ts", "export function broken( {");
    const broken = JSON.parse(restage("status", "--json").out) as {
      stages: { reasons: { location?: { file: string } }[] }[];
    };
    assert.equal(broken.stages[0]?.reasons[0]?.location?.file, "src/lib/csv.ts");
  });

  it("exits with 1 when a stage fails and says where (F49)", () => {
    rig.write(
      "src/orders.ts",
      rig.read("src/orders.ts").replace("return parse(", 'throw new Error("bad day");\n  return parse('),
    );
    const { code, out, err } = restage("run");
    assert.equal(code, 1);
    assert.match(err, /✗ orders: Error: bad day/);
    assert.match(err, new RegExp(`at ${rig.path("src/orders.ts")}:7:`));
    assert.match(out, /complete: not run, because orders failed/);
  });

  it("explains wrong use and exits with 2", () => {
    for (const [args, message] of [
      [["run", "larg"], /no stage "larg"\. Did you mean "large"\?/],
      [["fly"], /unknown command/],
      [["status", "--colour"], /unknown option/],
      [["clear"], /--all/],
      [["run", "--param", "x"], /name=value/],
      [["status", "-p", "/"], /no package\.json/],
      [["preview", "large"], /run it first/],
    ] as const) {
      const { code, err } = restage(...args);
      assert.equal(code, 2, args.join(" "));
      assert.match(err, message);
    }
  });

  it("takes parameters for one run", () => {
    assert.match(restage("run", "large", "--param", "min=200").out, /large ran · 1 row/);
    assert.match(restage("run", "large").out, /large ran · 2 rows/);
    assert.match(restage("run", "large", "--param", "min=200").out, /large reused · 1 row/);
  });

  it("gives a stage's value in plain Node, running what is needed, and the bare function for tests (promise: one engine)", () => {
    mkdirSync(rig.path("node_modules"), { recursive: true });
    symlinkSync(REPOSITORY, rig.path("node_modules/restage"));
    rig.write(
      "main.ts",
      `import { large } from "./src/orders.ts";\nconst rows = await large();\nconst direct = await large.fn({ complete: rows, min: 200 }, undefined as never);\nconsole.log(JSON.stringify({ rows, direct }));\n`,
    );
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ["--import", path.join(REPOSITORY, "node_modules/tsx/dist/esm/index.mjs"), "main.ts"],
      { cwd: rig.root, encoding: "utf8" },
    );
    assert.equal(status, 0, stderr);
    const row = (id: number, customer: string, total: number): unknown => ({ id, customer, total });
    assert.deepEqual(JSON.parse(stdout), {
      rows: [row(2, "bob", 150), row(3, "ann", 250)],
      direct: [row(3, "ann", 250)],
    });
    assert.match(restage("run", "large").out, /large reused/);
  });
});
