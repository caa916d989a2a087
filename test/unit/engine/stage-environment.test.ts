import assert from "node:assert/strict";
import { stageEnvironment, systemEnvironment } from "../../../src/engine/stage-environment.js";
import type { StageId } from "../../../src/protocol/ids.js";
import type { InputDeclaration, StageDeclaration } from "../../../src/protocol/stage.js";

const range = { file: "/p/a.ts", line: 1, column: 1, endLine: 1, endColumn: 2 };
const declaration = (inputs: InputDeclaration[]): StageDeclaration => ({
  id: "a.ts#a" as StageId,
  name: "a",
  form: "wrapped",
  file: "/p/a.ts",
  range,
  nameRange: range,
  inputs,
  options: {},
  problems: [],
});

describe("a stage's environment", () => {
  const variables = {
    PATH: "/bin",
    LC_ALL: "C",
    SECRET: "s",
    API_KEY: "k",
    AWS_REGION: "eu",
    NODE_OPTIONS: "--inspect",
    ELECTRON_RUN_AS_NODE: "1",
    VSCODE_PID: "1",
  };

  it("holds what programs need, what the stage declares, and what the project passes on; nothing else (security row 15)", () => {
    const inputs: InputDeclaration[] = [{ kind: "env", name: "key", variable: "API_KEY", default: null }];
    assert.deepEqual(stageEnvironment(declaration(inputs), variables, ["AWS_*"]), {
      PATH: "/bin",
      LC_ALL: "C",
      API_KEY: "k",
      AWS_REGION: "eu",
    });
    assert.deepEqual(systemEnvironment(variables), { PATH: "/bin", LC_ALL: "C" });
  });

  it("never passes variables that change how Node itself runs, even when asked to", () => {
    assert.deepEqual(stageEnvironment(declaration([]), variables, ["NODE_OPTIONS", "ELECTRON_*", "VSCODE_*"]), {
      PATH: "/bin",
      LC_ALL: "C",
    });
  });

  it("sets a declared variable to its default where it is unset", () => {
    const inputs: InputDeclaration[] = [{ kind: "env", name: "mode", variable: "MODE", default: "fast" }];
    assert.equal(stageEnvironment(declaration(inputs), {}, [])["MODE"], "fast");
  });
});
