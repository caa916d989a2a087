/**
 * Whether code changes something that outlives it: an object it was given, a member of the module, a global. Code that only
 * fills what it made itself does not. Initialisers that do this while a module loads belong to what the module's other
 * names are, even if nothing uses their own name: `export const users = register("users")`.
 */
import type { Node } from "@babel/types";
import { memberChain, staticMember, unwrap } from "./syntax.js";
import type { Walk } from "./walk.js";

const MUTATING = new Set(
  "push pop shift unshift splice sort reverse fill copyWithin set add delete clear append".split(" "),
);
/** Methods of built-in values that change nothing by themselves. */
const HARMLESS = new Set(
  (
    "map filter slice concat join flat flatMap find findIndex findLast findLastIndex some every includes indexOf lastIndexOf " +
    "reduce reduceRight forEach get has keys values entries at split trim trimStart trimEnd padStart padEnd replace " +
    "replaceAll match matchAll test exec toString toLowerCase toUpperCase startsWith endsWith charCodeAt codePointAt " +
    "substring substr repeat normalize localeCompare toFixed toISOString getTime then catch finally toSorted toReversed with"
  ).split(" "),
);
/** Built-in functions that change their first argument. */
const CHANGES_ARGUMENT =
  /^(?:Object\.(?:assign|definePropert(?:y|ies)|setPrototypeOf|freeze|seal|preventExtensions)|Reflect\.(?:set|defineProperty|deleteProperty|setPrototypeOf))$/;

function callName(chain: { readonly root: string; readonly path: readonly string[] }): string {
  return chain.root === "Object" ? [chain.root, ...chain.path].join(".") : chain.root;
}

export type Mutation = "outer" | "this" | null;

/** What changing this object through a member, or by a method, changes. */
export function mutationOf(walk: Walk, object: Node): Mutation {
  if (isFresh(walk, object)) return null;
  let inner = unwrap(object);
  while (inner.type === "MemberExpression" || inner.type === "OptionalMemberExpression") inner = unwrap(inner.object);
  return inner.type === "ThisExpression" || inner.type === "Super" ? "this" : "outer";
}

/** Notes what a call may change by its callee: methods that mutate, functions of `Object` and `Reflect`. */
export function noteCallMutation(walk: Walk, callee: Node, first: Node | undefined): void {
  const chain = memberChain(callee);
  if (chain && walk.isGlobal(chain.root)) {
    if (first && CHANGES_ARGUMENT.test([chain.root, ...chain.path].join("."))) walk.mutate(mutationOf(walk, first));
    if (chain.path.length < 2) return;
  }
  const member = unwrap(callee);
  if (member.type !== "MemberExpression" && member.type !== "OptionalMemberExpression") return;
  const name = staticMember(member);
  if (name !== null && HARMLESS.has(name)) return;
  const mutation = mutationOf(walk, member.object);
  if (mutation === null) return;
  if (name === null || MUTATING.has(name)) walk.mutate(mutation);
  else if (mutation === "outer") walk.invokesMethods = true;
}

/** A value made here: nothing else can hold it yet, so filling it changes nothing outside. */
export function isFresh(walk: Walk, node: Node | null | undefined): boolean {
  if (!node) return true;
  const value = unwrap(node);
  switch (value.type) {
    case "Identifier":
      return walk.isFreshLocal(value.name);
    case "ThisExpression":
      return walk.constructing;
    case "MemberExpression":
    case "OptionalMemberExpression":
      return isFresh(walk, value.object);
    case "CallExpression":
    case "OptionalCallExpression":
      return makesFresh(walk, value.callee);
    case "LogicalExpression":
      return isFresh(walk, value.left) && isFresh(walk, value.right);
    case "ConditionalExpression":
      return isFresh(walk, value.consequent) && isFresh(walk, value.alternate);
    case "AssignmentExpression":
      return isFresh(walk, value.right) && isFresh(walk, value.left);
    case "AwaitExpression":
      return isFresh(walk, value.argument);
    case "Super":
    case "MetaProperty":
    case "YieldExpression":
    case "SequenceExpression":
    case "TaggedTemplateExpression":
    case "Import":
      return false;
    default:
      return true;
  }
}

/** `Array.from(x)`, `rows.map(f)`, and any method of something fresh. */
function makesFresh(walk: Walk, callee: Node): boolean {
  const chain = memberChain(callee);
  if (chain && walk.isGlobal(chain.root)) return !/^(?:globalThis|global|Object\.assign)$/.test(callName(chain));
  const member = unwrap(callee);
  if (member.type !== "MemberExpression" && member.type !== "OptionalMemberExpression") return false;
  const name = staticMember(member);
  if (name !== null && /^(?:map|filter|slice|concat|flat|flatMap|split|toSorted|toReversed|with)$/.test(name))
    return true;
  return isFresh(walk, member.object);
}
