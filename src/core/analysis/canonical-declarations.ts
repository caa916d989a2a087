/** Canonical form of functions, classes, enums, namespaces and elements: whatever opens a scope of its own. */
import type { Node } from "@babel/types";
import { hoistedNames, lexicalNames, patternIdentifiers } from "./declared-names.js";
import { cleanJsxText } from "./jsx-text.js";
import { freshnessOf } from "./mutation.js";
import { isAnonymousFunction, isErased, spanOf, unwrap } from "./syntax.js";
import { isWritten } from "./undeclared-reads.js";
import type { Walk } from "./walk.js";

type FunctionNode = Extract<
  Node,
  {
    type:
      | "FunctionDeclaration"
      | "FunctionExpression"
      | "ArrowFunctionExpression"
      | "ObjectMethod"
      | "ClassMethod"
      | "ClassPrivateMethod";
  }
>;
type ClassNode = Extract<Node, { type: "ClassDeclaration" | "ClassExpression" }>;

export function emitDeclarator(walk: Walk, node: Extract<Node, { type: "VariableDeclarator" }>): void {
  const outer = walk.nearestName;
  if (node.id.type === "Identifier") {
    const { name } = node.id;
    if (!walk.isLocal(name) && walk.module.requirers.has(name)) {
      walk.word("createRequire");
      return;
    }
    walk.nearestName = name;
    if (node.init) walk.noteFresh(name, freshnessOf(walk, node.init));
    const local = walk.local(name);
    if (local && node.init) local.written = isWritten(walk, node.init);
    if (local) walk.captures.contain(node.init, local);
  }
  walk.binding(node.id);
  // Of a top-level function the name counts where it is seen, with the reference.
  if (node.id.type === "Identifier" && !walk.isLocal(node.id.name) && functionNameOf(node) !== null) {
    walk.emit(node.init);
  } else emitNamed(walk, node.id, node.init);
  walk.nearestName = outer;
}

/** The `.name` of the function that a top-level declaration declares; instances show that of their class, so it stays in. */
export function functionNameOf(node: Node): string | null {
  if (node.type === "FunctionDeclaration") return node.id?.name ?? "default";
  if (node.type !== "VariableDeclarator" || node.id.type !== "Identifier" || !node.init) return null;
  return isAnonymousFunction(node.init) && unwrap(node.init).type !== "ClassExpression" ? node.id.name : null;
}

/** A value that takes its `.name` from the variable it is given to: the name can be observed, so it counts. */
export function emitNamed(walk: Walk, target: Node, value: Node | null | undefined): void {
  if (target.type === "Identifier" && value && isAnonymousFunction(value)) {
    const local = walk.local(target.name);
    const inner = unwrap(value);
    if (local && inner.type !== "ClassExpression") walk.naming(local, target.name, inner);
    else walk.text(target.name);
  }
  walk.emit(value);
}

export function emitKey(walk: Walk, node: { readonly key: Node; readonly computed?: boolean | null }): void {
  const { key } = node;
  if (node.computed === true) {
    walk.word("[]");
    walk.emit(key);
  } else if (key.type === "Identifier") walk.text(key.name);
  else if (key.type === "StringLiteral" || key.type === "NumericLiteral") walk.text(String(key.value));
  else walk.emit(key);
}

export function emitProperty(walk: Walk, node: Extract<Node, { type: "ObjectProperty" }>): void {
  emitKey(walk, node);
  // `{ __proto__: x }` sets the prototype, `{ __proto__ }` makes a property.
  if (node.shorthand && node.key.type === "Identifier" && node.key.name === "__proto__") walk.word("shorthand");
  walk.emit(node.value);
}

