/** Rewrites a function with a `@stage` comment as `stage(inputs, run, options)`. Its key stays: see `canonical-run.ts`. */
import type { Node } from "@babel/types";
import type { OffsetEdit } from "../../protocol/form-change.js";
import type { InputDeclaration } from "../../protocol/stage.js";
import { readStageComment, isStageTag, type StageTag } from "../plain-form/stage-tags.js";
import { readOptionValue, readSource } from "../plain-form/tag-values.js";
import { runParameters, type RunNode } from "./canonical-run.js";
import { DEFAULT_BINDING } from "./module-items.js";
import {
  docComment,
  docLines,
  endOf,
  indentAt,
  parameterRange,
  refuse,
  runOf,
  startOf,
  usesOf,
  type FormSource,
} from "./form-source.js";

/** `plainStages`: the ids of stages in the plain form, which have no views. */
export function toWrapped(source: FormSource, plainStages: ReadonlySet<string>): OffsetEdit[] {
  const { doc, declaration } = source;
  const tags = doc ? readStageComment(doc.value, 1, 1)?.tags : undefined;
  if (!doc || !tags) return refuse(`"${declaration.name}" has no @stage comment in this text.`);
  const run = runOf(source);
  const library = new Library(source);
  const stage = library.name("stage");
  const inputs = inputList(source, tags, library, plainStages);
  const head = `${stage}(${inputs === "" ? "{}" : `{ ${inputs} }`}, `;
  const options = optionList(tags);
  const tail = `${options === "" ? "" : `, { ${options} }`})`;
  return [
    commentEdit(source),
    ...functionEdits(source, run, head, tail),
    parameterEdit(source, run),
    ...library.edits(),
  ].filter((edit) => edit.text !== "" || edit.start < edit.end);
}

function commentEdit({ doc, item, text, newline }: FormSource): OffsetEdit {
  const start = doc ? startOf(doc) : 0;
  const kept = docLines(doc).filter((line) => !isStageTag(/^\s*@([\w-]+)/.exec(line)?.[1] ?? ""));
  while (kept.at(-1) === "") kept.pop();
  const end = startOf(item.statement);
  if (kept.length === 0) return { start, end, text: "" };
  const indent = indentAt(text, start);
  return { start, end, text: `${docComment(kept, indent, newline)}${newline}${indent}` };
}

function inputList(
  source: FormSource,
  tags: readonly StageTag[],
  library: Library,
  plainStages: ReadonlySet<string>,
): string {
  return source.declaration.inputs
    .map((input) => {
      const tag = tags.find(
        ({ tag: kind, name }) => (kind === "input" || kind === "param-input") && name?.text === input.name,
      );
      const value = inputText(source, input, tag, library, plainStages);
      const words = /\s-\s+(.*)$/s.exec(tag?.value?.text ?? "")?.[1];
      const key = value === input.name ? value : `${input.name}: ${value}`;
      return words === undefined ? key : `${key} /* ${words} */`;
    })
    .join(", ");
}

function inputText(
  source: FormSource,
  input: InputDeclaration,
  tag: StageTag | undefined,
  library: Library,
  plainStages: ReadonlySet<string>,
): string {
  const text = JSON.stringify;
  switch (input.kind) {
    case "file":
      return `${library.name("file")}(${text(input.path)})`;
    case "files":
      return `${library.name("files")}(${text(input.pattern)})`;
    case "env":
      return `${library.name("env")}(${text(input.variable)}${input.default === null ? "" : `, ${text(input.default)}`})`;
    case "param":
      return `${library.name("param")}(${text(input.param)}, ${text(input.default)})`;
    case "stage": {
      const read = tag?.value ? readSource(input.name, tag.value.text) : null;
      const chain = read?.is === "stage" ? read.chain : [input.name];
      const [root = ""] = chain;
      mustBeThere(source, root);
      if (source.items.typeImported.has(root)) library.asValue(root);
      const { view } = input;
      if (view.as === "value") return chain.join(".");
      if (plainStages.has(input.stage))
        refuse(`A function has no views: give "${chain.join(".")}" the form stage(…) first.`);
      const columns = view.as === "columns" ? view.columns.map((column) => text(column)).join(", ") : "";
      return `${chain.join(".")}.${view.as}(${columns})`;
    }
  }
}

