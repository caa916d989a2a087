/**
 * What VS Code loads in its extension host as `extensionTestsPath`: runs one case's bundle with mocha, and writes what
 * happened to a file. The file is the proof that the suite really ran; an exit code of 0 alone is not.
 */
import * as fs from "node:fs";
import Mocha from "mocha";

/** Read by test/tools/run-vscode.mjs. */
export interface SuiteResults {
  readonly passed: number;
  readonly failed: number;
  readonly pending: number;
}

export async function run(): Promise<void> {
  const bundle = environment("RESTAGE_TEST_BUNDLE");
  const mocha = new Mocha({ ui: "bdd", color: false, timeout: 30_000, forbidOnly: process.env["CI"] === "true" });
  // Both vocabularies: `describe`/`it` and, as VS Code's own samples write, `suite`/`test`.
  mocha.ui("tdd");
  const grep = process.env["RESTAGE_TEST_GREP"];
  if (grep !== undefined && grep !== "") {
    mocha.grep(grep);
  }
  mocha.addFile(bundle);
  const stats = await new Promise<Mocha.Stats | undefined>((resolve) => {
    const runner = mocha.run(() => {
      resolve(runner.stats);
    });
  });
  const results: SuiteResults = {
    passed: stats?.passes ?? 0,
    failed: stats?.failures ?? 1,
    pending: stats?.pending ?? 0,
  };
  fs.writeFileSync(environment("RESTAGE_TEST_RESULTS"), JSON.stringify(results));
  if (results.failed > 0) {
    throw new Error(`${results.failed} test(s) failed`);
  }
}

function environment(name: string): string {
  const value = process.env[name];
  if (value === undefined) {
    throw new Error(`${name} is not set: start the suites with test/tools/run-vscode.mjs`);
  }
  return value;
}
