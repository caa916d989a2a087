/**
 * The tests inside the real editor are worth something only if they can fail. VS Code itself reports success when its
 * extension host dies, so this plants what must be seen as a failure.
 */
import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");

describe("the runner of the real-editor tests", function () {
  this.timeout(120_000);

  for (const [name, counts] of [
    ["fails", { passed: 1, failed: 1 }],
    ["dies", { passed: 0, failed: 1 }],
  ] as const) {
    it(`ends with 1 and counts a failure when a suite ${name}`, () => {
      const folder = fs.mkdtempSync(path.join(os.tmpdir(), "restage-outcome-"));
      const results = path.join(folder, "results.json");
      const runner = path.join(root, "test", "tools", "run-vscode.mjs");
      const suites = path.join(root, "test", "fixtures", "editor-suites");
      const run = spawnSync(process.execPath, [runner, "--suites", suites, "--case", name], {
        cwd: root,
        encoding: "utf8",
        env: { ...process.env, RESTAGE_RESULTS: results },
      });
      try {
        assert.equal(run.status, 1, run.stdout + run.stderr);
        assert.deepEqual(JSON.parse(fs.readFileSync(results, "utf8")), counts, run.stdout + run.stderr);
      } finally {
        fs.rmSync(folder, { recursive: true });
      }
    });
  }
});
