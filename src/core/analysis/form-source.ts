/** What both rewritings of a stage need of its file: the tree, the stage's own parts, its comment, and who uses which name. */
import type { Comment, Node } from "@babel/types";
import type { OffsetEdit } from "../../protocol/form-change.js";
import type { StageDeclaration } from "../../protocol/stage.js";
import { runNodeOf, type RunNode } from "./canonical-run.js";
import { splitModule, type ModuleItems, type UnitItem } from "./module-items.js";
import { isTypeScript, parseModule } from "./parse.js";
import { unwrap } from "./syntax.js";

export class Refused extends Error {}

/** Says why a stage cannot be rewritten. Never returns. */
export function refuse(why: string): never {
  throw new Refused(why);
}

export interface FormSource {
  readonly text: string;
  readonly newline: string;
  readonly typeScript: boolean;
  readonly items: ModuleItems;
  readonly body: readonly Node[];
  readonly comments: readonly Comment[];
  readonly item: UnitItem;
  readonly declaration: StageDeclaration;
  /** The documentation comment right before the statement. */
  readonly doc: Comment | null;
}

export function readFormSource(text: string, declaration: StageDeclaration): FormSource {
  const parsed = parseModule(declaration.file, text);
  if ("ok" in parsed) return refuse(`The file does not parse: ${parsed.message}`);
  const { program, comments } = parsed;
  const items = splitModule(program);
  const exported = items.exports.find(([name]) => name === declaration.name)?.[1];
  const local = exported?.is === "local" ? exported.name : declaration.name;
  const item = items.units.find((unit) => unit.names.length === 1 && unit.names[0] === local);
  if (!item || !/^(?:Export|Function|Variable)/.test(item.statement.type))
    return refuse(
      `"${declaration.name}" is not declared in a statement of its own. Save the file, or write it as an export.`,
    );
  const statement = item.statement.type === "ExportNamedDeclaration" ? item.statement.declaration : item.statement;
  if (statement?.type === "VariableDeclaration" && statement.declarations.length > 1)
    return refuse(`Give "${declaration.name}" a statement of its own first: others are declared with it.`);
  const before = comments.filter((comment) => (comment.end ?? 0) <= startOf(item.statement)).at(-1);
  const isDoc =
    before?.type === "CommentBlock" &&
    before.value.startsWith("*") &&
    text.slice(before.end ?? 0, startOf(item.statement)).trim() === "";
  return {
    text,
    newline: text.includes("\r\n") ? "\r\n" : "\n",
    typeScript: isTypeScript(declaration.file),
    items,
    body: program.body,
    comments,
    item,
    declaration,
    doc: isDoc ? before : null,
  };
}

/** The function of a stage in the plain form, or what the call of a wrapped one is given as such. */
export function runOf(source: FormSource, given?: Node): RunNode {
  const node = given ? unwrap(given) : null;
  const run = runNodeOf(node ? { node, value: node } : source.item);
  return run ?? refuse(`The function of "${source.declaration.name}" is written elsewhere. Write it in place first.`);
}

/** Where the parentheses of a function's parameters are: from after the first to before the last. */
export function parameterRange(source: FormSource, run: RunNode): readonly [start: number, end: number] {
  const from = "typeParameters" in run && run.typeParameters ? endOf(run.typeParameters) : startOf(run);
  const [first] = run.params;
  const open = source.text.indexOf(
    "(",
    run.type === "ArrowFunctionExpression" || !run.id ? from : Math.max(from, endOf(run.id)),
  );
  if (first && (open < 0 || open > startOf(first)))
    return refuse("Put the function's parameters in parentheses first.");
  const last = run.params.at(-1);
  const close = source.text.indexOf(")", last ? endOf(last) : open);
  return [open + 1, close];
}

/** Every identifier of a file that may be a use of a name; names of members are none. */
export function usesOf(nodes: readonly Node[], name: string): Node[] {
  const found: Node[] = [];
  const pending: Node[] = [...nodes];
  for (let node = pending.pop(); node; node = pending.pop()) {
    if ((node.type === "Identifier" || node.type === "JSXIdentifier") && node.name === name) found.push(node);
    for (const [field, value] of Object.entries(node) as [string, unknown][]) {
      if (field === "loc" || field === "extra") continue;
      const isMember = (field === "property" || field === "key") && "computed" in node && node.computed !== true;
      if (isMember && !("shorthand" in node && node.shorthand)) continue;
      for (const part of Array.isArray(value) ? (value as unknown[]) : [value]) if (isNode(part)) pending.push(part);
    }
  }
  return found;
}

/** The beginning of the line of a position, and the white space there. */
export function indentAt(text: string, position: number): string {
  const line = text.slice(text.lastIndexOf("\n", position - 1) + 1, position);
  return /^\s*/.exec(line)?.[0] ?? "";
}

/** A documentation comment of these lines, with the line end that leads to the statement. */
export function docComment(lines: readonly string[], indent: string, newline: string): string {
  // What would end the comment is written as the tags read it back.
  const safe = lines.map((line) => `${indent} *${line === "" ? "" : ` ${line.replaceAll("*/", "*\\/")}`}`);
  return [`/**`, ...safe, `${indent} */`].join(newline);
}

/** The lines of a documentation comment without their stars. */
export function docLines(doc: Comment | null): string[] {
  if (!doc) return [];
  const lines = doc.value.split(/\r\n?|\n/).map((line) => line.replace(/^\s*\**\s?/, "").trimEnd());
  while (lines[0] === "") lines.shift();
  while (lines.at(-1) === "") lines.pop();
  return lines;
}

/** Edits that take a whole line with them when nothing else is on it. */
export function removal(text: string, start: number, end: number): OffsetEdit {
  const lineStart = text.lastIndexOf("\n", start - 1) + 1;
  const lineEnd = /^[ \t]*(?:\r?\n)?/.exec(text.slice(end))?.[0].length ?? 0;
  const alone = text.slice(lineStart, start).trim() === "";
  return alone ? { start: lineStart, end: end + lineEnd, text: "" } : { start, end, text: "" };
}

export function startOf(node: { readonly start?: number | null }): number {
  return node.start ?? 0;
}

export function endOf(node: { readonly end?: number | null }): number {
  return node.end ?? 0;
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}
