import assert from "node:assert/strict";
import { DEFAULT_SETTINGS, parseProjectSettings, parseSize } from "../../../src/core/project-settings.js";

describe("restage.json", () => {
  it("gives the settings it names and defaults for the rest", () => {
    const { settings, problems } = parseProjectSettings(
      '{"$schema": "x", "maxCacheSize": "1.5 GB", "params": {"min": 5}, "concurrency": 2, "passEnv": ["AWS_*"]}',
    );
    assert.deepEqual(settings, {
      ...DEFAULT_SETTINGS,
      maxCacheBytes: 1.5e9,
      params: { min: 5 },
      concurrency: 2,
      passEnv: ["AWS_*"],
    });
    assert.deepEqual(problems, []);
  });

  it("names every setting that is wrong and goes on with its default", () => {
    const { settings, problems } = parseProjectSettings(
      '{"concurrency": 0, "maxCacheSize": "big", "include": "x", "colour": 1, "params": []}',
    );
    assert.deepEqual(settings, DEFAULT_SETTINGS);
    assert.equal(problems.length, 5);
    assert.match(problems.join("\n"), /concurrency.*\n.*maxCacheSize.*\n.*include.*\n.*"colour".*\n.*params/);
  });

  it("refuses a cache folder outside the project, however it is written (security row 9)", () => {
    for (const dir of ["../x", "/tmp/x", "a/../../x", "C:\\x", "\\\\host\\x", "", ".", "a//b"]) {
      const { settings, problems } = parseProjectSettings(JSON.stringify({ cacheDir: dir }));
      assert.equal(settings.cacheDir, ".restage", dir);
      assert.equal(problems.length, 1, dir);
    }
  });

  it("says where JSON is broken, and reads a file with a byte-order mark", () => {
    assert.match(parseProjectSettings("{").problems[0] ?? "", /not valid JSON/);
    assert.deepEqual(parseProjectSettings("\uFEFF{}").problems, []);
  });

  it("reads sizes with and without unit", () => {
    assert.deepEqual(["5GB", "500 mb", 12, "7", "1KB", "x", -1, "5 GiB"].map(parseSize), [
      5e9,
      5e8,
      12,
      7,
      1000,
      null,
      null,
      null,
    ]);
  });
});