/** Where the stage is declared, its inputs must exist: constants are there only after their own line. */
function mustBeThere({ items, item }: FormSource, root: string): void {
  const unit = items.units.find((candidate) => candidate.names.includes(root));
  if (!unit && !items.imported.has(root) && !items.typeImported.has(root))
    refuse(
      `The stage "${root}" is exported under this name, but called otherwise in the file. Name it with @input first.`,
    );
  if (unit && unit.kind !== "function" && startOf(unit.statement) > startOf(item.statement))
    refuse(`"${root}" is declared further down. Move it above first.`);
}

function optionList(tags: readonly StageTag[]): string {
  return tags
    .flatMap(({ tag, name, value }) => {
      const read = tag === "option" && name && value ? readOptionValue(name.text, value.text) : null;
      return read && name ? [`${name.text}: ${JSON.stringify(read.value)}`] : [];
    })
    .join(", ");
}

function functionEdits(
  { item, text, body, declaration, typeScript }: FormSource,
  run: RunNode,
  head: string,
  tail: string,
): OffsetEdit[] {
  const [name] = item.names;
  const isDeclaration = run.type === "FunctionDeclaration";
  if (isDeclaration && name !== undefined) {
    const uses = usesOf(body, name).filter(
      (use) => use !== run.id && startOf(use) >= startOf(run) && endOf(use) <= endOf(run),
    );
    if (uses.length > 0)
      refuse(`"${name}" calls itself, which a stage cannot. Give the part that does a function of its own first.`);
  }
  if (
    name !== undefined &&
    name !== DEFAULT_BINDING &&
    new RegExp(`\\b${name.replaceAll("$", "\\$")}\\s*(?:<[^<>()]*>)?\\(`).test(callsOnly(text, run))
  )
    refuse(
      `"${declaration.name}" is called as a function in this file, and a stage cannot be. Change these calls first.`,
    );
  if (run.body.type === "BlockStatement" && run.body.directives.length > 0)
    refuse(
      `A function that takes its inputs apart can have no "${run.body.directives[0]?.value.value ?? ""}". Remove it first.`,
    );
  if (!isDeclaration) {
    const parenthesised = text.slice(startOf(item.statement), startOf(run)).trimEnd().endsWith("(");
    if (parenthesised) refuse("There is a parenthesis around the function. Remove it first.");
    return [
      { start: startOf(run), end: startOf(run), text: head },
      { start: endOf(run), end: endOf(run), text: tail },
    ];
  }
  if (run.typeParameters && typeScript) refuse("A stage has no type parameters. Replace them by types first.");
  const keepsFunction =
    run.generator ||
    usesOf([run.body], "arguments").length > 0 ||
    /\bthis\b/.test(text.slice(startOf(run.body), endOf(run.body)));
  const isDefault = item.statement.type === "ExportDefaultDeclaration";
  const declared = isDefault ? "" : `const ${name ?? ""} = `;
  const word = keepsFunction ? `function${run.generator ? "*" : ""} ` : "";
  const [open] = [text.indexOf("(", run.id ? endOf(run.id) : startOf(run))];
  const edits: OffsetEdit[] = [
    { start: startOf(run), end: open, text: `${declared}${head}${run.async ? "async " : ""}${word}` },
    { start: endOf(run), end: endOf(run), text: `${tail};` },
  ];
  if (!keepsFunction) edits.push({ start: startOf(run.body), end: startOf(run.body), text: "=> " });
  return edits;
}

/** The file without the function's own head, whose name stands before a parenthesis too. */
function callsOnly(text: string, run: RunNode): string {
  return (
    text.slice(0, startOf(run)).replace(/\/\*[^]*?\*\/|\/\/.*/g, "") +
    text.slice(startOf(run.body)).replace(/\/\*[^]*?\*\/|\/\/.*/g, "")
  );
}

