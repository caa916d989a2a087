/** Canonical form of calls, `new` and member access, and what they say about the module: loads, writes, stage calls. */
import type { Node } from "@babel/types";
import type { Callee } from "./file-summary.js";
import { freshnessOf, mutationOf, noteCallMutation } from "./mutation.js";
import { memberChain, spanOf, staticMember, unwrap } from "./syntax.js";
import { untrackedCall, untrackedMember } from "./untracked.js";
import type { Walk } from "./walk.js";

export function emitMember(
  walk: Walk,
  node: Extract<Node, { type: "MemberExpression" | "OptionalMemberExpression" }>,
): void {
  const chain = memberChain(node);
  if (chain) {
    const untracked = walk.isGlobal(chain.root) ? untrackedMember(chain) : null;
    if (untracked !== null) walk.flag(untracked, node);
    if (!walk.isLocal(chain.root)) {
      walk.name(chain.root, chain.path, node);
      return;
    }
  }
  const member = staticMember(node);
  walk.open(node.type === "OptionalMemberExpression" && node.optional ? "?." : node.type);
  walk.emit(node.object);
  if (member !== null) walk.text(member);
  else {
    walk.word(node.computed ? "[]" : ".");
    walk.emit(node.property);
  }
  walk.put(")");
}

export function emitCall(walk: Walk, node: Extract<Node, { type: "CallExpression" }>): void {
  walk.act();
  const argument = node.arguments[0] ? unwrap(node.arguments[0]) : null;
  const literal = argument ? literalText(argument) : null;
  const callee = unwrap(node.callee);
  const isImport = callee.type === "Import";
  const isRequire = callee.type === "Identifier" && callee.name === "require" && walk.isGlobal("require");
  if (isImport || isRequire) {
    const how = isImport ? "import" : "require";
    if (literal === null) walk.flag(`computed ${how}()`, node);
    else {
      walk.put(`M${walk.references.add({ to: "module", specifier: literal, how, at: spanOf(node) })},`);
      return;
    }
  }
  const chain = memberChain(callee);
  if (chain) {
    const untracked = walk.isGlobal(chain.root) ? untrackedCall(chain) : null;
    if (untracked !== null) walk.flag(untracked, node);
    noteNestedCall(walk, node, chain.root, chain.path);
  }
  noteCallMutation(walk, node.callee, node.arguments[0]);
  const [callback, initial] = node.arguments;
  if (
    callback &&
    initial &&
    freshnessOf(walk, initial) === "whole" &&
    /^reduce(?:Right)?$/.test(staticMember(callee) ?? "")
  ) {
    walk.accumulators.add(unwrap(callback));
  }
  walk.open("Call");
  walk.emit(node.callee);
  walk.list(node.arguments);
  walk.put(")");
}

export function noteNestedCall(walk: Walk, node: Node, root: string, path: readonly string[]): void {
  if (node === walk.own || walk.isLocal(root)) return;
  const imported = walk.module.imported.get(root);
  if (imported === undefined || (path.at(-1) ?? imported) !== "stage") return;
  const callee: Callee = { name: root, path };
  walk.nestedCalls.push({ callee, name: walk.nearestName, at: spanOf(node) });
}

export function emitNew(walk: Walk, node: Extract<Node, { type: "NewExpression" }>): void {
  walk.act();
  const callee = unwrap(node.callee);
  if (callee.type === "Identifier" && walk.isGlobal(callee.name)) {
    if (callee.name === "Function") walk.flag("new Function", node);
    const [first, second] = node.arguments;
    const literal = first ? literalText(unwrap(first)) : null;
    const relative = second && isImportMetaUrl(unwrap(second)) && literal !== null && /^\.{1,2}\//.test(literal);
    if (callee.name === "URL" && relative) {
      walk.put(`A${walk.references.add({ to: "asset", specifier: literal, at: spanOf(node) })},`);
      return;
    }
  }
  walk.emit(node.callee);
  walk.list(node.arguments);
}

/** Notes that an assignment target belongs to the module, directly or through a member. */
export function noteWrite(walk: Walk, target: Node): void {
  const inner = unwrap(target);
  switch (inner.type) {
    case "MemberExpression":
    case "OptionalMemberExpression":
      walk.mutate(mutationOf(walk, inner.object));
      noteNameWritten(walk, inner.object);
      return;
    case "Identifier":
      walk.noteFresh(inner.name, "no");
      if (walk.isModules(inner.name)) walk.writes.add(inner.name);
      if (!walk.isLocal(inner.name)) walk.mutate("outer");
      return;
    case "ArrayPattern":
      for (const element of inner.elements) if (element) noteWrite(walk, element);
      return;
    case "ObjectPattern":
      for (const property of inner.properties) noteWrite(walk, property);
      return;
    case "ObjectProperty":
      noteWrite(walk, inner.value);
      return;
    case "AssignmentPattern":
      noteWrite(walk, inner.left);
      return;
    case "RestElement":
      noteWrite(walk, inner.argument);
      return;
    default:
  }
}

function noteNameWritten(walk: Walk, object: Node): void {
  let inner = unwrap(object);
  while (inner.type === "MemberExpression" || inner.type === "OptionalMemberExpression") inner = unwrap(inner.object);
  if (inner.type === "Identifier" && walk.isModules(inner.name)) walk.writes.add(inner.name);
}

/** Text of a string literal or a template without parts. */
export function literalText(node: Node): string | null {
  if (node.type === "StringLiteral") return node.value;
  if (node.type === "TemplateLiteral" && node.expressions.length === 0) return node.quasis[0]?.value.cooked ?? null;
  return null;
}

function isImportMetaUrl(node: Node): boolean {
  return staticMember(node) === "url" && node.type === "MemberExpression" && node.object.type === "MetaProperty";
}