export function emitFunction(walk: Walk, node: FunctionNode): void {
  const method = node.type === "ObjectMethod" || node.type === "ClassMethod" || node.type === "ClassPrivateMethod";
  walk.word(`${node.async === true ? "async" : ""}${node.generator === true ? "*" : ""}`);
  if (method) {
    walk.word(`${node.kind}${"static" in node && node.static ? " static" : ""}`);
    emitDecorators(walk, node);
    emitKey(walk, node);
  }
  if (node.type === "FunctionDeclaration") {
    emitFunctionName(walk, node);
    const local = node.id ? walk.local(node.id.name) : null;
    if (local) walk.captures.contain(node, local);
  }
  const isNamed = node.type === "FunctionExpression" && node.id;
  walk.inScope(isNamed ? [isNamed.name] : [], () => {
    if (isNamed) emitDeclaredName(walk, isNamed);
    const outer = walk.constructing;
    // Arrow functions and the functions inside a constructor that are not arrows differ: only arrows keep its `this`.
    if (node.type !== "ArrowFunctionExpression") walk.constructing = method && node.kind === "constructor";
    const reading = method && runsWhenRead(node) ? 1 : 0;
    walk.readingDepth += reading;
    walk.functionDepth++;
    walk.captures.inFunction(node, walk.functionDepth, () => emitFunctionBody(walk, node));
    walk.functionDepth--;
    walk.readingDepth -= reading;
    walk.constructing = outer;
  });
}

/** Getters, and methods that the language calls by itself. */
function runsWhenRead(node: Extract<FunctionNode, { key: Node }>): boolean {
  if (node.kind === "get" || node.computed === true) return true;
  const { key } = node;
  return key.type === "Identifier" && /^(?:toString|valueOf|toJSON)$/.test(key.name);
}

export function emitFunctionBody(walk: Walk, node: FunctionNode): void {
  const params = node.params.filter((param) => !(param.type === "Identifier" && param.name === "this"));
  // The first parameter of a callback of `reduce` holds what the callbacks before it made.
  const isAccumulator = walk.accumulators.delete(node);
  const names = params.flatMap((param) => patternIdentifiers(param).map((id) => id.name));
  walk.inScope(names, () => {
    walk.put("[");
    if (isAccumulator) for (const name of patternIdentifiers(params[0])) walk.noteFresh(name.name, "whole");
    for (const param of params) {
      if ("decorators" in param) emitDecorators(walk, param);
      walk.binding(param);
    }
    walk.put("]");
    const { body } = node;
    const returned =
      node.type === "ArrowFunctionExpression" && body.type === "BlockStatement" ? onlyReturned(body) : null;
    if (returned) walk.emit(returned);
    else if (body.type === "BlockStatement") emitBlockBody(walk, body, names);
    else walk.emit(body);
  });
}

function emitBlockBody(
  walk: Walk,
  block: Extract<Node, { type: "BlockStatement" }>,
  parameters: readonly string[],
): void {
  const { body, directives } = block;
  // A default value does not see the body's names, and `var a` of a parameter `a` is the parameter.
  const own = [...lexicalNames(body), ...hoistedNames(block)].filter((name) => !parameters.includes(name));
  const shadowing = lexicalNames(body.filter((statement) => statement.type === "FunctionDeclaration"));
  walk.inScope([...own, ...shadowing.filter((name) => parameters.includes(name))], () => {
    walk.list(directives);
    walk.list(body);
  });
}

/** A run function in the form that both forms of a stage share: its parameters are written as `words`. */
export function emitRunFunction(
  walk: Walk,
  node: Extract<Node, { type: "FunctionDeclaration" | "FunctionExpression" | "ArrowFunctionExpression" }>,
  words: ReadonlyMap<string, string>,
): void {
  walk.open("Run");
  walk.word(`${node.async ? "async" : ""}${node.generator === true ? "*" : ""}`);
  const { body } = node;
  const names = [...words.keys()];
  walk.functionDepth++;
  walk.inScope(
    names,
    () => {
      if (body.type === "BlockStatement") emitBlockBody(walk, body, names);
      else {
        walk.put("[][");
        walk.open("ReturnStatement");
        walk.emit(body);
        walk.put(")]");
      }
    },
    (name) => words.get(name) ?? null,
  );
  walk.functionDepth--;
  walk.put(")");
}

/** `() => { return x; }` is `() => x`. */
function onlyReturned(body: Extract<Node, { type: "BlockStatement" }>): Node | null {
  const statements = body.body.filter((statement) => !isErased(statement));
  const [only] = statements;
  if (body.directives.length > 0 || statements.length !== 1 || only?.type !== "ReturnStatement") return null;
  return only.argument ?? null;
}

function emitFunctionName(walk: Walk, node: Extract<Node, { type: "FunctionDeclaration" }>): void {
  const local = node.id ? walk.local(node.id.name) : null;
  if (node.id && local) {
    walk.naming(local, node.id.name, node);
    walk.name(node.id.name, [], node.id, "call");
  }
}

