import assert from "node:assert/strict";
import { formatAge, formatBytes, formatCount, formatDuration, formatQuantity } from "../../../src/core/format.js";

describe("numbers for people", () => {
  it("show bytes in the unit that fits", () => {
    assert.deepEqual([0, 999, 1000, 12_345, 999_950, 1_500_000_000, 123_456_789].map(formatBytes), [
      "0 B",
      "999 B",
      "1.0 KB",
      "12.3 KB",
      "1.0 MB",
      "1.5 GB",
      "123 MB",
    ]);
  });

  it("show durations from parts of a millisecond to days", () => {
    assert.deepEqual([0.2, 48.4, 999.4, 3210, 192_000, 7_500_000, 200_000_000].map(formatDuration), [
      "<1 ms",
      "48 ms",
      "999 ms",
      "3.2 s",
      "3 min 12 s",
      "2 h 5 min",
      "2 days 7 h",
    ]);
  });

  it("show counts with their noun", () => {
    assert.deepEqual(
      [formatCount(1234567), formatQuantity(1, "row"), formatQuantity(344, "row")],
      ["1,234,567", "1 row", "344 rows"],
    );
  });

  it("show an age, and a time in the future as now (B3)", () => {
    const at = (seconds: number): string => formatAge(new Date(1e12 - seconds * 1000).toISOString(), 1e12);
    assert.deepEqual(
      [at(-500), at(0), at(45), at(120), at(7200), at(3 * 86_400)],
      ["just now", "just now", "45 s ago", "2 min ago", "2 h ago", "3 days ago"],
    );
  });
});