function parameterEdit(source: FormSource, run: RunNode): OffsetEdit {
  const { text, declaration } = source;
  const textOf = (node: Node): string => text.slice(startOf(node), endOf(node));
  const params = runParameters(run);
  const inputs = params.filter(
    (param) => param.type === "Identifier" && declaration.inputs.some((i) => i.name === param.name),
  );
  const [context, ...others] = params.filter((param) => !inputs.includes(param));
  if (others.length > 0) refuse("Not every parameter has a meaning yet. Repair the problems shown here first.");
  const types = inputs.flatMap((param) =>
    param.type === "Identifier" && param.typeAnnotation?.type === "TSTypeAnnotation"
      ? [`${param.name}${param.optional === true ? "?" : ""}: ${textOf(param.typeAnnotation.typeAnnotation)}`]
      : [],
  );
  const names = inputs.flatMap((param) => (param.type === "Identifier" ? [param.name] : []));
  const typed = types.length > 0 && types.length === inputs.length ? `: { ${types.join("; ")} }` : "";
  const pattern = names.length === 0 ? (context ? "{}" : "") : `{ ${names.join(", ")} }${typed}`;
  const [start, end] = parameterRange(source, run);
  return {
    start,
    end,
    text: [pattern, ...(context ? [textOf(context)] : [])].filter((part) => part !== "").join(", "),
  };
}

/** The library's names in the file: those imported already, and those to import. */
class Library {
  readonly #source: FormSource;
  readonly #missing: string[] = [];
  readonly #values: string[] = [];

  constructor(source: FormSource) {
    this.#source = source;
  }

  name(imported: string): string {
    const { items } = this.#source;
    for (const [local, from] of items.imported)
      if (from.specifier === "restage" && from.imported === imported) return local;
    const taken = items.imported.has(imported) || items.units.some((unit) => unit.names.includes(imported));
    if (taken)
      refuse(
        `"${imported}" means something else in this file. Rename it, or import the library's under another name, first.`,
      );
    if (!this.#missing.includes(imported)) this.#missing.push(imported);
    return imported;
  }

  /** A name that is imported as a type only will be used as a value. */
  asValue(name: string): void {
    if (!this.#values.includes(name)) this.#values.push(name);
  }

  edits(): OffsetEdit[] {
    return [...this.#imports(), ...(this.#values.length > 0 ? this.#valueImports() : [])];
  }

  #imports(): OffsetEdit[] {
    if (this.#missing.length === 0) return [];
    const { body, text, newline } = this.#source;
    const imports = body.filter((statement) => statement.type === "ImportDeclaration");
    for (const statement of imports) {
      const last = statement.specifiers.at(-1);
      if (statement.source.value === "restage" && statement.importKind !== "type" && last?.type === "ImportSpecifier")
        return [{ start: endOf(last), end: endOf(last), text: `, ${this.#missing.join(", ")}` }];
    }
    const line = `import { ${this.#missing.join(", ")} } from "restage";${newline}`;
    const shebang = /^#!.*\r?\n/.exec(text)?.[0].length ?? 0;
    const at = imports[0] ? startOf(imports[0]) : shebang;
    return [{ start: at, end: at, text: line }];
  }

  #valueImports(): OffsetEdit[] {
    return this.#source.body.flatMap((statement): OffsetEdit[] => {
      if (statement.type !== "ImportDeclaration") return [];
      const { text } = this.#source;
      const isType = statement.importKind === "type";
      if (!statement.specifiers.some((specifier) => this.#values.includes(specifier.local.name))) return [];
      const drop = (from: number): OffsetEdit => ({
        start: from,
        end: from + (/^type\s+/.exec(text.slice(from))?.[0].length ?? 0),
        text: "",
      });
      const edits: OffsetEdit[] = isType ? [drop(text.indexOf("type", startOf(statement)))] : [];
      for (const specifier of statement.specifiers) {
        const isValue = this.#values.includes(specifier.local.name);
        if (!isType && isValue && specifier.type === "ImportSpecifier" && specifier.importKind === "type")
          edits.push(drop(startOf(specifier)));
        if (isType && !isValue && specifier.type === "ImportSpecifier")
          edits.push({ start: startOf(specifier), end: startOf(specifier), text: "type " });
      }
      return edits;
    });
  }
}
