/**
 * Whether code changes something that outlives it: an object it was given, a member of the module, a global. Code that only
 * fills what it made itself does not. Initialisers that do this while a module loads belong to what the module's other
 * names are, even if nothing uses their own name: `export const users = register("users")`.
 */
import type { Node } from "@babel/types";
import { memberChain, staticMember, unwrap } from "./syntax.js";
import type { Local } from "./scope.js";
import type { Walk } from "./walk.js";

const MUTATING = new Set(
  "push pop shift unshift splice sort reverse fill copyWithin set add delete clear append next".split(" "),
);
const SETS_DATE = /^set(?:UTC)?(?:Date|FullYear|Hours|Milliseconds|Minutes|Month|Seconds|Time)$/;
/** Methods of built-in values that change nothing by themselves. */
const HARMLESS = new Set(
  (
    "map filter slice concat join flat flatMap find findIndex findLast findLastIndex some every includes indexOf lastIndexOf " +
    "reduce reduceRight forEach get has keys values entries at split trim trimStart trimEnd padStart padEnd replace " +
    "replaceAll match matchAll toString toLowerCase toUpperCase startsWith endsWith charCodeAt codePointAt " +
    "substring substr repeat normalize localeCompare toFixed toISOString getTime then catch finally toSorted toReversed with"
  ).split(" "),
);
/** Built-in functions that change their first argument. */
const CHANGES_ARGUMENT =
  /^(?:Object\.(?:assign|definePropert(?:y|ies)|setPrototypeOf|freeze|seal|preventExtensions)|Reflect\.(?:set|defineProperty|deleteProperty|setPrototypeOf))$/;

export type Mutation = "outer" | "this" | null;

/** What changing this object through a member, or by a method, changes. */
export function mutationOf(walk: Walk, object: Node): Mutation {
  if (freshnessOf(walk, object) !== "no") return null;
  const inner = rootOf(object);
  return inner.type === "ThisExpression" || inner.type === "Super" ? "this" : "outer";
}

/** Notes what a call may change by its callee: methods that mutate, functions of `Object` and `Reflect`. */
export function noteCallMutation(walk: Walk, callee: Node, first: Node | undefined): void {
  const chain = memberChain(callee);
  if (chain && walk.isGlobal(chain.root)) {
    const called = [chain.root, ...chain.path].join(".");
    if (first && CHANGES_ARGUMENT.test(called)) {
      walk.mutate(mutationOf(walk, first));
      // What is frozen has the same content as before.
      if (!/freeze|seal|prevent/.test(called)) noteNameWritten(walk, first);
    }
    if (chain.path.length < 2) return;
  }
  const member = unwrap(callee);
  if (member.type !== "MemberExpression" && member.type !== "OptionalMemberExpression") return;
  const name = staticMember(member);
  if (name !== null && HARMLESS.has(name)) return;
  const mutating = name !== null && (MUTATING.has(name) || SETS_DATE.test(name));
  if (mutating) noteNameWritten(walk, member.object);
  const mutation = mutationOf(walk, member.object);
  if (mutation === null) return;
  if (name === null || mutating) walk.mutate(mutation);
  else if (mutation === "outer") walk.invokesMethods = true;
}

/** Functions that a call runs at once, and does not keep. */
export function noteContained(walk: Walk, callee: Node, given: readonly Node[]): void {
  walk.captures.contain(callee);
  const name = staticMember(callee);
  for (const argument of given) {
    const value = unwrap(argument);
    if (value.type !== "Identifier" || (name !== null && HARMLESS.has(name))) walk.captures.contain(value);
  }
}

/** Notes which variable holds an object that is changed, itself or something it holds. */
export function noteNameWritten(walk: Walk, object: Node): void {
  const inner = rootOf(object);
  if (inner.type !== "Identifier") return;
  if (walk.isModules(inner.name)) walk.writes.add(inner.name);
  const local = walk.local(inner.name);
  if (local && local.fresh !== "no") walk.captures.noteWrite(local);
}

function rootOf(object: Node): Node {
  let inner = unwrap(object);
  while (inner.type === "MemberExpression" || inner.type === "OptionalMemberExpression") inner = unwrap(inner.object);
  return inner;
}

/** Whether a value is made here, so that nothing else can hold it yet: itself, or with everything it holds. */
export function freshnessOf(walk: Walk, node: Node): Local["fresh"] {
  const value = unwrap(node);
  switch (value.type) {
    case "Identifier":
      return walk.freshness(value.name);
    case "ThisExpression":
      return walk.constructing ? "itself" : "no";
    case "MemberExpression":
    case "OptionalMemberExpression":
      return freshnessOf(walk, value.object) === "whole" ? "whole" : "no";
    case "ArrayExpression":
      return holding(walk, value.elements);
    case "ObjectExpression":
      return holding(
        walk,
        value.properties.map((property) => (property.type === "ObjectProperty" ? property.value : property)),
      );
    case "NewExpression":
      return holding(walk, value.arguments);
    case "CallExpression":
    case "OptionalCallExpression":
      return freshnessOfCall(walk, value.callee, value.arguments);
    case "LogicalExpression":
      return both(freshnessOf(walk, value.left), freshnessOf(walk, value.right));
    case "ConditionalExpression":
      return both(freshnessOf(walk, value.consequent), freshnessOf(walk, value.alternate));
    case "AssignmentExpression":
      return both(freshnessOf(walk, value.left), freshnessOf(walk, value.right));
    case "AwaitExpression":
      return freshnessOf(walk, value.argument);
    case "SpreadElement":
    case "Super":
    case "MetaProperty":
    case "YieldExpression":
    case "SequenceExpression":
    case "TaggedTemplateExpression":
    case "Import":
      return "no";
    default:
      // Literals, functions, and operators whose results are plain values.
      return "whole";
  }
}

/** A new container is whole only if what it is given is, too. */
function holding(walk: Walk, parts: readonly (Node | null)[]): Local["fresh"] {
  return parts.every((part) => part === null || freshnessOf(walk, part) === "whole") ? "whole" : "itself";
}

function both(a: Local["fresh"], b: Local["fresh"]): Local["fresh"] {
  if (a === "no" || b === "no") return "no";
  return a === "whole" ? b : a;
}

/** `Array.from(x)`, `rows.map(f)`, and any method of something fresh. */
function freshnessOfCall(walk: Walk, callee: Node, given: readonly Node[]): Local["fresh"] {
  const chain = memberChain(callee);
  if (chain && walk.isGlobal(chain.root)) {
    const name = [chain.root, ...chain.path].join(".");
    if (name === "JSON.parse" || name === "structuredClone") return "whole";
    if (name === "Object.assign") return given[0] ? freshnessOf(walk, given[0]) : "no";
    return chain.root === "globalThis" || chain.root === "global" ? "no" : holding(walk, given);
  }
  const member = unwrap(callee);
  if (member.type !== "MemberExpression" && member.type !== "OptionalMemberExpression") return "no";
  const name = staticMember(member);
  if (name === "split") return "whole";
  const made = name !== null && /^(?:map|filter|slice|concat|flat|flatMap|toSorted|toReversed|with)$/.test(name);
  return freshnessOf(walk, member.object) === "whole" ? "whole" : made ? "itself" : "no";
}
