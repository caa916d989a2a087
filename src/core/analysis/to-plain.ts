/** Rewrites a wrapped stage as a function with a `@stage` comment. Its key stays: see `canonical-run.ts`. */
import type { Node } from "@babel/types";
import type { OffsetEdit } from "../../protocol/form-change.js";
import type { InputDeclaration, StageDeclaration, StaticValue, View } from "../../protocol/stage.js";
import { isContextMember, isContextName } from "../plain-form/context-parameter.js";
import { writeSource } from "../plain-form/tag-values.js";
import { plainPattern, runParameters, type RunNode } from "./canonical-run.js";
import {
  docComment,
  docLines,
  endOf,
  indentAt,
  parameterRange,
  refuse,
  removal,
  runOf,
  startOf,
  usesOf,
  type FormSource,
} from "./form-source.js";
import { memberChain, unwrap } from "./syntax.js";

export function toPlain(source: FormSource): OffsetEdit[] {
  const { item, text, declaration } = source;
  const call = item.value ? unwrap(item.value) : null;
  if (call?.type !== "CallExpression") return refuse(`"${declaration.name}" is not written as stage(…) in this text.`);
  const [inputs, runArgument, options] = call.arguments;
  if (!inputs || !runArgument) return refuse(`"${declaration.name}" has no function to keep.`);
  const run = runOf(source, runArgument);
  const chains = stageChains(source, inputs);
  const types = inputTypes(source, run, chains);
  const wrapper = (item.node.type === "VariableDeclarator" ? item.node.init : null) ?? item.node;
  if (wrapper !== call) return refuse("There is a type assertion or a parenthesis around stage(…). Remove it first.");
  const edits: OffsetEdit[] = [
    comment(source, inputs, options, chains, types.aliases),
    { start: startOf(wrapper), end: startOf(run), text: "" },
    parameters(source, run, types.of),
    { start: endOf(run), end: endOf(wrapper), text: "" },
  ];
  if (item.nameNode?.type === "Identifier" && item.nameNode.typeAnnotation) {
    const { typeAnnotation } = item.nameNode;
    edits.push({ start: startOf(typeAnnotation), end: endOf(typeAnnotation), text: "" });
  }
  edits.push(...unusedImports(source, edits, text));
  return edits.filter((edit) => edit.text !== "" || edit.start < edit.end);
}

/** How each stage input is called in the file. */
function stageChains(source: FormSource, inputs: Node): ReadonlyMap<string, readonly string[]> {
  const written = unwrap(inputs);
  if (written.type !== "ObjectExpression")
    return refuse("The inputs are written elsewhere. Write them in place first.");
  const chains = new Map<string, readonly string[]>();
  for (const property of written.properties) {
    if (property.type !== "ObjectProperty") continue;
    const { key } = property;
    const name = key.type === "Identifier" ? key.name : key.type === "StringLiteral" ? key.value : "";
    const value = unwrap(property.value);
    const callee = value.type === "CallExpression" ? unwrap(value.callee) : value;
    const view = value.type === "CallExpression" && callee.type === "MemberExpression" ? callee.object : value;
    const chain = memberChain(view);
    if (chain) chains.set(name, [chain.root, ...chain.path]);
  }
  for (const input of source.declaration.inputs) {
    if (input.kind === "stage" && !chains.has(input.name))
      return refuse(`The input "${input.name}" is a stage that is named elsewhere. Name it in place first.`);
  }
  return chains;
}

function comment(
  source: FormSource,
  inputs: Node,
  options: Node | undefined,
  chains: ReadonlyMap<string, readonly string[]>,
  aliases: readonly string[],
): OffsetEdit {
  const { doc, item, text, newline, declaration } = source;
  const kept = docLines(doc);
  const inside = source.comments.filter((c) =>
    [inputs, options].some((n) => n && startOf(n) <= startOf(c) && endOf(c) <= endOf(n)),
  );
  const words = inside.flatMap((c) =>
    c.value
      .split(/\r\n?|\n/)
      .map((line) => line.replace(/^\s*\**\s?/, "").trim())
      .filter((line) => line !== ""),
  );
  const description = kept.length === 0 ? declaration.options.description : undefined;
  const head = [...kept, ...(description === undefined ? [] : [description]), ...words];
  const firstTag = head.findIndex((line) => line.startsWith("@"));
  const prose = firstTag < 0 ? head : head.slice(0, firstTag);
  const tags = firstTag < 0 ? [] : head.slice(firstTag);
  const lines = [
    ...prose,
    ...tags,
    "@stage",
    ...declaration.inputs.flatMap((input) => inputTag(input, chains)),
    ...optionTags(declaration, options, kept.length > 0),
  ];
  const start = doc ? startOf(doc) : startOf(item.statement);
  const indent = indentAt(text, start);
  const before = aliases.map((alias) => `${alias}${newline}${newline}${indent}`).join("");
  return {
    start,
    end: startOf(item.statement),
    text: `${before}${docComment(lines, indent, newline)}${newline}${indent}`,
  };
}

