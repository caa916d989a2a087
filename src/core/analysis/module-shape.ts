/**
 * What others see of a module. When it is the same before and after an edit, nothing outside the file has to be linked
 * again; bodies, comments and positions are not in it.
 */
import type { FileSummary } from "./file-summary.js";

const visible = new WeakMap<FileSummary, string>();
const acting = new WeakMap<FileSummary, string>();

/** Names, exports, constants, and which units may be stages. */
export function visibleShape(summary: FileSummary | null): string {
  return memoised(visible, summary, (parsed) => [
    parsed.bindings,
    parsed.exports,
    parsed.stars,
    parsed.commonJs,
    parsed.constants,
    parsed.units.map((unit) => [
      unit.kind,
      unit.names,
      unit.writes,
      unit.call?.callee,
      unit.call?.run === null,
      unit.plain !== null,
    ]),
    parsed.imports,
  ]);
}

/** What decides whether loading this module, or calling its code while another loads, has an effect. */
export function actingShape(summary: FileSummary | null): string {
  return memoised(acting, summary, (parsed) =>
    parsed.units.map(({ effect, does, references }) => [
      effect,
      does,
      references.map((reference) => (reference.to === "name" ? [reference.name, reference.path] : reference)),
    ]),
  );
}

function memoised(
  memo: WeakMap<FileSummary, string>,
  summary: FileSummary | null,
  parts: (parsed: Extract<FileSummary, { ok: true }>) => unknown,
): string {
  if (!summary) return "missing";
  if (!summary.ok) return `unreadable ${JSON.stringify(summary)}`;
  let shape = memo.get(summary);
  if (shape === undefined) {
    shape = JSON.stringify(parts(summary), (key, value: unknown) => (key === "at" ? undefined : value));
    memo.set(summary, shape);
  }
  return shape;
}
