import assert from "node:assert/strict";
import { codeChanges, compareWithRecord, type StageFacts } from "../../../src/core/staleness.js";
import { describeReason } from "../../../src/core/describe.js";
import type { FingerprintData, SliceEntry } from "../../../src/protocol/fingerprint.js";
import type { Digest, Fingerprint, Key, StageId } from "../../../src/protocol/ids.js";
import { PRESENT_FORMAT } from "../../../src/core/record-format.js";
import type { InputRecord, ResultRecord } from "../../../src/protocol/record.js";
import type { InputDeclaration } from "../../../src/protocol/stage.js";

const digest = (text: string): Digest => text as Digest;

function entry(name: string, hash: string, more: Partial<SliceEntry> = {}): SliceEntry {
  return { kind: "function", name, file: "src/lib.ts", line: 3, hash: digest(hash), text: "", ...more };
}

function fingerprint(id: string, slice: SliceEntry[], packages: FingerprintData["packages"] = []): FingerprintData {
  return { fingerprint: id as Fingerprint, slice, packages };
}

const base = {
  fingerprint: fingerprint(
    "f1",
    [entry("large", "s", { kind: "stage" }), entry("clean", "a"), entry("add", "b")],
    [{ name: "d3-array", version: "3.2.4" }],
  ),
  inputs: [
    { kind: "file", name: "raw", path: "data/a.csv", digest: digest("11") },
    {
      kind: "files",
      name: "parts",
      pattern: "data/*.csv",
      files: [
        { path: "data/1.csv", digest: digest("1") },
        { path: "data/2.csv", digest: digest("2") },
      ],
    },
    { kind: "param", name: "min", param: "min", value: 100 },
    { kind: "env", name: "key", variable: "API_KEY", digest: digest("secret") },
    {
      kind: "stage",
      name: "orders",
      stage: "src/a.ts#orders" as StageId,
      digest: digest("up"),
      view: "value",
      columns: null,
    },
  ] satisfies InputRecord[],
  options: { format: "parquet" },
};

const then: ResultRecord = {
  format: PRESENT_FORMAT,
  graph: null,
  sources: null,
  migratedFrom: null,
  key: "k" as Key,
  stage: "src/b.ts#large" as StageId,
  result: { digest: digest("r"), kind: "rows", format: "parquet", bytes: 1, rows: 1, columns: [] },
  ...base,
  durationMs: 1,
  createdAt: "2026-01-01T00:00:00Z",
  producer: "0",
  node: "v20.11.1",
  host: "h",
  log: "",
};

const DECLARED: readonly InputDeclaration[] = [
  { kind: "file", name: "raw", path: "data/a.csv" },
  { kind: "files", name: "parts", pattern: "data/*.csv" },
  { kind: "param", name: "min", param: "min", default: 1 },
  { kind: "env", name: "key", variable: "API_KEY", default: null },
  { kind: "stage", name: "orders", stage: "src/a.ts#orders" as StageId, view: { as: "value" } },
];

/** Inputs as declared, with some of them declared otherwise. */
function declaring(...others: readonly InputDeclaration[]): readonly InputDeclaration[] {
  return DECLARED.map((input) => others.find((other) => other.name === input.name) ?? input);
}

function now(change: Partial<StageFacts>): StageFacts {
  return { ...base, node: 20, declared: DECLARED, ...change };
}

function withInput(input: InputRecord): StageFacts {
  return now({ inputs: base.inputs.map((i) => (i.name === input.name ? input : i)) });
}