/** Names of classes can be observed through what they make, so they stay, beside the number that links their uses. */
export function emitDeclaredName(walk: Walk, id: Node | null | undefined): void {
  if (id?.type !== "Identifier") {
    walk.word("-");
    return;
  }
  walk.text(id.name);
  if (!walk.isLocal(id.name)) return;
  walk.captures.contain(id);
  walk.emit(id);
}

export function emitClass(walk: Walk, node: ClassNode): void {
  emitDecorators(walk, node);
  if (node.decorators && node.decorators.length > 0) walk.act();
  if (node.type === "ClassDeclaration") emitDeclaredName(walk, node.id);
  walk.inScope(node.type === "ClassExpression" && node.id ? [node.id.name] : [], () => {
    if (node.type === "ClassExpression") emitDeclaredName(walk, node.id);
    walk.emit(node.superClass);
    walk.emit(node.body);
  });
}

export function emitClassField(
  walk: Walk,
  node: Extract<Node, { type: "ClassProperty" | "ClassPrivateProperty" | "ClassAccessorProperty" }>,
): void {
  walk.configured.add("fields");
  walk.word(node.static ? "static" : "");
  emitDecorators(walk, node);
  emitKey(walk, node.type === "ClassPrivateProperty" ? { key: node.key } : node);
  // An instance field runs when something is constructed, like a method's body.
  const deferred = node.static ? 0 : 1;
  walk.functionDepth += deferred;
  walk.emit(node.value);
  walk.functionDepth -= deferred;
}

export function emitDecorators(walk: Walk, node: { readonly decorators?: readonly Node[] | null }): void {
  if (!node.decorators || node.decorators.length === 0) return;
  walk.configured.add("decorators");
  walk.list(node.decorators);
}

export function emitEnum(walk: Walk, node: Extract<Node, { type: "TSEnumDeclaration" }>): void {
  emitDeclaredName(walk, node.id);
  const members = node.body?.members ?? node.members;
  const keys = members.map((member) => (member.id.type === "Identifier" ? member.id.name : member.id.value));
  walk.inScope(
    keys,
    () => {
      members.forEach((member, index) => {
        walk.text(keys[index] ?? "");
        walk.emit(member.initializer);
      });
    },
    keptName,
  );
}

export function emitNamespace(walk: Walk, node: Extract<Node, { type: "TSModuleDeclaration" }>): void {
  emitDeclaredName(walk, node.id);
  const { body } = node;
  if (body.type !== "TSModuleBlock") {
    walk.emit(body);
    return;
  }
  const names = [...lexicalNames(body.body), ...body.body.flatMap(hoistedNames)];
  walk.inScope(names, () => walk.list(body.body), keptName);
}

/** Members of enums and namespaces are properties: their names can be observed. */
function keptName(name: string): string {
  return `K${JSON.stringify(name)}`;
}

/** What makes elements is named in a comment or in the settings; by default it is `React.createElement`. */
export function emitElementFactory(walk: Walk, node: Node): void {
  walk.configured.add("jsx");
  for (const [name, value] of walk.module.pragmas) {
    walk.text(`@${name}`);
    const [root = "", ...path] = value.split(".");
    if (name === "jsx" || name === "jsxFrag") walk.name(root, path, node);
    else {
      walk.text(value);
      if (name === "jsxImportSource") {
        const specifier = `${value}/jsx-runtime`;
        walk.put(`M${walk.references.add({ to: "module", specifier, how: "import", at: spanOf(node) })},`);
      }
    }
  }
  if (walk.isModules("React")) walk.name("React", [], node);
}

export function emitJsx(walk: Walk, node: Extract<Node, { type: "JSXElement" }>): void {
  const { name, attributes } = node.openingElement;
  emitElementFactory(walk, node);
  if (name.type === "JSXIdentifier" && /^[a-z]|-/.test(name.name)) walk.text(name.name);
  else walk.emit(name);
  walk.put("[");
  for (const attribute of attributes) {
    if (attribute.type === "JSXAttribute" && attribute.name.type === "JSXIdentifier") {
      walk.text(attribute.name.name);
      walk.emit(attribute.value);
    } else walk.emit(attribute);
  }
  walk.put("]");
  walk.list(node.children.filter((child) => child.type !== "JSXText" || cleanJsxText(child.value) !== ""));
}
