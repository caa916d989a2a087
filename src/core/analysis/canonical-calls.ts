/** Canonical form of calls, `new` and member access, and what they say about the module: loads, writes, stage calls. */
import type { Node } from "@babel/types";
import { assetOf, emitLoad } from "./canonical-loads.js";
import type { Callee, Seen } from "./file-summary.js";
import { freshnessOf, mutationOf, noteCallMutation, noteContained, noteNameWritten } from "./mutation.js";
import { isFunctionOrClass, memberChain, sourceOf, spanOf, staticMember, unwrap } from "./syntax.js";
import { noteRead, noteWorker } from "./undeclared-reads.js";
import { seenThrough, type Walk } from "./walk.js";

type MemberNode = Extract<Node, { type: "MemberExpression" | "OptionalMemberExpression" }>;

export function emitMember(walk: Walk, node: MemberNode, seen: Seen = "value"): void {
  const chain = memberChain(node);
  if (chain && !walk.isLocal(chain.root)) {
    walk.name(chain.root, chain.path, node, seen);
    return;
  }
  const member = staticMember(node);
  if (member === "constructor" && isFunctionOrClass(unwrap(node.object))) walk.flag("new Function", node);
  walk.open(node.type === "OptionalMemberExpression" && node.optional ? "?." : node.type);
  if (chain && chain.path.length === 1) walk.name(chain.root, [], node, seenThrough(chain.path, seen));
  else if (member === "toString") emitPrinted(walk, node.object);
  else walk.emit(node.object);
  if (member !== null) walk.text(member);
  else {
    walk.word(node.computed ? "[]" : ".");
    walk.emit(node.property);
  }
  walk.put(")");
}

/** What is called: a function that is only ever called shows nothing of its name. */
export function emitCallee(walk: Walk, callee: Node): void {
  const inner = unwrap(callee);
  if (inner.type === "Identifier") walk.name(inner.name, [], inner, "call");
  else if (inner.type === "MemberExpression") emitMember(walk, inner, "call");
  else walk.emit(callee);
}

/** A value that is turned into text: of a function, that is its source. */
export function emitPrinted(walk: Walk, node: Node): void {
  const value = unwrap(node);
  if (value.type === "Identifier") walk.name(value.name, [], value, "text");
  else if (value.type === "MemberExpression") emitMember(walk, value, "text");
  else walk.emit(node);
  if (isFunctionOrClass(value)) walk.text(sourceOf(value, walk.module.text));
}

export function emitCall(walk: Walk, node: Extract<Node, { type: "CallExpression" }>): void {
  walk.act();
  if (emitLoad(walk, node)) return;
  const callee = unwrap(node.callee);
  const chain = memberChain(callee);
  if (chain) noteNestedCall(walk, node, chain.root, chain.path);
  noteRead(walk, node);
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
  noteContained(walk, callee, node.arguments);
  walk.open("Call");
  emitCallee(walk, node.callee);
  walk.put("[");
  const seen = seenByCallee(walk, callee);
  for (const argument of node.arguments) {
    const value = unwrap(argument);
    if (seen === "text") emitPrinted(walk, argument);
    else if (seen === "call" && value.type === "Identifier") walk.name(value.name, [], value, "call");
    else walk.emit(argument);
  }
  walk.put("])");
}

/** Methods of arrays and promises call what they are given, and look at nothing else of it. */
const CALLING =
  /^(?:map|filter|forEach|some|every|find(?:Last)?(?:Index)?|flatMap|reduce(?:Right)?|sort|toSorted|then|catch|finally)$/;

function seenByCallee(walk: Walk, callee: Node): Seen {
  if (callee.type === "Identifier" && callee.name === "String" && walk.isGlobal("String")) return "text";
  if (!CALLING.test(staticMember(callee) ?? "")) return "value";
  // An object of the project may have a method of that name and look at what it is given.
  const chain = memberChain(callee);
  return chain && walk.isModules(chain.root) ? "value" : "call";
}

export function noteNestedCall(walk: Walk, node: Node, root: string, path: readonly string[]): void {
  if (node === walk.own || walk.isLocal(root)) return;
  const imported = walk.module.imported.get(root);
  if (imported === undefined || (path.at(-1) ?? imported.imported) !== "stage") return;
  const callee: Callee = { name: root, path };
  walk.nestedCalls.push({ callee, name: walk.nearestName, at: spanOf(node) });
}

export function emitNew(walk: Walk, node: Extract<Node, { type: "NewExpression" }>): void {
  walk.act();
  const callee = unwrap(node.callee);
  if (callee.type === "Identifier" && walk.isGlobal(callee.name)) {
    const asset = assetOf(node);
    if (asset !== null) {
      walk.put(`A${walk.references.add({ to: "asset", specifier: asset, at: spanOf(node) })},`);
      return;
    }
  }
  noteWorker(walk, node);
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
      noteNameAssigned(walk, inner.name);
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

function noteNameAssigned(walk: Walk, name: string): void {
  const local = walk.local(name);
  if (local) walk.captures.noteWrite(local);
  else walk.mutate("outer");
}