function inputTag(input: InputDeclaration, chains: ReadonlyMap<string, readonly string[]>): string[] {
  const { name } = input;
  switch (input.kind) {
    case "file":
      return [`@input ${name} ${writeSource({ is: "file", path: input.path })}`];
    case "files":
      return [`@input ${name} ${writeSource({ is: "files", pattern: input.pattern })}`];
    case "env":
      return [`@input ${name} ${writeSource({ is: "env", variable: input.variable, default: input.default })}`];
    case "param":
      return input.param === name
        ? [`@param-input ${name} ${JSON.stringify(input.default)}`]
        : [`@input ${name} ${writeSource({ is: "param", param: input.param, default: input.default })}`];
    case "stage": {
      const chain = chains.get(name) ?? [name];
      if (input.view.as === "value" && chain.length === 1 && chain[0] === name) return [];
      return [`@input ${name} ${writeSource({ is: "stage", chain, view: input.view })}`];
    }
  }
}

/** As written where that is short, so that "1h" stays "1h". */
function optionTags(declaration: StageDeclaration, options: Node | undefined, hasDoc: boolean): string[] {
  const written = options ? unwrap(options) : null;
  return Object.entries(declaration.options as Readonly<Record<string, StaticValue>>).flatMap(([name, value]) => {
    if (name === "description" && !hasDoc) return [];
    const property =
      written?.type === "ObjectExpression"
        ? written.properties.find(
            (p) => p.type === "ObjectProperty" && p.key.type === "Identifier" && p.key.name === name,
          )
        : undefined;
    const literal =
      property?.type === "ObjectProperty" && property.value.type === "StringLiteral" ? property.value.value : null;
    const plain = literal !== null && /^\w+$/.test(literal) ? literal : JSON.stringify(literal ?? value);
    return [`@option ${name} ${plain}`];
  });
}

interface InputTypes {
  readonly of: (name: string) => string | null;
  /** Statements that must stand before the function. */
  readonly aliases: readonly string[];
}

/** The types that the parameters had: as the function said itself, or as `stage` gave them. */
function inputTypes(source: FormSource, run: RunNode, chains: ReadonlyMap<string, readonly string[]>): InputTypes {
  if (!source.typeScript) return { of: () => null, aliases: [] };
  const [pattern] = runParameters(run);
  const annotation =
    pattern?.type === "ObjectPattern" && pattern.typeAnnotation?.type === "TSTypeAnnotation"
      ? pattern.typeAnnotation.typeAnnotation
      : null;
  const textOf = (node: Node): string => source.text.slice(startOf(node), endOf(node));
  if (annotation) {
    const members = new Map<string, string>();
    if (annotation.type === "TSTypeLiteral") {
      for (const member of annotation.members) {
        if (member.type === "TSPropertySignature" && member.key.type === "Identifier" && member.typeAnnotation)
          members.set(member.key.name, textOf(member.typeAnnotation.typeAnnotation));
      }
    }
    return { of: (name) => members.get(name) ?? `(${textOf(annotation)})[${JSON.stringify(name)}]`, aliases: [] };
  }
  const aliases: string[] = [];
  const types = new Map<string, string>();
  for (const input of source.declaration.inputs) {
    if (input.kind !== "stage") types.set(input.name, literalType(input));
    else if (input.view.as === "path") types.set(input.name, "string");
    else if (input.view.as === "table") types.set(input.name, `import("restage").ArrowTable`);
    else if (input.view.as === "stream") types.set(input.name, `AsyncIterable<import("restage").ArrowBatch>`);
    else {
      const chain = (chains.get(input.name) ?? [input.name]).join(".");
      const alias = freeName(
        source,
        chain.replace(/^.*\./, "").replace(/^./, (c) => c.toUpperCase()),
      );
      // An alias, because inside of the parameters the name would be the parameter's.
      const line = `type ${alias} = Awaited<ReturnType<typeof ${chain}>>;`;
      if (!aliases.includes(line)) aliases.push(line);
      types.set(input.name, viewType(alias, input.view));
    }
  }
  return { of: (name) => types.get(name) ?? "unknown", aliases };
}

function viewType(alias: string, view: View): string {
  if (view.as !== "columns") return alias;
  return `Pick<${alias}[number], ${view.columns.map((column) => JSON.stringify(column)).join(" | ")}>[]`;
}

function freeName({ body }: FormSource, name: string): string {
  for (const candidate of [name, `${name}Value`, `${name}Result`]) {
    if (usesOf(body, candidate).length === 0) return candidate;
  }
  return `${name}StageResult`;
}

