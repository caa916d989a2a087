/**
 * Reads a declaration's text of another day as today's analysis reads the declaration that stands in its place now. This
 * is how a result that an older version of Restage filed is found to be of today's code.
 */
import { configuredHash, settingsText } from "./configured-code.js";
import type { CompilerSettings } from "./compiler-settings.js";
import type { NodeCode, ReadsAs } from "./code-node.js";
import type { CodeSummary, UnitSummary } from "./file-summary.js";
import type { Module } from "./module-graph.js";
import { referenceKey } from "./reference-list.js";
import { summariseStatement } from "./summarise.js";
import type { ModuleNames } from "./walk.js";

/** A declaration's source, readable whatever is edited later: a run asks while its user types. */
export function nodeCode(
  module: Module,
  unit: UnitSummary,
  part: "run" | "unit",
  settings: CompilerSettings,
): NodeCode {
  const { file, parsed, bindings } = module;
  const now = codeOf(unit, part);
  const own = now === null ? null : configuredHash(now, settings);
  // What elements call is also said by comments of the file, which are not kept.
  const set = now === null || now.configured.includes("jsx") ? null : settingsText(now, settings);
  const readsAs: ReadsAs = (then) => {
    const context = parsed?.context;
    if (context === undefined || now === null) return false;
    if (now.configured.length > 0 && !then.sameHash && (set === null || then.settings !== set)) return false;
    if (then.text === unit.text) return true;
    const names: ModuleNames = {
      values: new Set(bindings.keys()),
      imported: new Map([...bindings].flatMap(([name, binding]) => (binding.is === "import" ? [[name, binding]] : []))),
      requirers: new Set(context.requirers),
      aliases: new Set(context.aliases),
      writtenNames: new Set(context.writtenNames),
      sloppy: context.sloppy,
      pragmas: [],
      text: then.text,
    };
    const before = summariseStatement(file, then.text, names, unit.names, { anyName: part === "run" });
    const code = before === null ? null : codeOf(before, part);
    // The hash counts references; only with the same names in the same order does it say the same.
    return code !== null && sameReferences(code, now) && configuredHash(code, settings) === own;
  };
  return { part, text: unit.text, settings: set, readsAs };
}

function sameReferences(a: CodeSummary, b: CodeSummary): boolean {
  const keys = (code: CodeSummary): string =>
    JSON.stringify(code.references.map((use) => [referenceKey(use), use.to === "name" ? use.seen : ""]));
  return keys(a) === keys(b);
}

function codeOf(unit: UnitSummary, part: "run" | "unit"): CodeSummary | null {
  return part === "run" ? (unit.call?.run ?? unit.plain?.run ?? null) : unit;
}
