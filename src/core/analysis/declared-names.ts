/**
 * Which names a piece of syntax declares, and where they are visible: `var` up to the function, the rest in its block.
 * Wrong answers here make a helper look like a local, or a local like a helper, and so a stage falsely fresh.
 */
import type { Identifier, Node } from "@babel/types";
import { isErased } from "./syntax.js";

/** Identifiers in binding position of a pattern, in source order. */
export function patternIdentifiers(pattern: Node | null | undefined): Identifier[] {
  const found: Identifier[] = [];
  if (pattern) collect(pattern, found);
  return found;
}

/** Names declared directly in a block: `let`, `const`, `using`, classes, functions, enums, namespaces, import aliases. */
export function lexicalNames(statements: readonly Node[]): string[] {
  const names: string[] = [];
  for (const statement of statements) {
    const node = exportedDeclaration(statement);
    if (isErased(node)) continue;
    switch (node.type) {
      case "VariableDeclaration":
        if (node.kind !== "var") names.push(...declaredNames(node));
        break;
      case "FunctionDeclaration":
      case "ClassDeclaration":
      case "TSEnumDeclaration":
      case "TSImportEqualsDeclaration":
      case "TSModuleDeclaration":
        names.push(...declaredNames(node));
        break;
      case "LabeledStatement":
        names.push(...lexicalNames([node.body]));
        break;
      default:
        break;
    }
  }
  return names;
}

/** Names a single declaration introduces. */
export function declaredNames(node: Node): string[] {
  switch (node.type) {
    case "VariableDeclaration":
      return node.declarations.flatMap((declarator) => patternIdentifiers(declarator.id).map((id) => id.name));
    case "FunctionDeclaration":
    case "ClassDeclaration":
      return node.id ? [node.id.name] : [];
    case "TSEnumDeclaration":
    case "TSImportEqualsDeclaration":
      return [node.id.name];
    case "TSModuleDeclaration":
      return node.id.type === "Identifier" ? [node.id.name] : [];
    default:
      return [];
  }
}

/** `var` names of a function's body (or a module), from nested blocks too, not from nested functions. */
export function hoistedNames(node: Node | null | undefined): string[] {
  if (!node) return [];
  switch (node.type) {
    case "VariableDeclaration":
      return node.kind === "var" && node.declare !== true ? declaredNames(node) : [];
    case "BlockStatement":
      return node.body.flatMap(hoistedNames);
    case "IfStatement":
      return [...hoistedNames(node.consequent), ...hoistedNames(node.alternate)];
    case "ForStatement":
      return [...hoistedNames(node.init), ...hoistedNames(node.body)];
    case "ForInStatement":
    case "ForOfStatement":
      return [...hoistedNames(node.left), ...hoistedNames(node.body)];
    case "WhileStatement":
    case "DoWhileStatement":
    case "LabeledStatement":
    case "WithStatement":
      return hoistedNames(node.body);
    case "TryStatement":
      return [...hoistedNames(node.block), ...hoistedNames(node.handler?.body), ...hoistedNames(node.finalizer)];
    case "SwitchStatement":
      return node.cases.flatMap((branch) => branch.consequent.flatMap(hoistedNames));
    case "ExportNamedDeclaration":
      return hoistedNames(node.declaration);
    default:
      return [];
  }
}

/** `export const x` inside a namespace declares `x` like `const x`. */
export function exportedDeclaration(statement: Node): Node {
  return statement.type === "ExportNamedDeclaration" && statement.declaration ? statement.declaration : statement;
}

function collect(node: Node, found: Identifier[]): void {
  switch (node.type) {
    case "Identifier":
      found.push(node);
      break;
    case "ObjectPattern":
      for (const property of node.properties) collect(property, found);
      break;
    case "ObjectProperty":
      collect(node.value, found);
      break;
    case "ArrayPattern":
      for (const element of node.elements) if (element) collect(element, found);
      break;
    case "AssignmentPattern":
      collect(node.left, found);
      break;
    case "RestElement":
      collect(node.argument, found);
      break;
    case "TSParameterProperty":
      collect(node.parameter, found);
      break;
    default:
      break;
  }
}
