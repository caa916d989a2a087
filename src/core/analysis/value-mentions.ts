/**
 * Names that a TypeScript module mentions outside of types, by the compiler's rule: an import is dropped when none of its names is
 * mentioned, and code that never runs mentions names, too. Scopes are not told apart: a name too many keeps an import
 * that is dropped, which costs a stale stage; a name too few would drop one that runs.
 */
import type { Node, Program } from "@babel/types";
import { childrenOf } from "./child-nodes.js";
import { isErased } from "./syntax.js";

const ONLY_TYPES =
  /^TS(?:TypeAnnotation|TypeParameter\w*|ExpressionWithTypeArguments|ClassImplements|InterfaceHeritage)$/;

/** `pragmas`: comments that say what elements call. */
export function valueMentions(
  program: Program,
  pragmas: readonly (readonly [name: string, value: string])[],
): ReadonlySet<string> {
  const names = new Set<string>();
  const pending: Node[] = [...program.body];
  for (let node = pending.pop(); node; node = pending.pop()) {
    if (ONLY_TYPES.test(node.type) || isErased(node) || isElsewhere(node)) continue;
    if (node.type === "Identifier" || node.type === "JSXIdentifier") names.add(node.name);
    if (node.type === "JSXElement" || node.type === "JSXFragment") {
      names.add("React");
      for (const [, value] of pragmas) names.add(value.split(".")[0] ?? "");
    }
    for (const [field, child] of childrenOf(node)) if (!isOnlyWord(node, field)) pending.push(child);
  }
  return names;
}

/** Names of other modules. */
function isElsewhere(node: Node): boolean {
  return node.type === "ImportDeclaration" || (node.type === "ExportNamedDeclaration" && node.source != null);
}

/** `b` in `a.b` and in `{ b: 1 }`. */
function isOnlyWord(node: Node, field: string): boolean {
  if (field === "property" || field === "key") return "computed" in node && node.computed !== true;
  return field === "label" || (node.type === "ExportSpecifier" && (field === "exported" || node.exportKind === "type"));
}
