// Runs in the extension host in place of extensionTestsPath, and runs the real one. When an extension host dies, VS
// Code in the browser still reports exit code 0 (seen with 1.139.1), so the outcome is also written to a file here,
// and code.mjs believes that file.
const fs = require("node:fs");
const v8 = require("node:v8");

exports.run = async function run() {
  let outcome = "failed";
  try {
    const real = require(process.env.VSCODE_HOST_TESTS);
    if (typeof real.run !== "function") {
      throw new Error(`${process.env.VSCODE_HOST_TESTS} exports no run()`);
    }
    await real.run();
    outcome = "passed";
  } finally {
    fs.writeFileSync(process.env.VSCODE_HOST_OUTCOME, outcome);
    if (process.env.NODE_V8_COVERAGE) {
      v8.takeCoverage(); // the extension host leaves without writing it
    }
  }
};
