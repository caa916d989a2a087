/** Works out static expressions over modules: constants, inputs, stages and views of stages, without running anything. */
import type { StageForm, StaticValue, View } from "../../protocol/stage.js";
import type { Span, StaticExpression } from "./file-summary.js";
import type { Followed, Link, Module, ModuleGraph } from "./module-graph.js";

/** What an expression turned out to be. */
export type Evaluated =
  | { readonly is: "value"; readonly value: StaticValue }
  | { readonly is: "stage"; readonly link: Extract<Link, { to: "units" }>; readonly view: View }
  | {
      readonly is: "source";
      readonly source: "file" | "files" | "param" | "env";
      readonly arguments: readonly StaticValue[];
    }
  | { readonly is: "unknown"; readonly what: string; readonly at: Span };

/** Which form of stage a name leads to, if any. */
type FormOf = (link: Extract<Link, { to: "units" }>) => StageForm | null;

type Views = "rows" | "table" | "stream" | "path" | "columns";
const VIEWS: ReadonlySet<string> = new Set<Views>(["rows", "table", "stream", "path", "columns"]);
const SOURCES: ReadonlySet<string> = new Set(["file", "files", "param", "env"]);
/** Constants that refer to each other in a circle end here. */
const MAX_DEPTH = 64;

export class StaticEvaluation {
  readonly #graph: ModuleGraph;
  readonly #formOf: FormOf;

  constructor(graph: ModuleGraph, formOf: FormOf) {
    this.#graph = graph;
    this.#formOf = formOf;
  }

  evaluate(module: Module, expression: StaticExpression, depth = 0): Evaluated {
    const unknown = (what: string): Evaluated => ({ is: "unknown", what, at: expression.at });
    if (depth > MAX_DEPTH) return unknown("a constant that depends on itself");
    switch (expression.is) {
      case "value":
        return { is: "value", value: expression.value };
      case "dynamic":
        return unknown(expression.what);
      case "name":
      case "member":
        return this.#named(module, expression, depth);
      case "array": {
        const items: StaticValue[] = [];
        for (const item of expression.items) {
          const evaluated = this.evaluate(module, item, depth + 1);
          if (evaluated.is !== "value") return this.#notValue(evaluated, item);
          items.push(evaluated.value);
        }
        return { is: "value", value: items };
      }
      case "object": {
        const properties: [string, StaticValue][] = [];
        for (const property of expression.properties) {
          const evaluated = this.evaluate(module, property.value, depth + 1);
          if (evaluated.is !== "value") return this.#notValue(evaluated, property.value);
          properties.push([property.key, evaluated.value]);
        }
        return { is: "value", value: Object.fromEntries(properties) };
      }
      case "add":
      case "template":
        return this.#joined(module, expression, depth);
      case "call":
        return this.#call(module, expression, depth);
    }
  }

