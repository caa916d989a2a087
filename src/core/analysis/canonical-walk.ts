/**
 * One walk over a unit gives its canonical text and what it refers to. The text holds everything that decides what the
 * code does and nothing else: literals by value, locals as numbers in the order they are met, outside names as positions
 * in the list of references. Two texts are equal only if the units do the same given the same references.
 */
import type { Node } from "@babel/types";
import { emitCall, emitCallee, emitMember, emitNew, emitPrinted, noteWrite } from "./canonical-calls.js";
import {
  emitClass,
  emitClassField,
  emitDeclarator,
  emitElementFactory,
  emitEnum,
  emitFunction,
  emitJsx,
  emitNamed,
  emitNamespace,
  emitProperty,
} from "./canonical-declarations.js";
import { CANONICAL_FIELDS } from "./canonical-fields.js";
import { hoistedNames, lexicalNames, patternIdentifiers } from "./declared-names.js";
import { cleanJsxText } from "./jsx-text.js";
import { freshnessOf, noteCallMutation } from "./mutation.js";
import { isErased, literalText, withoutBraces } from "./syntax.js";
import { Walk, type ModuleNames, type Walked } from "./walk.js";

const NOTHING: ReadonlySet<string> = new Set();

/** Walks a unit. `own` is a call that is the unit's own stage call and therefore not a nested one. */
export function walkUnit(
  node: Node,
  module: ModuleNames,
  { own, unitName, unnamed }: { own: Node | null; unitName: string; unnamed: ReadonlySet<string> },
): Walked {
  const walk = new Walk({ module, own, unitName, unnamed, emit });
  walk.emit(node);
  return walk.result();
}

/** The same of code whose outermost syntax the caller writes. */
export function walkWith(module: ModuleNames, unitName: string, write: (walk: Walk) => void): Walked {
  const walk = new Walk({ module, own: null, unitName, unnamed: NOTHING, emit });
  write(walk);
  return walk.result();
}

/** Syntax the canonical form has no rule for. Caught where the file is summarised. */
export class UnknownSyntax extends Error {
  readonly node: Node;

  constructor(node: Node) {
    super(`Restage does not know the syntax ${node.type} yet.`);
    this.node = node;
  }
}

function emit(walk: Walk, node: Node | null | undefined): void {
  if (!node) {
    walk.put("-,");
    return;
  }
  if (isErased(node)) return;
  switch (node.type) {
    case "TSAsExpression":
    case "TSSatisfiesExpression":
    case "TSNonNullExpression":
    case "TSTypeAssertion":
    case "TSInstantiationExpression":
    case "ParenthesizedExpression":
      walk.emit(node.expression);
      return;
    case "Identifier":
    case "JSXIdentifier":
      walk.name(node.name, [], node);
      return;
    case "StringLiteral":
    case "DirectiveLiteral":
      walk.text(node.value);
      return;
    case "TemplateLiteral":
      emitTemplate(walk, node);
      return;
    case "NumericLiteral":
      walk.word(`#${node.value}`);
      return;
    case "BooleanLiteral":
      walk.word(node.value ? "true" : "false");
      return;
    case "BigIntLiteral":
      walk.word(`${BigInt(node.value)}n`);
      return;
    case "MemberExpression":
    case "OptionalMemberExpression":
      emitMember(walk, node);
      return;
    case "CallExpression":
      emitCall(walk, node);
      return;
    case "VariableDeclaration":
      for (const declarator of node.declarations) {
        walk.open("VariableDeclaration");
        // `let` and `const` differ only where a `const` is assigned, which fails.
        walk.word(node.kind === "let" ? "const" : node.kind);
        walk.emit(declarator);
        walk.put(")");
      }
      return;
    default:
      walk.open(node.type);
      emitCompound(walk, node);
      walk.put(")");
  }
}

