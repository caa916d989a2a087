/**
 * The canonical text of a stage's run function. It speaks of inputs by their names, whether the function takes them as
 * members of one object or as parameters in some order, so that a stage keeps its key when it changes from one form to the
 * other. Where the function could tell the difference (`this`, `arguments`, inputs that are not taken apart by name), the
 * text is that of the function as it stands.
 */
import type { Node } from "@babel/types";
import { emitCallee } from "./canonical-calls.js";
import { emitRunFunction } from "./canonical-declarations.js";
import { walkWith } from "./canonical-walk.js";
import { childrenOf } from "./child-nodes.js";
import { isContextName } from "../plain-form/context-parameter.js";
import type { UnitItem } from "./module-items.js";
import { unwrap } from "./syntax.js";
import type { ModuleNames, Walked } from "./walk.js";

export type RunNode = Extract<Node, { type: "FunctionDeclaration" | "FunctionExpression" | "ArrowFunctionExpression" }>;

/** A function of `stage(inputs, run)`, or whatever stands in its place. */
export function walkWrappedRun(run: Node, module: ModuleNames, unitName: string): Walked {
  const node = unwrap(run);
  const words = isRunNode(node) && !observesItself(node) ? wrappedWords(node) : null;
  // It is called, and nothing else of it is seen.
  if (!words || !isRunNode(node)) return walkWith(module, unitName, (walk) => emitCallee(walk, run));
  return walkWith(module, unitName, (walk) => emitRunFunction(walk, node, words));
}

/** A function with a `@stage` comment. */
export function walkPlainRun(node: RunNode, module: ModuleNames, unitName: string): Walked {
  const words = observesItself(node) ? null : plainWords(node);
  return walkWith(module, unitName, (walk) => {
    if (words) {
      emitRunFunction(walk, node, words);
      return;
    }
    // Inputs are bound by position here, so their names in order belong to what the function does.
    walk.open("Plain");
    for (const param of runParameters(node)) walk.text(param.type === "Identifier" ? param.name : "");
    walk.emit(node);
    walk.put(")");
  });
}

export function isRunNode(node: Node): node is RunNode {
  return (
    node.type === "FunctionDeclaration" || node.type === "FunctionExpression" || node.type === "ArrowFunctionExpression"
  );
}

/** The function a unit stands for, if it is written there. */
export function runNodeOf(item: Pick<UnitItem, "node" | "value">): RunNode | null {
  const node = item.value ?? item.node;
  return isRunNode(node) ? node : null;
}

/** The parameters there are when it runs: without TypeScript's `this`. */
export function runParameters(node: RunNode): readonly Node[] {
  return node.params.filter((param) => !(param.type === "Identifier" && param.name === "this"));
}

/** Names of an object pattern that takes members apart and nothing else: local name to member, each once. */
export function plainPattern(node: Node | undefined): ReadonlyMap<string, string> | null {
  if (node?.type !== "ObjectPattern") return null;
  const members = new Map<string, string>();
  for (const property of node.properties) {
    if (property.type !== "ObjectProperty" || property.computed || property.value.type !== "Identifier") return null;
    const { key } = property;
    const member = key.type === "Identifier" ? key.name : key.type === "StringLiteral" ? key.value : null;
    if (member === null || members.has(property.value.name) || [...members.values()].includes(member)) return null;
    members.set(property.value.name, member);
  }
  return members;
}

const CONTEXT_WORD = "X";

function wrappedWords(node: RunNode): ReadonlyMap<string, string> | null {
  const [inputs, context, ...more] = runParameters(node);
  if (more.length > 0) return null;
  const words = new Map<string, string>();
  if (inputs) {
    const members = plainPattern(inputs);
    if (!members) return null;
    for (const [local, member] of members) words.set(local, inputWord(member));
  }
  return !context || addContext(words, context) ? words : null;
}

function plainWords(node: RunNode): ReadonlyMap<string, string> | null {
  const words = new Map<string, string>();
  const params = runParameters(node);
  for (const [index, param] of params.entries()) {
    const isLast = index === params.length - 1;
    if (param.type === "Identifier" && !(isLast && isContextName(param.name))) {
      words.set(param.name, inputWord(param.name));
    } else if (!isLast || !addContext(words, param)) return null;
  }
  return words;
}

function addContext(words: Map<string, string>, param: Node): boolean {
  if (param.type === "Identifier") {
    words.set(param.name, CONTEXT_WORD);
    return true;
  }
  const members = plainPattern(param);
  for (const [local, member] of members ?? []) words.set(local, `${CONTEXT_WORD}.${JSON.stringify(member)}`);
  return members !== null;
}

function inputWord(name: string): string {
  return `I${JSON.stringify(name)}`;
}

/** Whether the function may see how it was written or called: then its two forms are not the same. */
function observesItself(node: RunNode): boolean {
  const ownName = node.type === "FunctionExpression" ? (node.id?.name ?? null) : null;
  return node.params.some((param) => observes(param, ownName)) || observes(node.body, ownName);
}

function observes(node: Node, ownName: string | null): boolean {
  const pending: { readonly node: Node; readonly ownThis: boolean }[] = [{ node, ownThis: true }];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { node: current, ownThis } = next;
    if (current.type === "Identifier" && current.name === ownName) return true;
    if (ownThis) {
      if (current.type === "ThisExpression" || current.type === "Super") return true;
      if (current.type === "Identifier" && current.name === "arguments") return true;
      if (current.type === "MetaProperty" && current.meta.name === "new") return true;
    }
    // Inside functions and classes `this` is theirs, but not in their computed names and decorators.
    const hasThis =
      current.type !== "ArrowFunctionExpression" &&
      /Function|Method|^Class.*Property$|^StaticBlock$/.test(current.type);
    for (const [field, child] of childrenOf(current)) {
      pending.push({ node: child, ownThis: ownThis && (!hasThis || field === "key" || field === "decorators") });
    }
  }
  return false;
}
