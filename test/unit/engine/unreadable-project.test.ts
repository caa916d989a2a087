import assert from "node:assert/strict";
import { unreadableProject } from "../../../src/engine/unreadable-project.js";
import { StoreError } from "../../../src/store/store.js";

describe("a project that cannot be read", () => {
  it("has no stages, a problem that says what and where, and takes the place of its last status", () => {
    const error = new StoreError("Restage could not read a record: permission denied.", {
      path: "/p/.restage",
      code: "EACCES",
    });
    const status = unreadableProject("/p", error, null);
    assert.deepEqual([status.name, status.stages, status.revision], ["p", [], 0]);
    assert.deepEqual(
      status.problems.map(({ severity, code, message }) => [severity, code, message]),
      [
        [
          "error",
          "unreadable-project",
          "Restage cannot read this project: Restage could not read a record: permission denied. (/p/.restage)",
        ],
      ],
    );
    assert.equal(unreadableProject("/p", new Error("x"), { ...status, revision: 7 }).revision, 7);
  });
});
