import assert from "node:assert/strict";
import { seededRandom } from "../../../src/runner/random.js";

describe("Seeded random numbers (F31)", () => {
  const draw = (seed: string, count: number): number[] => {
    const random = seededRandom(seed);
    return Array.from({ length: count }, () => random());
  };

  it("repeat for the same seed", () => {
    assert.deepEqual(draw("ab".repeat(32), 100), draw("ab".repeat(32), 100));
  });

  it("differ when any digit of the seed differs", () => {
    const seed = "0123456789abcdef".repeat(4);
    const first = new Set([draw(seed, 1)[0]]);
    for (let i = 0; i < seed.length; i += 1) {
      first.add(draw(seed.slice(0, i) + (seed[i] === "0" ? "1" : "0") + seed.slice(i + 1), 1)[0]);
    }
    assert.equal(first.size, 65);
  });

  it("are what they always were: old results stay reproducible", () => {
    assert.deepEqual(draw("0123456789abcdef".repeat(4), 2), GOLDEN);
  });

  it("are spread evenly over 0 to 1, also for a seed of zeros", () => {
    const values = draw("0".repeat(64), 100_000);
    assert.ok(values.every((value) => value >= 0 && value < 1));
    const tenths = new Array<number>(10).fill(0);
    for (const value of values) {
      tenths[Math.floor(value * 10)]! += 1;
    }
    assert.ok(
      tenths.every((count) => Math.abs(count - 10_000) < 500),
      String(tenths),
    );
  });
});

const GOLDEN = [0.0885810515343518, 0.4794557687965729];
