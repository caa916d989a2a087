import assert from "node:assert/strict";
import { canonicalJson } from "../../../src/core/hashing.js";
import { columnsDigest, computeKey, environmentDigest } from "../../../src/core/key.js";
import type { Digest, Fingerprint, StageId } from "../../../src/protocol/ids.js";
import type { InputRecord } from "../../../src/protocol/record.js";

const upstream = (stage: string, digest: string): InputRecord => ({
  kind: "stage",
  name: "orders",
  stage: stage as StageId,
  digest: digest as Digest,
  view: "value",
  columns: null,
});
const key = (inputs: InputRecord[], options = {}): string =>
  computeKey({ fingerprint: "f" as Fingerprint, inputs, options, node: 20 });

describe("a stage's key", () => {
  it("does not depend on what the upstream is called, only on what it gave (F25, P17)", () => {
    assert.equal(key([upstream("a.ts#x", "1")]), key([upstream("b.ts#y", "1")]));
    assert.notEqual(key([upstream("a.ts#x", "1")]), key([upstream("a.ts#x", "2")]));
  });

  it("does not depend on the order inputs are declared in, but on their names", () => {
    const a: InputRecord = { kind: "param", name: "a", param: "p", value: 1 };
    const b: InputRecord = { kind: "param", name: "b", param: "q", value: 2 };
    assert.equal(key([a, b]), key([b, a]));
    assert.notEqual(
      key([a, b]),
      key([
        { ...a, name: "b" },
        { ...b, name: "a" },
      ]),
    );
  });

  it("tells parameter values apart that print alike", () => {
    const value = (v: string | number | null): string => key([{ kind: "param", name: "p", param: "p", value: v }]);
    assert.equal(new Set([value(1), value("1"), value(null), value("null")]).size, 4);
  });

  it("changes with the file's name as well as its content, because the stage is handed the name", () => {
    const file = (path: string): string => key([{ kind: "file", name: "raw", path, digest: "d" as Digest }]);
    assert.notEqual(file("a.csv"), file("b.csv"));
  });

  it("depends on the named columns only, in their order", () => {
    const column = (name: string, digest: string): { name: string; type: string; digest: Digest } => ({
      name,
      type: "number",
      digest: digest as Digest,
    });
    assert.equal(
      columnsDigest([column("a", "1"), column("b", "2")]),
      columnsDigest([column("a", "1"), column("b", "2")]),
    );
    assert.notEqual(
      columnsDigest([column("a", "1"), column("b", "2")]),
      columnsDigest([column("b", "2"), column("a", "1")]),
    );
  });

  it("holds environment values only as hashes, and tells unset from empty", () => {
    assert.equal(environmentDigest("A", undefined), null);
    assert.notEqual(environmentDigest("A", ""), null);
    assert.doesNotMatch(environmentDigest("A", "hunter2") ?? "", /hunter2/);
  });
});

describe("canonical JSON", () => {
  it("sorts keys at every depth and counts a key named __proto__", () => {
    assert.equal(
      canonicalJson({ b: 1, a: { d: 1, c: [2, { z: 1, y: 2 }] } }),
      '{"a":{"c":[2,{"y":2,"z":1}],"d":1},"b":1}',
    );
    assert.equal(canonicalJson(JSON.parse('{"__proto__": 1, "a": 2}')), '{"__proto__":1,"a":2}');
  });
});
