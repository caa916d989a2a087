/** Small questions about Babel's syntax tree. */
import type { Node } from "@babel/types";
import type { Span } from "./file-summary.js";

export function spanOf(node: Node): Span {
  const { loc } = node;
  if (!loc) return [1, 1, 1, 1];
  return [loc.start.line, loc.start.column + 1, loc.end.line, loc.end.column + 1];
}

/** The expression under parentheses, type assertions and non-null marks, none of which exist when the code runs. */
export function unwrap(node: Node): Node {
  let inner = node;
  for (;;) {
    switch (inner.type) {
      case "TSAsExpression":
      case "TSSatisfiesExpression":
      case "TSNonNullExpression":
      case "TSTypeAssertion":
      case "TSInstantiationExpression":
      case "ParenthesizedExpression":
        inner = inner.expression;
        break;
      default:
        return inner;
    }
  }
}

/** The name a member expression asks for, where it is written down: `a.b` and `a["b"]` are the same. */
export function staticMember(node: Node): string | null {
  if (node.type !== "MemberExpression" && node.type !== "OptionalMemberExpression") return null;
  if (!node.computed) return node.property.type === "Identifier" ? node.property.name : null;
  return node.property.type === "StringLiteral" ? node.property.value : null;
}

/** `a.b.c` as root identifier and members, or `null` when it is something else. Optional chains are not followed. */
export function memberChain(node: Node): { readonly root: string; readonly path: readonly string[] } | null {
  const path: string[] = [];
  let inner = unwrap(node);
  while (inner.type === "MemberExpression") {
    const member = staticMember(inner);
    if (member === null) return null;
    path.unshift(member);
    inner = unwrap(inner.object);
  }
  return inner.type === "Identifier" ? { root: inner.name, path } : null;
}

/** A function or class that takes its `.name` from what it is assigned to. */
export function isAnonymousFunction(node: Node | null | undefined): boolean {
  if (!node) return false;
  const inner = unwrap(node);
  switch (inner.type) {
    case "ArrowFunctionExpression":
      return true;
    case "FunctionExpression":
    case "ClassExpression":
      return !inner.id;
    default:
      return false;
  }
}

/** A declaration that leaves nothing behind when types are erased. */
export function isErased(node: Node): boolean {
  switch (node.type) {
    case "TSInterfaceDeclaration":
    case "TSTypeAliasDeclaration":
    case "TSDeclareFunction":
    case "TSDeclareMethod":
    case "TSIndexSignature":
    case "TSNamespaceExportDeclaration":
    case "EmptyStatement":
      return true;
    case "VariableDeclaration":
    case "ClassDeclaration":
    case "TSEnumDeclaration":
      return node.declare === true;
    case "ClassProperty":
    case "ClassAccessorProperty":
      return ("declare" in node && node.declare === true) || ("abstract" in node && node.abstract === true);
    case "TSModuleDeclaration":
      return node.declare === true || node.id.type === "StringLiteral" || !isInstantiated(node.body);
    case "TSImportEqualsDeclaration":
      return node.importKind === "type";
    case "ExportNamedDeclaration":
      return node.exportKind === "type" || (node.declaration ? isErased(node.declaration) : false);
    default:
      return false;
  }
}

/** A namespace of types only does not exist when the code runs. */
function isInstantiated(body: Node): boolean {
  if (body.type === "TSModuleDeclaration") return !isErased(body);
  return body.type === "TSModuleBlock" && body.body.some((statement) => !isErased(statement));
}