function literalType(input: Exclude<InputDeclaration, { kind: "stage" }>): string {
  switch (input.kind) {
    case "file":
      return "string";
    case "files":
      return "readonly string[]";
    case "env":
      return input.default === null ? "string | undefined" : "string";
    case "param":
      return typeOfValue(input.default);
  }
}

function typeOfValue(value: StaticValue): string {
  if (value === null) return "null";
  if (typeof value !== "object") return typeof value;
  if (Array.isArray(value)) {
    const types = [...new Set((value as readonly StaticValue[]).map(typeOfValue))];
    return types.length === 0 ? "unknown[]" : `${types.length === 1 ? types.join("") : `(${types.join(" | ")})`}[]`;
  }
  return `{ ${Object.entries(value)
    .map(([name, part]) => `${JSON.stringify(name)}: ${typeOfValue(part)}`)
    .join("; ")} }`;
}

const RESERVED =
  /^(?:await|break|case|catch|class|const|continue|debugger|default|delete|do|else|enum|export|extends|false|finally|for|function|if|import|in|instanceof|let|new|null|return|static|super|switch|this|throw|true|try|typeof|var|void|while|with|yield|arguments|eval|implements|interface|package|private|protected|public)$/;

function parameters(source: FormSource, run: RunNode, typeOf: (name: string) => string | null): OffsetEdit {
  const { declaration } = source;
  const [pattern, context, ...more] = runParameters(run);
  const members = pattern ? plainPattern(pattern) : new Map<string, string>();
  if (!members || more.length > 0)
    return refuse("The function does not take its inputs apart by name, as ({ a, b }) does. Write that first.");
  for (const [local, member] of members) {
    if (local !== member)
      refuse(`The input "${member}" is called "${local}" inside of the function. Call it "${member}" there first.`);
    if (!declaration.inputs.some((input) => input.name === member))
      refuse(`The function takes "${member}", which is no input.`);
  }
  const names = declaration.inputs.map((input) => input.name);
  for (const name of names) {
    if (RESERVED.test(name) || !/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name))
      refuse(`The input "${name}" cannot be the name of a parameter. Rename it first.`);
    if (!members.has(name) && usesOf([run], name).length > 0)
      refuse(
        `The function does not take its input "${name}" and means something else by that name. Rename the input first.`,
      );
  }
  const written = names.map((name) => `${name}${suffix(typeOf(name))}`);
  if (context) written.push(contextParameter(source, context));
  else if (isContextName(names.at(-1) ?? ""))
    refuse(`A last parameter called "${names.at(-1) ?? ""}" would get the run context. Rename the input first.`);
  const [start, end] = parameterRange(source, run);
  return { start, end, text: written.join(", ") };
}

function contextParameter(source: FormSource, context: Node): string {
  const text = source.text.slice(startOf(context), endOf(context));
  const annotated = "typeAnnotation" in context && context.typeAnnotation;
  const typed = annotated || !source.typeScript ? text : `${text}: import("restage").StageContext`;
  if (context.type === "Identifier")
    return isContextName(context.name) ? typed : refuse(`Call the run context "ctx" first.`);
  const members = plainPattern(context);
  return members && [...members.values()].every(isContextMember)
    ? typed
    : refuse("Take the run context apart by the names of its members, or call it ctx.");
}

function suffix(type: string | null): string {
  return type === null ? "" : `: ${type}`;
}

const RUNTIME = new Set(["stage", "file", "files", "param", "env"]);

/** Names of the library that nothing uses any more. */
function unusedImports(source: FormSource, edits: readonly OffsetEdit[], text: string): OffsetEdit[] {
  const gone = (node: Node): boolean => edits.some((edit) => edit.start <= startOf(node) && endOf(node) <= edit.end);
  return source.body.flatMap((statement): OffsetEdit[] => {
    if (statement.type !== "ImportDeclaration" || statement.source.value !== "restage") return [];
    const others = source.body.filter((other) => other !== statement);
    const named = statement.specifiers.filter((specifier) => specifier.type === "ImportSpecifier");
    const kept = named.filter(
      ({ imported, local }) =>
        imported.type !== "Identifier" || !RUNTIME.has(imported.name) || !usesOf(others, local.name).every(gone),
    );
    const [first, last] = [named[0], named.at(-1)];
    if (!first || !last || kept.length === named.length) return [];
    if (kept.length === 0) {
      return named.length === statement.specifiers.length ? [removal(text, startOf(statement), endOf(statement))] : [];
    }
    const list = kept.map((specifier) => text.slice(startOf(specifier), endOf(specifier))).join(", ");
    return [{ start: startOf(first), end: endOf(last), text: list }];
  });
}
