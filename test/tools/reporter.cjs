// Mocha's usual report, and the counts for run-all.mjs in the file that RESTAGE_RESULTS names.
const fs = require("node:fs");
const path = require("node:path");
const Mocha = require("mocha");

module.exports = class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once("end", () => {
      const file = process.env.RESTAGE_RESULTS;
      if (file !== undefined && file !== "") {
        fs.mkdirSync(path.dirname(file), { recursive: true });
        fs.writeFileSync(file, JSON.stringify({ passed: this.stats.passes, failed: this.stats.failures }));
      }
    });
  }
};
