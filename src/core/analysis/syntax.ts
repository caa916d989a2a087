/** Small questions about Babel's syntax tree. */
import type { Node } from "@babel/types";
import type { Span } from "./file-summary.js";

export function spanOf(node: Node): Span {
  const { loc } = node;
  if (!loc) return [1, 1, 1, 1];
  return [loc.start.line, loc.start.column + 1, loc.end.line, loc.end.column + 1];
}

/** The text of a piece of code, line ends normalised. */
export function sourceOf({ start, end }: Node, text: string): string {
  return text.slice(start ?? 0, end ?? 0).replace(/\r\n?/g, "\n");
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

/** Text of a string literal or a template without parts. */
export function literalText(node: Node): string | null {
  if (node.type === "StringLiteral") return node.value;
  if (node.type === "TemplateLiteral" && node.expressions.length === 0) return node.quasis[0]?.value.cooked ?? null;
  return null;
}

/** What a call calls; compilers write `(0, restage_1.stage)(…)` to leave out `this`. */
export function calleeChain(callee: Node): ReturnType<typeof memberChain> {
  const inner = unwrap(callee);
  const last = inner.type === "SequenceExpression" ? inner.expressions.at(-1) : null;
  const plain = inner.type === "SequenceExpression" && inner.expressions[0]?.type === "NumericLiteral";
  return memberChain(plain && last ? last : inner);
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

export function isFunctionOrClass(node: Node): boolean {
  return /^(?:ArrowFunction|Function|Class)Expression$/.test(node.type);
}

/** The only statement of a block that could as well stand without braces; the node itself otherwise. */
export function withoutBraces(node: Node): Node {
  if (node.type !== "BlockStatement" || node.directives.length > 0) return node;
  const statements = node.body.filter((statement) => !isErased(statement));
  const [only] = statements;
  if (!only || statements.length > 1) return node;
  switch (only.type) {
    case "VariableDeclaration":
      return only.kind === "var" ? only : node;
    case "FunctionDeclaration":
    case "ClassDeclaration":
    case "TSEnumDeclaration":
    case "TSModuleDeclaration":
    case "TSImportEqualsDeclaration":
    case "LabeledStatement":
      return node;
    default:
      return withoutBraces(only);
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
