import assert from "node:assert/strict";
import { resolveParams } from "../../../src/core/param-values.js";
import type { InputDeclaration, StaticValue } from "../../../src/protocol/stage.js";

const param = (name: string, value: StaticValue): InputDeclaration => ({
  kind: "param",
  name,
  param: name,
  default: value,
});
const INPUTS = [param("min", 100), param("region", "eu"), param("list", [1]), { ...param("min", 5), name: "other" }];
const resolve = (given: Record<string, string>): [StaticValue, readonly string[]] => {
  const { values, problems } = resolveParams(given, INPUTS);
  return [{ ...values }, problems];
};

describe("parameters on the command line (F4)", () => {
  it("are JSON, and plain text for those that are texts", () => {
    assert.deepEqual(resolve({ min: "5", list: "[2, 3]" }), [{ min: 5, list: [2, 3] }, []]);
    assert.deepEqual(resolve({ region: "us" }), [{ region: "us" }, []]);
    assert.deepEqual(resolve({ region: "5" }), [{ region: "5" }, []]);
    assert.deepEqual(resolve({ region: '"quoted"' }), [{ region: "quoted" }, []]);
    assert.deepEqual(resolve({ min: '"text on purpose"' }), [{ min: "text on purpose" }, []]);
  });

  it("that cannot be meant are explained", () => {
    assert.match(
      resolve({ min: "five" })[1][0] ?? "",
      /The parameter "min" is 100 in the code, and "five" is no JSON value/,
    );
    assert.match(resolve({ mim: "5" })[1][0] ?? "", /There is no parameter "mim"\. Did you mean "min"\?/);
    assert.match(resolve({ nothingLikeIt: "5" })[1][0] ?? "", /The parameters are: list, min, region\./);
    assert.match(resolveParams({ a: "1" }, []).problems[0] ?? "", /no stage has an input param\("a", …\)/);
  });
});
