/** What a summary holds of a declaration with a `@stage` comment. */
import type { Node } from "@babel/types";
import { plainPattern, runNodeOf, runParameters, walkPlainRun, type RunNode } from "./canonical-run.js";
import type { CodeSummary, PlainParameter, PlainStage, Span } from "./file-summary.js";
import type { UnitItem } from "./module-items.js";
import type { StageMark } from "./stage-marks.js";
import { spanOf } from "./syntax.js";
import type { ModuleNames } from "./walk.js";

export function plainStage(
  item: UnitItem,
  { comment }: StageMark,
  names: ModuleNames,
  unitName: string,
  text: string,
): PlainStage {
  const run = runNodeOf(item);
  return {
    run: run ? codeOf(run, names, unitName) : null,
    parameters: run ? runParameters(run).map((param) => parameterOf(param, text)) : [],
    comment,
    statement: spanOf(item.statement),
    nameAt: item.nameNode ? spanOf(item.nameNode) : defaultSpan(item.statement, text),
  };
}

function codeOf(run: RunNode, names: ModuleNames, unitName: string): CodeSummary {
  const { hash, references, untracked, configured } = walkPlainRun(run, names, unitName);
  return { hash, references, untracked, configured };
}

function parameterOf(param: Node, text: string): PlainParameter {
  const at = spanOf(param);
  switch (param.type) {
    case "Identifier":
      return { is: "name", name: param.name, at: nameSpan(param) };
    case "ObjectPattern": {
      const members = plainPattern(param);
      return members ? { is: "members", members: [...members.values()], at } : { is: "pattern", at };
    }
    case "AssignmentPattern": {
      const { left, right } = param;
      if (left.type !== "Identifier") return { is: "pattern", at };
      return { is: "default", name: left.name, written: text.slice(right.start ?? 0, right.end ?? 0), at };
    }
    default:
      return { is: param.type === "RestElement" ? "rest" : "pattern", at };
  }
}

/** Without the type annotation, which belongs to the identifier's node. */
function nameSpan(param: Extract<Node, { type: "Identifier" }>): Span {
  const [line, column] = spanOf(param);
  return [line, column, line, column + param.name.length];
}

/** The word `default` of a function without a name. */
function defaultSpan(statement: Node, text: string): Span {
  const [line, column] = spanOf(statement);
  const start = statement.start ?? 0;
  const offset = text.slice(start, statement.end ?? start).indexOf("default");
  const before = text.slice(start, start + Math.max(0, offset)).split("\n");
  const from = before.length === 1 ? column + Math.max(0, offset) : (before.at(-1) ?? "").length + 1;
  const on = line + before.length - 1;
  return [on, from, on, from + "default".length];
}
