/** Rewrites a stage from one form to the other, as edits of its file's text; the stage's key does not change. */
import type { FormChange, OffsetEdit } from "../../protocol/form-change.js";
import type { StageDeclaration } from "../../protocol/stage.js";
import { readFormSource, Refused } from "./form-source.js";
import { toPlain } from "./to-plain.js";
import { toWrapped } from "./to-wrapped.js";

/**
 * `text` may be newer than `declaration`. `plainStages`: ids of all stages in the plain form. Never throws: what cannot be
 * rewritten safely is refused with what to do first.
 */
export function convertForm(text: string, declaration: StageDeclaration, plainStages: ReadonlySet<string>): FormChange {
  const to = declaration.form === "plain" ? "wrapped" : "plain";
  try {
    if (declaration.problems.some((problem) => problem.severity === "error"))
      return { to, is: "refused", why: "Repair the problems that are shown at this stage first." };
    const source = readFormSource(text, declaration);
    const edits = to === "plain" ? toPlain(source) : toWrapped(source, plainStages);
    return { to, is: "possible", edits: inOrder(edits) };
  } catch (error) {
    if (error instanceof Refused) return { to, is: "refused", why: error.message };
    throw error;
  }
}

function inOrder(edits: readonly OffsetEdit[]): OffsetEdit[] {
  return [...edits].sort((a, b) => a.start - b.start || a.end - b.end);
}

/** The text after edits that do not overlap, in their order. */
export function applyEdits(text: string, edits: readonly OffsetEdit[]): string {
  let result = "";
  let at = 0;
  for (const { start, end, text: replacement } of edits) {
    result += text.slice(at, start) + replacement;
    at = end;
  }
  return result + text.slice(at);
}