describe("reasons to be stale", () => {
  it("are none when nothing differs (F25)", () => {
    assert.deepEqual(compareWithRecord(then, now({})), []);
  });

  it("name the declaration that changed, with its place (F36, P22, P24)", () => {
    const changed = fingerprint(
      "f2",
      [entry("large", "s", { kind: "stage" }), entry("clean", "A"), entry("add", "b")],
      [...base.fingerprint.packages],
    );
    const reasons = compareWithRecord(then, now({ fingerprint: changed }));
    assert.deepEqual(reasons, [
      {
        kind: "code-changed",
        declarations: [{ change: "modified", name: "clean", kind: "function", file: "src/lib.ts", line: 3 }],
      },
    ]);
    assert.equal(describeReason(reasons[0]!), "The code changed: clean() changed (src/lib.ts:3).");
  });

  it("do not report a helper that only moved to another file", () => {
    const moved = fingerprint(
      "f2",
      [entry("large", "S", { kind: "stage" }), entry("clean", "a", { file: "src/text.ts" }), entry("add", "b")],
      [...base.fingerprint.packages],
    );
    const [reason] = compareWithRecord(then, now({ fingerprint: moved }));
    assert.equal(reason?.kind, "code-changed");
    assert.deepEqual(
      reason.declarations.map((d) => d.name),
      ["large"],
    );
  });

  it("do not report the stage's own new name when it was renamed", () => {
    const renamed = fingerprint(
      "f1",
      [entry("bigger", "s", { kind: "stage" }), entry("clean", "a"), entry("add", "b")],
      [...base.fingerprint.packages],
    );
    assert.deepEqual(compareWithRecord(then, now({ fingerprint: renamed })), []);
  });

  it("give a package's old and new version, and not the code as well (F15)", () => {
    const upgraded = fingerprint("f2", [...base.fingerprint.slice], [{ name: "d3-array", version: "3.2.5" }]);
    assert.deepEqual(compareWithRecord(then, now({ fingerprint: upgraded })), [
      { kind: "package-changed", package: "d3-array", was: "3.2.4", now: "3.2.5" },
    ]);
  });

  it("name the package that a used one needs, and say when files changed at the same version", () => {
    const using = (content: string, needed: string): FingerprintData =>
      fingerprint(
        `f ${content} ${needed}`,
        [...base.fingerprint.slice],
        [
          {
            name: "d3-array",
            version: "3.2.4",
            content: digest(content),
            dependencies: [{ name: "internmap", version: needed }],
          },
        ],
      );
    const before = { ...then, fingerprint: using("1", "2.0.0") };
    assert.deepEqual(compareWithRecord(before, now({ fingerprint: using("1", "2.0.3") })), [
      { kind: "package-changed", package: "internmap", was: "2.0.0", now: "2.0.3" },
    ]);
    const patched = compareWithRecord(before, now({ fingerprint: using("2", "2.0.0") }));
    assert.deepEqual(patched, [{ kind: "package-changed", package: "d3-array", was: "3.2.4", now: "3.2.4" }]);
    assert.match(patched.map((reason) => describeReason(reason)).join(), /d3-array 3\.2\.4 was changed in place/);
  });

  it("tell a changed input file from a changed set of files (F17)", () => {
    assert.deepEqual(
      compareWithRecord(then, withInput({ kind: "file", name: "raw", path: "data/a.csv", digest: digest("12") })),
      [{ kind: "input-changed", input: "raw", path: "data/a.csv", was: "11", now: "12" }],
    );
    const files = [
      { path: "data/2.csv", digest: digest("22") },
      { path: "data/3.csv", digest: digest("3") },
    ];
    assert.deepEqual(
      compareWithRecord(then, withInput({ kind: "files", name: "parts", pattern: "data/*.csv", files })),
      [
        {
          kind: "files-changed",
          input: "parts",
          pattern: "data/*.csv",
          added: ["data/3.csv"],
          removed: ["data/1.csv"],
          modified: ["data/2.csv"],
        },
      ],
    );
  });

  it("give a parameter's old and new value (F4)", () => {
    assert.deepEqual(compareWithRecord(then, withInput({ kind: "param", name: "min", param: "min", value: 200 })), [
      { kind: "param-changed", param: "min", was: 100, now: 200 },
    ]);
  });

  it("say that an environment variable changed without its value (F18)", () => {
    const unset = compareWithRecord(then, withInput({ kind: "env", name: "key", variable: "API_KEY", digest: null }));
    assert.deepEqual(unset, [{ kind: "env-changed", variable: "API_KEY", change: "unset" }]);
    assert.doesNotMatch(JSON.stringify(unset), /secret/);
  });

  it("say that an upstream gave another result, whatever it is called now", () => {
    const input: InputRecord = {
      kind: "stage",
      name: "orders",
      stage: "src/a.ts#allOrders" as StageId,
      digest: digest("UP"),
      view: "value",
      columns: null,
    };
    assert.deepEqual(compareWithRecord(then, withInput(input)), [
      {
        kind: "upstream-changed",
        stage: "src/a.ts#allOrders",
        before: "src/a.ts#orders",
        was: "up",
        now: "UP",
        columns: null,
      },
    ]);
    assert.deepEqual(compareWithRecord(then, withInput({ ...input, digest: digest("up") })), []);
  });

  it("say which inputs are declared differently, and ignore one that only cannot be known yet", () => {
    const other: InputRecord = { kind: "file", name: "raw", path: "data/b.csv", digest: digest("11") };
    const facts = {
      ...withInput(other),
      declared: declaring(
        { kind: "file", name: "raw", path: "data/b.csv" },
        {
          kind: "stage",
          name: "orders",
          stage: "src/a.ts#orders" as StageId,
          view: { as: "columns", columns: ["a", "b"] },
        },
        // Its name does not count, only its value.
        { kind: "param", name: "min", param: "least", default: 1 },
      ),
    };
    const reasons = compareWithRecord(then, facts);
    assert.deepEqual(reasons, [
      {
        kind: "inputs-changed",
        added: [],
        removed: [],
        changed: [
          { input: "raw", was: "file data/a.csv", now: "file data/b.csv" },
          { input: "orders", was: "a stage's value", now: "columns a, b of a stage" },
        ],
      },
    ]);
    assert.match(describeReason(reasons[0]!), /raw was file data\/a\.csv and is file data\/b\.csv/);
    const waiting = now({ inputs: base.inputs.filter((i) => i.name !== "orders") });
    assert.deepEqual(compareWithRecord(then, waiting), []);
    const gone = now({
      inputs: base.inputs.filter((i) => i.name !== "orders"),
      declared: DECLARED.filter((input) => input.name !== "orders"),
    });
    assert.deepEqual(compareWithRecord(then, gone), [
      { kind: "inputs-changed", added: [], removed: ["orders = a stage's value"], changed: [] },
    ]);
  });

  it("give the old and the new major version of Node, and nothing for a new minor one (F16)", () => {
    assert.deepEqual(compareWithRecord(then, now({ node: 22 })), [{ kind: "node-changed", was: 20, now: 22 }]);
    assert.deepEqual(compareWithRecord({ ...then, node: "v20.20.2" }, now({})), []);
  });

  it("are all reported, not only the first (P24)", () => {
    const facts = now({
      fingerprint: fingerprint(
        "f2",
        [entry("large", "S", { kind: "stage" }), entry("clean", "a"), entry("add", "b")],
        [],
      ),
      inputs: base.inputs.map((i) => (i.kind === "param" ? { ...i, value: 1 } : i)),
      options: {},
    });
    assert.deepEqual(
      compareWithRecord(then, facts).map((r) => r.kind),
      ["code-changed", "package-changed", "param-changed", "options-changed"],
    );
  });
});

