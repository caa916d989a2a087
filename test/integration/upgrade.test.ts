import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { cpSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { KEY_VERSION } from "../../src/core/key.js";
import { ANALYSIS_VERSION } from "../../src/core/analysis/file-summary.js";
import { RECORD_VERSION } from "../../src/protocol/record.js";
import { REPOSITORY, Rig } from "../support/rig.js";

/** Files of a project, and the store that the first version of Restage made of it: all of its stages had run. */
const GOLDEN = path.join(REPOSITORY, "test/fixtures/golden-store");

interface Json {
  [name: string]: unknown;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

async function goldenRig(): Promise<Rig> {
  const project = path.join(GOLDEN, "project");
  const files = Object.fromEntries(
    filesBelow(project).map((file) => [
      path.relative(project, file).replace(/^packages\//, "node_modules/"),
      readFileSync(file, "utf8"),
    ]),
  );
  // The Node that the golden results were made with.
  return Rig.create(files, { node: () => "v20.20.0" });
}

const sealed = (value: unknown): string => {
  const body = JSON.stringify(value);
  return `${body}\n${createHash("sha256").update(body).digest("hex")}\n`;
};
const other = (hash: unknown): string =>
  createHash("sha256")
    .update(`older ${String(hash)}`)
    .digest("hex");

/** Rewrites a store as a version would have written it that hashes code and keys in another way. */
function pretendOlder(folder: string, change: (record: Json) => Json = (record) => record): void {
  const format = { record: RECORD_VERSION, key: KEY_VERSION - 1, analysis: ANALYSIS_VERSION - 1 };
  const newKeys = new Map<string, string>();
  for (const file of filesBelow(path.join(folder, "records"))) {
    const record = JSON.parse(readFileSync(file, "utf8").split("\n")[0] ?? "") as Json;
    const fingerprint = record["fingerprint"] as { slice: Json[] } & Json;
    const graph = record["graph"] as { nodes: Json[] };
    const key = other(record["key"]);
    newKeys.set(String(record["key"]), key);
    rmSync(file);
    const older = {
      ...record,
      key,
      format,
      fingerprint: {
        ...fingerprint,
        fingerprint: other(fingerprint["fingerprint"]),
        slice: fingerprint.slice.map((entry) => ({ ...entry, hash: other(entry["hash"]) })),
      },
      graph: {
        nodes: graph.nodes.map((node) => (node["code"] === null ? node : { ...node, own: other(node["own"]) })),
      },
    };
    const place = path.join(folder, "records", key.slice(0, 2), `${key}.json`);
    cpSync(path.join(GOLDEN, "project/package.json"), place);
    writeFileSync(place, sealed(change(older)));
  }
  for (const file of filesBelow(path.join(folder, "history"))) {
    const [time = "", rest = ""] = path.basename(file).split("-", 2);
    const key = newKeys.get(rest.slice(0, 64)) ?? "";
    renameSync(file, path.join(path.dirname(file), `${time}-${key}.${format.record}-${format.key}-${format.analysis}`));
  }
}

const FRESH = {
  orders: "fresh",
  complete: "fresh",
  large: "fresh",
  byCustomer: "fresh",
  counted: "fresh",
  default: "fresh",
};

/**
 * The first records have hashes of declarations and no graph. Statements at the top level have no hash of their own there,
 * so that stages whose modules have any are not proved to be the same where such statements are hashed otherwise now.
 */
const FROM_FIRST = { ...FRESH, byCustomer: "stale", counted: "stale", default: "stale" };

describe("a new version of Restage", () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await goldenRig();
  });
  afterEach(() => rig.dispose());

  async function reopened(): Promise<void> {
    rig.engine = rig.newEngine();
    await rig.engine.open([rig.root], { nested: false });
  }

  describe("over the store of the first version", () => {
    beforeEach(async () => {
      cpSync(path.join(GOLDEN, "store-1"), rig.path(".restage"), { recursive: true });
      await reopened();
    });

    it("finds every result that the first records prove, without a run, and again at the next start (F33, targets NEWS)", async () => {
      assert.deepEqual(await rig.states(), FROM_FIRST);
      await reopened();
      assert.deepEqual(await rig.states(), FROM_FIRST);
      const { reasons } = await rig.stage("byCustomer");
      assert.deepEqual(
        reasons.map((reason) => reason.kind),
        ["restage-changed"],
      );
      const versions = await rig.engine.versions({ root: rig.root, stage: (await rig.stage("large")).id });
      assert.deepEqual(
        versions.map((v) => [v.current, v.present, v.result.rows]),
        [[true, true, 2]],
      );
    });

    it("still finds what was edited between the versions, and only that (F33)", async () => {
      rig.write("src/orders.ts", rig.read("src/orders.ts").replace("o.total! >= min", "o.total! > min"));
      rig.write("src/lib/csv.ts", `// words\n${rig.read("src/lib/csv.ts")}`);
      await reopened();
      assert.deepEqual(await rig.states(), { ...FROM_FIRST, large: "stale" });
      const { reasons } = await rig.stage("large");
      assert.deepEqual(
        reasons.map((r) => (r.kind === "code-changed" ? r.declarations.map((d) => `${d.name} ${d.change}`) : r.kind)),
        [["large modified"]],
      );
    });

    it("finds the results of a stage that was renamed meanwhile", async () => {
      rig.write("src/orders.ts", rig.read("src/orders.ts").replace("const large =", "const big ="));
      rig.write("src/report.ts", rig.read("src/report.ts").replace("import { large }", "import { big as large }"));
      await reopened();
      const { large, ...rest } = FROM_FIRST;
      assert.deepEqual(await rig.states(), { ...rest, big: large });
    });
  });

  describe("over the store of a version with other hashes and keys", () => {
    beforeEach(async () => {
      assert.ok((await rig.run()).ok);
    });

    it("finds every result without a run when nothing was edited, also where its code is read otherwise (F33)", async () => {
      pretendOlder(rig.path(".restage"));
      await reopened();
      assert.deepEqual(await rig.states(), FRESH);
    });

    it("finds every result after edits that mean nothing, from the declarations and names that were stored (F33)", async () => {
      pretendOlder(rig.path(".restage"));
      for (const file of ["src/lib/csv.ts", "src/lib/table.ts", "src/orders.ts", "src/report.ts"])
        rig.write(file, `// words\n${rig.read(file).replaceAll("=> {", "=>  {")}`);
      await reopened();
      assert.deepEqual(await rig.states(), FRESH);
    });

    it("takes nothing over that was edited, or that names now lead away from", async () => {
      pretendOlder(rig.path(".restage"));
      rig.write("src/report.ts", rig.read("src/report.ts").replace("even as isEven", "odd as isEven"));
      rig.write(
        "src/lib/csv.ts",
        rig.read("src/lib/csv.ts").replace('text === "" ? null', 'text.trim() === "" ? null'),
      );
      await reopened();
      assert.deepEqual(await rig.states(), {
        orders: "stale",
        complete: "blocked",
        large: "blocked",
        byCustomer: "blocked",
        counted: "stale",
        default: "blocked",
      });
    });

    for (const [what, file, from, to] of [
      ["two calls changed places", "a.ts", "[one(), two()]", "[two(), one()]"],
      [
        "a function of the file gave way to a global one",
        "a.ts",
        "function parseInt(): number {\n  return 3;\n}\n",
        "",
      ],
      ["the meaning of class fields changed", "tsconfig.json", '"es2022"', '"es2018"'],
      ["a constant changed", "a.ts", "ONE = 1", "ONE = 4"],
      ["a statement at the top level changed", "a.ts", 'words.set("a", 1)', 'words.set("a", 2)'],
    ] as const) {
      it(`finds that ${what} between the versions, beside a comment`, async () => {
        await rig.dispose();
        rig = await Rig.create({
          "tsconfig.json": '{ "compilerOptions": { "target": "es2022" } }',
          "a.ts": `import { stage } from "restage";
const ONE = 1;
const words = new Map<string, number>();
words.set("a", 1);
class Box { size = ONE; }
function one(): number { return ONE; }
function two(): number { return 2; }
function parseInt(): number {
  return 3;
}
export const a = stage({}, () => [[one(), two()], parseInt("7"), new Box().size, words.get("a")]);
`,
        });
        assert.ok((await rig.run()).ok);
        pretendOlder(rig.path(".restage"));
        rig.write("a.ts", `// words\n${rig.read("a.ts")}`);
        rig.write(file, rig.read(file).replace(from, to));
        await reopened();
        assert.equal((await rig.states())["a"], "stale");
        rig.write(
          file,
          rig.read(file).replace(to === "" ? "export const" : to, to === "" ? `${from}export const` : from),
        );
        await reopened();
        assert.equal((await rig.states())["a"], "fresh");
      });
    }

    for (const [what, file, from, to, stage] of [
      ["an input file", "data/orders.csv", "50", "51", "orders"],
      ["a package", "node_modules/tiny/package.json", "1.2.3", "1.2.4", "byCustomer"],
      ["a JSON file", "src/rates.json", "2", "3", "byCustomer"],
      ["what a name refers to", "src/report.ts", "even as isEven", "odd as isEven", "counted"],
      ["a statement at the top level", "src/lib/table.ts", 'register("ann")', 'register("bob")', "byCustomer"],
      ["a class", "src/lib/table.ts", "count = 0", "count = 1", "counted"],
    ] as const) {
      it(`finds that ${what} changed between the versions`, async () => {
        pretendOlder(rig.path(".restage"));
        rig.write(file, rig.read(file).replace(from, to));
        await reopened();
        assert.equal((await rig.states())[stage], "stale", JSON.stringify((await rig.stage(stage)).reasons));
      });
    }

    it("reuses results below a stage that had to run and gave the same", async () => {
      pretendOlder(rig.path(".restage"));
      rig.write("src/orders.ts", rig.read("src/orders.ts").replace(">= min)", ">= min + 0)"));
      await reopened();
      assert.deepEqual(rig.outcomes(await rig.run()), {
        orders: "reused",
        complete: "reused",
        large: "ran",
        byCustomer: "reused",
        counted: "reused",
        default: "reused",
      });
    });

    it("does not believe a record that says less than is needed", async () => {
      pretendOlder(rig.path(".restage"), (record) => ({ ...record, sources: null, graph: null }));
      await reopened();
      const states = await rig.states();
      assert.ok(!Object.values(states).includes("fresh"), JSON.stringify(states));
      assert.deepEqual(
        (await rig.stage("orders")).reasons.map((r) => r.kind),
        ["restage-changed"],
      );
    });

    it("leaves records of a newer version alone, and they leave the statuses alone", async () => {
      const folder = rig.path(".restage/records");
      for (const file of filesBelow(folder)) {
        const record = JSON.parse(readFileSync(file, "utf8").split("\n")[0] ?? "") as Json;
        writeFileSync(file, sealed({ ...record, version: 99, format: { record: 99, key: 99, analysis: 99 } }));
      }
      const before = filesBelow(folder).map((file) => readFileSync(file, "utf8"));
      await reopened();
      assert.ok(!Object.values(await rig.states()).includes("fresh"));
      await rig.engine.clear({ root: rig.root, scope: { what: "all" } });
      assert.deepEqual(
        filesBelow(folder).map((file) => readFileSync(file, "utf8")),
        before,
      );
    });
  });
});
