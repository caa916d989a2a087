/** Expressions that can be known without running them, taken out of the syntax tree as plain data. */
import type { Node } from "@babel/types";
import type { StaticExpression, StaticProperty } from "./file-summary.js";
import { calleeChain, spanOf, staticMember, unwrap } from "./syntax.js";

/** Larger ones are data, not settings; keeping them would make summaries as big as the sources. */
const MAX_NODES = 400;

/** What can be said of an expression without running it; parts that cannot be known are `dynamic`. */
export function staticExpression(node: Node): StaticExpression {
  const budget = { left: MAX_NODES };
  const expression = convert(node, budget);
  return budget.left < 0 ? { is: "dynamic", what: "a large expression", at: spanOf(node) } : expression;
}

interface Budget {
  left: number;
}

function convert(outer: Node, budget: Budget): StaticExpression {
  const node = unwrap(outer);
  const at = spanOf(node);
  if (--budget.left < 0) return { is: "dynamic", what: "a large expression", at };
  switch (node.type) {
    case "StringLiteral":
    case "NumericLiteral":
    case "BooleanLiteral":
      return { is: "value", value: node.value, at };
    case "NullLiteral":
      return { is: "value", value: null, at };
    case "Identifier":
      return { is: "name", name: node.name, at };
    case "UnaryExpression":
      return unary(node, budget);
    case "BinaryExpression":
      if (node.operator !== "+") return dynamic(node);
      return { is: "add", left: convert(node.left, budget), right: convert(node.right, budget), at };
    case "TemplateLiteral":
      return { is: "template", parts: templateParts(node, budget), at };
    case "ArrayExpression":
      return {
        is: "array",
        items: node.elements.map((item) => (item ? convert(item, budget) : { is: "dynamic", what: "a hole", at })),
        at,
      };
    case "ObjectExpression":
      return { is: "object", properties: node.properties.map((property) => convertProperty(property, budget)), at };
    case "MemberExpression": {
      const property = staticMember(node);
      return property === null ? dynamic(node) : { is: "member", object: convert(node.object, budget), property, at };
    }
    case "CallExpression":
      return {
        is: "call",
        callee: convert(withoutThis(node.callee), budget),
        arguments: node.arguments.map((argument) => convert(argument, budget)),
        at,
      };
    default:
      return dynamic(node);
  }
}

/** `(0, restage_1.file)` calls what it names. */
function withoutThis(callee: Node): Node {
  const inner = unwrap(callee);
  const last = inner.type === "SequenceExpression" ? inner.expressions.at(-1) : null;
  return last && calleeChain(inner) ? last : callee;
}

function unary(node: Extract<Node, { type: "UnaryExpression" }>, budget: Budget): StaticExpression {
  const argument = convert(node.argument, budget);
  if (node.operator === "-" && argument.is === "value" && typeof argument.value === "number") {
    return { is: "value", value: -argument.value, at: spanOf(node) };
  }
  if (node.operator === "!" && argument.is === "value") {
    return { is: "value", value: argument.value === false || argument.value === 0, at: spanOf(node) };
  }
  return dynamic(node);
}

function templateParts(node: Extract<Node, { type: "TemplateLiteral" }>, budget: Budget): StaticExpression[] {
  const parts: StaticExpression[] = [];
  node.quasis.forEach((quasi, index) => {
    parts.push({ is: "value", value: quasi.value.cooked ?? quasi.value.raw, at: spanOf(quasi) });
    const expression = node.expressions[index];
    if (expression) parts.push(convert(expression, budget));
  });
  return parts;
}

function convertProperty(node: Node, budget: Budget): StaticProperty {
  const at = spanOf(node);
  if (node.type !== "ObjectProperty") {
    const what = node.type === "SpreadElement" ? "a spread" : "a method";
    return { key: "", value: { is: "dynamic", what, at }, at };
  }
  const { key } = node;
  const value = convert(node.value, budget);
  if (node.computed) return { key: "", value: { is: "dynamic", what: "a computed name", at: spanOf(key) }, at };
  if (key.type === "Identifier") return { key: key.name, value, at };
  if (key.type === "StringLiteral") return { key: key.value, value, at };
  if (key.type === "NumericLiteral") return { key: String(key.value), value, at };
  return { key: "", value: { is: "dynamic", what: "a computed name", at: spanOf(key) }, at };
}

function dynamic(node: Node): StaticExpression {
  return { is: "dynamic", what: describe(node), at: spanOf(node) };
}

function describe(node: Node): string {
  switch (node.type) {
    case "ConditionalExpression":
    case "LogicalExpression":
      return "a condition";
    case "SpreadElement":
      return "a spread";
    case "AwaitExpression":
      return "an awaited value";
    case "ArrowFunctionExpression":
    case "FunctionExpression":
      return "a function";
    case "MemberExpression":
    case "OptionalMemberExpression":
      return "a computed member";
    case "NewExpression":
      return "an object made by new";
    default:
      return "a computed value";
  }
}