function emitCompound(walk: Walk, node: Node): void {
  switch (node.type) {
    case "FunctionDeclaration":
    case "FunctionExpression":
    case "ArrowFunctionExpression":
    case "ObjectMethod":
    case "ClassMethod":
    case "ClassPrivateMethod":
      emitFunction(walk, node);
      return;
    case "ClassDeclaration":
    case "ClassExpression":
      emitClass(walk, node);
      return;
    case "ClassProperty":
    case "ClassPrivateProperty":
    case "ClassAccessorProperty":
      emitClassField(walk, node);
      return;
    case "BlockStatement":
      walk.inScope(lexicalNames(node.body), () => {
        walk.list(node.directives);
        walk.list(node.body);
      });
      return;
    case "StaticBlock":
      walk.inScope([...lexicalNames(node.body), ...node.body.flatMap(hoistedNames)], () => walk.list(node.body));
      return;
    case "Directive":
      walk.text(node.value.value);
      return;
    case "VariableDeclarator":
      emitDeclarator(walk, node);
      return;
    case "IfStatement":
      walk.emit(node.test);
      walk.emit(withoutBraces(node.consequent));
      walk.emit(node.alternate ? withoutBraces(node.alternate) : null);
      return;
    case "WhileStatement":
      walk.emit(node.test);
      walk.emit(withoutBraces(node.body));
      return;
    case "DoWhileStatement":
      walk.emit(withoutBraces(node.body));
      walk.emit(node.test);
      return;
    case "ForStatement":
      walk.inScope(lexicalNames(node.init ? [node.init] : []), () => {
        walk.emit(node.init);
        walk.emit(node.test);
        walk.emit(node.update);
        walk.emit(withoutBraces(node.body));
      });
      return;
    case "ForInStatement":
    case "ForOfStatement":
      walk.inScope(lexicalNames([node.left]), () => {
        if (node.type === "ForOfStatement" && node.await) walk.word("await");
        if (node.left.type !== "VariableDeclaration") noteWrite(walk, node.left);
        walk.emit(node.left);
        walk.emit(node.right);
        walk.emit(withoutBraces(node.body));
      });
      return;
    case "CatchClause":
      walk.inScope(
        patternIdentifiers(node.param).map((id) => id.name),
        () => {
          walk.binding(node.param);
          walk.emit(node.body);
        },
      );
      return;
    case "SwitchStatement":
      walk.emit(node.discriminant);
      walk.inScope(lexicalNames(node.cases.flatMap((branch) => branch.consequent)), () => walk.list(node.cases));
      return;
    case "LabeledStatement":
      walk.labels.push(node.label.name);
      walk.emit(node.body);
      walk.labels.pop();
      return;
    case "BreakStatement":
    case "ContinueStatement":
      // How far out, whatever the label is called.
      walk.word(node.label ? String(walk.labels.length - walk.labels.lastIndexOf(node.label.name)) : "");
      return;
    case "AssignmentExpression":
      walk.act();
      walk.word(node.operator);
      noteWrite(walk, node.left);
      if (node.left.type === "Identifier" && node.operator === "=") {
        walk.noteFresh(node.left.name, freshnessOf(walk, node.right));
      }
      if (node.left.type === "Identifier") walk.name(node.left.name, [], node.left, "call");
      else walk.emit(node.left);
      emitNamed(walk, node.left, node.right);
      return;
    case "AssignmentPattern":
      walk.emit(node.left);
      emitNamed(walk, node.left, node.right);
      return;
    case "UpdateExpression":
      walk.act();
      walk.word(`${node.operator}${node.prefix}`);
      noteWrite(walk, node.argument);
      walk.emit(node.argument);
      return;
    case "UnaryExpression":
      walk.word(node.operator);
      if (node.operator === "typeof" && node.argument.type === "Identifier" && walk.isGlobal(node.argument.name)) {
        walk.put(`G${JSON.stringify(node.argument.name)},`);
        return;
      }
      if (node.operator === "delete") {
        walk.act();
        noteWrite(walk, node.argument);
      }
      walk.emit(node.argument);
      return;
    case "ObjectProperty":
      emitProperty(walk, node);
      return;
    case "TaggedTemplateExpression":
      // A tag can see the raw text.
      walk.act();
      emitCallee(walk, node.tag);
      for (const quasi of node.quasi.quasis) walk.text(quasi.value.raw.replace(/\r\n?/g, "\n"));
      walk.list(node.quasi.expressions);
      return;
    case "NewExpression":
      emitNew(walk, node);
      return;
    case "BinaryExpression":
      walk.word(node.operator);
      if (node.operator === "+") {
        emitPrinted(walk, node.left);
        emitPrinted(walk, node.right);
        return;
      }
      walk.emit(node.left);
      if (node.operator === "instanceof" && node.right.type === "Identifier" && walk.isGlobal(node.right.name)) {
        walk.put(`G${JSON.stringify(node.right.name)},`);
      } else walk.emit(node.right);
      return;
    case "RegExpLiteral":
      walk.text(node.pattern);
      walk.text(node.flags);
      // It remembers where it was.
      if (/[gy]/.test(node.flags)) walk.mutate("this");
      return;
    case "MetaProperty":
      walk.text(`${node.meta.name}.${node.property.name}`);
      return;
    case "PrivateName":
      walk.text(`#${node.id.name}`);
      return;
    case "JSXElement":
      emitJsx(walk, node);
      return;
    case "JSXText":
      walk.text(cleanJsxText(node.value));
      return;
    case "JSXEmptyExpression":
      return;
    case "JSXNamespacedName":
      walk.text(`${node.namespace.name}:${node.name.name}`);
      return;
    case "JSXMemberExpression":
      walk.emit(node.object);
      walk.text(node.property.name);
      return;
    case "TSEnumDeclaration":
      emitEnum(walk, node);
      return;
    case "TSModuleDeclaration":
      emitNamespace(walk, node);
      return;
    case "JSXFragment":
      emitElementFactory(walk, node);
      walk.list(node.children.filter((child) => child.type !== "JSXText" || cleanJsxText(child.value) !== ""));
      return;
    case "TSParameterProperty":
      walk.configured.add("fields");
      // The parameter's name is also the property's.
      walk.text(patternIdentifiers(node.parameter)[0]?.name ?? "");
      walk.binding(node.parameter);
      return;
    case "ExportNamedDeclaration":
      // Only inside namespaces; a module's exports are not code.
      if (node.declaration) walk.emit(node.declaration);
      return;
    case "TSImportEqualsDeclaration":
      walk.binding(node.id);
      walk.emit(node.moduleReference);
      return;
    case "TSQualifiedName":
      walk.emit(node.left);
      walk.text(node.right.name);
      return;
    default:
      emitFields(walk, node);
  }
}

function emitFields(walk: Walk, node: Node): void {
  const fields = CANONICAL_FIELDS.get(node.type);
  if (!fields) throw new UnknownSyntax(node);
  if (node.type === "OptionalCallExpression" || node.type === "YieldExpression" || node.type === "AwaitExpression") {
    walk.act();
  }
  if (node.type === "OptionalCallExpression") noteCallMutation(walk, node.callee, node.arguments[0]);
  const parts = node as unknown as Readonly<Record<string, unknown>>;
  for (const field of fields) {
    const part = parts[field];
    if (Array.isArray(part)) walk.list(part as (Node | null)[]);
    else if (typeof part === "object" || part === undefined) walk.emit(part as Node | null | undefined);
    else walk.text(typeof part === "string" ? part : JSON.stringify(part));
  }
}

function emitTemplate(walk: Walk, node: Extract<Node, { type: "TemplateLiteral" }>): void {
  const literal = literalText(node);
  if (literal !== null) {
    walk.text(literal);
    return;
  }
  walk.open("Template");
  for (const quasi of node.quasis) walk.text(quasi.value.cooked ?? quasi.value.raw);
  for (const expression of node.expressions) emitPrinted(walk, expression);
  walk.put(")");
}
