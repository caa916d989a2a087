import assert from "node:assert/strict";
import { Workspace, type Files } from "./memory-host.js";

const STAGE = `import { stage } from "restage";\n`;

/** Small numbers that look arbitrary and are the same each time. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >> 8) % below;
  };
}

/** A module that loads others in circles, for names or only to load them, and may do something of its own. */
function randomModule(next: (below: number) => number, count: number, at: number): string {
  const lines: string[] = [];
  for (let nth = next(4); nth > 0; nth--) {
    const other = next(count);
    const kind = next(12);
    if (kind < 5) lines.push(`import "./m${other}";`);
    else if (kind < 9)
      lines.push(`import { x${other} as y${nth} } from "./m${other}"; export const z${nth} = () => y${nth};`);
    else lines.push(kind < 11 ? `import "${kind === 9 ? "lodash" : "zod"}";` : `export * from "./m${other}";`);
  }
  lines.push(`export const x${at} = ${next(5)};`);
  if (next(3) === 0) lines.push(`console.log(${next(3)});`);
  if (next(6) === 0) lines.push(`export const table = []; export const size = table.push(${next(3)});`);
  return next(25) === 0 ? "((" : `${lines.join("\n")}\n`;
}

/** Everything that is said of both stages. */
function said(workspace: Workspace): unknown {
  return ["s", "t"].map((name) => {
    const code = workspace.code("s.ts", name);
    if (!code.ok) return code;
    const files = [...workspace.program.files(workspace.stage("s.ts", name))].sort();
    return [code.data.fingerprint, code.data.slice, code.data.packages, code.untracked, files];
  });
}

describe("What loading modules runs (promise 1)", function () {
  this.timeout(60_000);

  it("is the same after edits as in a new program: effects that come and go, circles, packages, broken files", () => {
    const next = numbers(20);
    for (let round = 0; round < 60; round++) {
      const count = 2 + next(8);
      const files: Record<string, string> = {
        "s.ts": `${STAGE}import * as all from "./m0"; import { x${count - 1} } from "./m${count - 1}";
export const s = stage({}, () => [all, x${count - 1}]);
export const t = stage({}, () => x${count - 1});\n`,
      };
      for (let at = 0; at < count; at++) files[`m${at}.ts`] = randomModule(next, count, at);
      const live = new Workspace(files);
      said(live);
      for (let edit = 0; edit < 10; edit++) {
        const at = next(count);
        files[`m${at}.ts`] = randomModule(next, count, at);
        live.edit({ [`m${at}.ts`]: files[`m${at}.ts`] ?? "" });
        assert.deepEqual(said(live), said(new Workspace(files)), `round ${round}, edit ${edit}`);
      }
    }
  });

  it("counts for stages at the end of a row of 10,000 modules that all do something, and costs no more than the row", () => {
    const files: Record<string, string> = {
      "s.ts": `${STAGE}import { x } from "./m0";\nexport const s = stage({}, () => x);\n`,
    };
    for (let at = 0; at < 10_000; at++) {
      files[`m${at}.ts`] = `import "./m${at + 1}";\nexport const x = ${at};\nconsole.log(${at});\n`;
    }
    files["m10000.ts"] = "console.log('last');\n";
    const live = new Workspace(files);
    const before = live.fingerprint("s.ts", "s");
    live.edit({ "m10000.ts": "console.log('changed');\n" });
    const after = live.fingerprint("s.ts", "s");
    assert.notEqual(after, before);
    live.edit({ "m10000.ts": "console.log('last');\n" });
    assert.equal(live.fingerprint("s.ts", "s"), before);
  });

  it("leaves stages alone that do not load the module whose effect is new", () => {
    const files: Files = {
      "s.ts": `${STAGE}import { a } from "./a";\nexport const s = stage({}, () => a);\n`,
      "t.ts": `${STAGE}import { b } from "./b";\nexport const t = stage({}, () => b);\n`,
      "a.ts": `import { deep } from "./deep"; export const a = () => deep;`,
      "b.ts": "export const b = 1;",
      "deep.ts": "export const deep = 1;",
    };
    const live = new Workspace(files);
    const before = live.fingerprints();
    live.edit({ "deep.ts": "export const deep = 1;\nconsole.log('loaded');" });
    const after = live.fingerprints();
    assert.notEqual(after["s"], before["s"]);
    assert.equal(after["t"], before["t"]);
  });
});