describe("the declarations that differ", () => {
  const code = (...names: string[]): SliceEntry[] => names.map((name) => entry(name, `hash of ${name}`));
  const changes = (then: SliceEntry[], now: SliceEntry[]): string[] =>
    codeChanges(then, now).map(({ change, was, now: is }) => `${change} ${(is ?? was)?.name}`);

  it("are none where only their order is another (F23)", () => {
    assert.deepEqual(changes(code("a", "b", "c", "d"), code("a", "c", "b", "d")), []);
    assert.deepEqual(changes(code("a", "b", "c", "d"), code("d", "a", "b", "c")), []);
  });

  it("are found in the midst of the same ones, and when there is one more or less (F27)", () => {
    assert.deepEqual(changes(code("a", "b", "d"), code("a", "b", "c", "d")), ["added c"]);
    assert.deepEqual(changes(code("a", "b", "c", "d"), code("b", "d")), ["removed a", "removed c"]);
    const edited = code("a", "b", "c", "d", "e").map((e) => (e.name === "c" ? { ...e, hash: digest("new") } : e));
    assert.deepEqual(changes(code("a", "b", "c", "d"), edited), ["modified c", "added e"]);
  });

  it("count each of two that look alike", () => {
    assert.deepEqual(changes(code("a", "a"), code("a")), ["removed a"]);
    assert.deepEqual(changes(code("a"), code("a", "b", "a")), ["added b", "added a"]);
  });
});