  #notValue(evaluated: Exclude<Evaluated, { is: "value" }>, expression: StaticExpression): Evaluated {
    if (evaluated.is === "unknown") return evaluated;
    return {
      is: "unknown",
      what: evaluated.is === "stage" ? "a stage inside a value" : "an input inside a value",
      at: expression.at,
    };
  }

  #joined(module: Module, expression: Extract<StaticExpression, { is: "add" | "template" }>, depth: number): Evaluated {
    const parts = expression.is === "add" ? [expression.left, expression.right] : expression.parts;
    const values: (string | number | boolean | null)[] = [];
    for (const part of parts) {
      const evaluated = this.evaluate(module, part, depth + 1);
      if (evaluated.is !== "value") return this.#notValue(evaluated, part);
      const { value } = evaluated;
      if (typeof value === "object" && value !== null) return { is: "unknown", what: "a computed value", at: part.at };
      values.push(value);
    }
    const [left, right] = values;
    if (expression.is === "add" && typeof left === "number" && typeof right === "number") {
      return { is: "value", value: left + right };
    }
    if (expression.is === "add" && typeof left !== "string" && typeof right !== "string") {
      return { is: "unknown", what: "a computed value", at: expression.at };
    }
    return { is: "value", value: values.map(String).join("") };
  }

  #named(module: Module, expression: StaticExpression, depth: number): Evaluated {
    const chain = nameChain(expression);
    if (!chain) return this.#member(module, expression, depth);
    const followed = this.#graph.follow(module, chain.name, chain.path);
    const { link, rest } = followed;
    if (link.to === "units") return this.#unit(link, rest, chain, expression, depth);
    return { is: "unknown", what: this.#describe(followed, chain), at: expression.at };
  }

  #unit(
    link: Extract<Link, { to: "units" }>,
    rest: readonly string[],
    chain: NameChain,
    expression: StaticExpression,
    depth: number,
  ): Evaluated {
    if (this.#formOf(link) !== null) {
      if (rest.length === 0) return { is: "stage", link, view: { as: "value" } };
      return {
        is: "unknown",
        what: `"${chain.name}.${rest.join(".")}" (call the view, as in ".rows()")`,
        at: expression.at,
      };
    }
    const constant = link.module.constants.get(link.name);
    if (!constant) return { is: "unknown", what: `"${chain.name}", which is not a plain constant`, at: expression.at };
    const [member, ...others] = rest;
    const property = constant.is === "object" ? constant.properties.find(({ key }) => key === member) : undefined;
    if (member !== undefined && property) {
      const held = this.evaluate(link.module, property.value, depth + 1);
      if (held.is === "unknown") return { ...held, at: expression.at };
      return others.length === 0 ? held : this.#property(held, others, expression);
    }
    const evaluated = this.evaluate(link.module, constant, depth + 1);
    // The place to blame is here, where the constant is used, not in the other file.
    if (evaluated.is === "unknown")
      return { ...evaluated, what: `"${chain.name}", which is ${evaluated.what}`, at: expression.at };
    return rest.length === 0 ? evaluated : this.#property(evaluated, rest, expression);
  }

  #member(module: Module, expression: StaticExpression, depth: number): Evaluated {
    if (expression.is !== "member") return { is: "unknown", what: "a computed value", at: expression.at };
    const object = this.evaluate(module, expression.object, depth + 1);
    return object.is === "unknown" ? object : this.#property(object, [expression.property], expression);
  }

  #property(evaluated: Evaluated, path: readonly string[], expression: StaticExpression): Evaluated {
    let value: StaticValue | undefined = evaluated.is === "value" ? evaluated.value : undefined;
    for (const property of path) {
      if (typeof value !== "object" || value === null || !Object.hasOwn(value, property)) {
        return { is: "unknown", what: "a computed member", at: expression.at };
      }
      value = (value as Readonly<Record<string, StaticValue>>)[property];
    }
    return value === undefined
      ? { is: "unknown", what: "a computed member", at: expression.at }
      : { is: "value", value };
  }

  #call(module: Module, expression: Extract<StaticExpression, { is: "call" }>, depth: number): Evaluated {
    const unknown = (what: string): Evaluated => ({ is: "unknown", what, at: expression.at });
    const { callee } = expression;
    if (callee.is === "member" && VIEWS.has(callee.property)) {
      const object = this.evaluate(module, callee.object, depth + 1);
      if (object.is === "stage") return this.#view(module, object, callee.property as Views, expression, depth);
    }
    const chain = nameChain(callee);
    const source = chain ? this.#graph.runtimeFunction(module, chain) : null;
    if (source === null || !SOURCES.has(source)) {
      return unknown(source === "stage" ? "a stage declared inside the inputs" : "the result of a call");
    }
    const values: StaticValue[] = [];
    for (const argument of expression.arguments) {
      const evaluated = this.evaluate(module, argument, depth + 1);
      if (evaluated.is !== "value") return this.#notValue(evaluated, argument);
      values.push(evaluated.value);
    }
    return { is: "source", source: source as "file" | "files" | "param" | "env", arguments: values };
  }

  #view(
    module: Module,
    stage: Extract<Evaluated, { is: "stage" }>,
    as: Views,
    expression: Extract<StaticExpression, { is: "call" }>,
    depth: number,
  ): Evaluated {
    if (this.#formOf(stage.link) === "plain") {
      const what = `a view of "${stage.link.name}", which is a function and has no views (give it the form ${stage.link.name} = stage(…), or this stage the plain form)`;
      return { is: "unknown", what, at: expression.at };
    }
    if (as !== "columns") return { ...stage, view: { as } };
    const columns: string[] = [];
    for (const argument of expression.arguments) {
      const evaluated = this.evaluate(module, argument, depth + 1);
      if (evaluated.is !== "value") return this.#notValue(evaluated, argument);
      if (typeof evaluated.value !== "string")
        return { is: "unknown", what: "a column name that is no text", at: argument.at };
      columns.push(evaluated.value);
    }
    return { ...stage, view: { as, columns } };
  }

  #describe({ link }: Followed, chain: NameChain): string {
    switch (link.to) {
      case "broken":
        return `"${chain.name}": ${link.failure.message}`;
      case "outside":
        return `"${chain.name}", which comes from a package or file`;
      default:
        return `"${chain.name}", which is not a plain constant`;
    }
  }
}

interface NameChain {
  readonly name: string;
  readonly path: readonly string[];
}

function nameChain(expression: StaticExpression): NameChain | null {
  const path: string[] = [];
  let inner = expression;
  while (inner.is === "member") {
    path.unshift(inner.property);
    inner = inner.object;
  }
  return inner.is === "name" ? { name: inner.name, path } : null;
}
