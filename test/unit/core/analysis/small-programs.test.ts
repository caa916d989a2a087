import assert from "node:assert/strict";
import { MODULES } from "./matrix-modules.js";
import { NEUTRAL } from "./matrix-neutral.js";
import { STATE } from "./matrix-state.js";
import { VALUES } from "./matrix-values.js";
import { Workspace, type Files } from "./memory-host.js";
import type { ProgramEdit, SmallProgram } from "./small-programs.js";

const PROGRAMS: readonly SmallProgram[] = [...VALUES, ...MODULES, ...STATE, ...NEUTRAL];

/** All programs in one project, each in a folder of its own. */
function together(): Record<string, string> {
  const files: Record<string, string> = {};
  PROGRAMS.forEach((program, i) => Object.assign(files, inFolder(i, program.files)));
  return files;
}

function inFolder(i: number, files: Files): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [`${i}/${name}`, text]));
}

function applied({ title, replacements }: ProgramEdit, files: Files): Record<string, string> {
  const changed: Record<string, string> = {};
  for (const [file, from, to] of replacements) {
    const before = changed[file] ?? files[file] ?? "";
    const after = typeof from === "string" ? before.replace(from, () => to) : before.replace(from, to);
    assert.notEqual(after, before, `"${title}" changes nothing in ${file}`);
    changed[file] = after;
  }
  return changed;
}

/** Fingerprints by file and place of the stage in it, whatever the stage is called. */
function fingerprints(workspace: Workspace): Map<string, string> {
  const all = new Map<string, string>();
  for (const file of workspace.host.files.keys()) {
    if (!/\/s\.[mc]?[jt]sx?$/.test(file)) continue;
    workspace.stages(file).forEach((declaration, nth) => {
      const state = workspace.program.code(declaration);
      all.set(`${file} ${nth}`, state.ok ? state.data.fingerprint : `unknown: ${state.message}`);
    });
  }
  return all;
}

describe("The edit matrix of small programs (F10 to F14, F23, F24)", function () {
  // Much work at once; a busy machine must not make it fail.
  this.timeout(120_000);

  const files = together();
  const before = fingerprints(new Workspace(files));
  const live = new Workspace(files);
  fingerprints(live);

  it("knows the code of every program", () => {
    assert.ok(PROGRAMS.every((_, i) => [...before.keys()].some((key) => key.startsWith(`${i}/`))));
    assert.deepEqual(
      [...before].filter(([, value]) => value.startsWith("unknown")),
      [],
    );
  });

  PROGRAMS.forEach((program, i) => {
    describe(program.title, () => {
      for (const edit of program.edits) {
        it(`${edit.changes ? "changes" : "stays"}: ${edit.title}`, () => {
          const changed = inFolder(i, applied(edit, program.files));
          const fresh = fingerprints(new Workspace({ ...files, ...changed }));
          const [own = ""] = [...before.keys()].filter((key) => key.startsWith(`${i}/`));
          assert.doesNotMatch(fresh.get(own) ?? "unknown", /^unknown/);
          const others = [...before.keys()].filter(
            (key) => !key.startsWith(`${i}/`) && fresh.get(key) !== before.get(key),
          );
          assert.deepEqual(others, [], "stages of other programs");
          assert.equal(fresh.get(own) !== before.get(own), edit.changes);
          // The same from a program that has seen the files before, and again when the edit is undone.
          live.edit(changed);
          assert.deepEqual(fingerprints(live), fresh);
          live.edit(Object.fromEntries(Object.keys(changed).map((name) => [name, files[name] ?? null])));
          assert.deepEqual(fingerprints(live), before);
        });
      }
    });
  });
});
