/** Reads the declarations of stages out of a module: names, inputs, options, and what is wrong with them. */
import type { StageId } from "../../protocol/ids.js";
import type {
  InputDeclaration,
  SourceProblem,
  SourceRange,
  StageDeclaration,
  StageForm,
} from "../../protocol/stage.js";
import { unreachable } from "../../protocol/unreachable.js";
import type { PlainStage, Span, StageCall, StaticExpression, StaticProperty, UnitSummary } from "./file-summary.js";
import type { Link, Module, ModuleGraph } from "./module-graph.js";
import { DEFAULT_BINDING } from "./module-items.js";
import { readPlainStage, type StageNames } from "./plain-reader.js";
import { StaticEvaluation, type Evaluated } from "./static-evaluation.js";
import { checkOptions, type GivenOption } from "./stage-options.js";

const HOW_TO_WRITE = 'a stage, file("…"), files("…"), param("…", default) or env("…")';

export interface StageReaderOptions {
  readonly graph: ModuleGraph;
  readonly isStage: (module: Module, unit: UnitSummary) => boolean;
  readonly displayPath: (file: string) => string;
}

export class StageReader {
  readonly #graph: ModuleGraph;
  readonly #isStage: StageReaderOptions["isStage"];
  readonly #displayPath: StageReaderOptions["displayPath"];
  readonly #evaluation: StaticEvaluation;

  constructor({ graph, isStage, displayPath }: StageReaderOptions) {
    this.#graph = graph;
    this.#isStage = isStage;
    this.#displayPath = displayPath;
    this.#evaluation = new StaticEvaluation(graph, (link) => this.#unitOf(link)?.form ?? null);
  }

  /** Declarations in source order. */
  read(module: Module): StageDeclaration[] {
    const found: StageDeclaration[] = [];
    for (const unit of module.parsed?.units ?? []) {
      if (unit.call && this.#isStage(module, unit)) found.push(this.#declaration(module, unit, unit.call));
      else if (unit.plain) found.push(this.#plain(module, unit, unit.plain));
    }
    const names = new Set(found.map((declaration) => declaration.name));
    for (const nested of module.parsed?.nestedCalls ?? []) {
      if (this.#graph.runtimeFunction(module, nested.callee) !== "stage") continue;
      const message = `stage() must be called at the top level of the file: write "export const ${nested.name} = stage(…)" there.`;
      found.push(
        this.#misplaced(module, freeName(nested, names), {
          form: "wrapped",
          code: "not-top-level",
          at: nested.at,
          message,
        }),
      );
    }
    for (const lost of module.parsed?.lostMarks ?? []) {
      const what =
        lost.why === "no-function" ? `"${lost.name}" is no function` : "this is not at the top level of the file";
      const message = `A @stage comment makes a stage of an exported function, but ${what}. Move or remove it.`;
      found.push(
        this.#misplaced(module, freeName(lost, names), {
          form: "plain",
          code: lost.why === "no-function" ? "stage-tag" : "not-top-level",
          at: lost.at,
          message,
        }),
      );
    }
    found.sort((a, b) => a.range.line - b.range.line || a.range.column - b.range.column);
    return markDuplicates(found);
  }

  /** The name under which the module exports a unit; the local name when it is not exported. */
  exportName(module: Module, unit: UnitSummary): { readonly name: string; readonly exported: boolean } {
    const [local] = unit.names;
    const names: string[] = [];
    for (const [name, target] of module.exports) if (target.is === "local" && target.name === local) names.push(name);
    const name = names.find((candidate) => candidate === local) ?? names[0];
    if (name !== undefined) return { name, exported: true };
    return { name: local === undefined || local === DEFAULT_BINDING ? "default" : local, exported: false };
  }

  id(module: Module, name: string): StageId {
    return `${this.#displayPath(module.file)}#${name}` as StageId;
  }

  #declaration(module: Module, unit: UnitSummary, call: StageCall): StageDeclaration {
    const { name, exported } = this.exportName(module, unit);
    const problems: SourceProblem[] = [];
    if (!exported) {
      const message = `The stage "${name}" is not exported, so nothing can run it. Write "export const ${name} = stage(…)".`;
      problems.push({ severity: "error", code: "not-exported", message, range: rangeOf(module, call.nameAt) });
    }
    if (unit.plain) {
      const message = `"${name}" is a stage already. Remove @stage from its comment.`;
      problems.push({ severity: "warning", code: "stage-tag", message, range: rangeOf(module, unit.plain.comment.at) });
    }
    if (!call.run) {
      const message = `The stage "${name}" has no run function. Write stage({ … }, (inputs) => …).`;
      problems.push({ severity: "error", code: "non-static-input", message, range: rangeOf(module, call.at) });
    }
    const inputs = this.#inputs(module, call, problems);
    const options = this.#options(module, call.options, problems);
    return {
      id: this.id(module, name),
      name,
      form: "wrapped",
      file: module.file,
      range: rangeOf(module, call.statement),
      nameRange: rangeOf(module, call.nameAt),
      inputs,
      options,
      problems,
    };
  }

  #plain(module: Module, unit: UnitSummary, plain: PlainStage): StageDeclaration {
    const { name, exported } = this.exportName(module, unit);
    const nameRange = rangeOf(module, plain.nameAt);
    const problems: SourceProblem[] = [];
    if (!exported) {
      const message = `The stage "${name}" is not exported, so nothing can run it. Write "export" before it, or remove @stage from its comment.`;
      problems.push({ severity: "error", code: "not-exported", message, range: nameRange });
    }
    if (!plain.run) {
      const message = `A @stage comment makes a stage of an exported function, but "${name}" is none. Write "export function ${name}(…)", or remove the tag.`;
      problems.push({ severity: "error", code: "stage-tag", message, range: rangeOf(module, plain.comment.at) });
    }
    const read = readPlainStage(plain, {
      stage: (chain) => this.#namedStage(module, chain),
      known: () => this.#stageNames(module, unit),
      range: (at) => rangeOf(module, at),
    });
    return {
      id: this.id(module, name),
      name,
      form: "plain",
      file: module.file,
      range: rangeOf(module, plain.statement),
      nameRange,
      inputs: read.inputs,
      options: read.options,
      problems: [...problems, ...read.problems],
    };
  }

  /** What a parameter or `stage:` means: a name of this file, the name it exports a stage under, or a type-only import. */
  #namedStage(module: Module, chain: readonly string[]): ReturnType<StageNames["stage"]> {
    const [name = "", ...path] = chain;
    const bound = module.bindings.has(name) ? this.#graph.follow(module, name, path) : null;
    const own = module.exports.has(name) ? this.#graph.exported(module, name, path) : null;
    const followed = bound ?? own ?? this.#graph.followType(module, name, path);
    if (!followed) return null;
    const { link, rest } = followed;
    if (link.to === "broken") return { what: `not known: ${link.failure.message.replace(/\.$/, "")}` };
    const id = link.to === "units" && rest.length === 0 ? this.#stageOf(link) : null;
    return id === null ? { what: "no stage" } : { id };
  }

  /** Every name that leads to a stage in a module, without the one asking. */
  #stageNames(module: Module, asking: UnitSummary): string[] {
    const types = (module.parsed?.typeBindings ?? []).map(([name]) => name);
    return [...module.bindings.keys(), ...types].filter((name) => {
      if (asking.names.includes(name)) return false;
      const found = this.#namedStage(module, [name]);
      return found !== null && "id" in found;
    });
  }

  #misplaced(
    module: Module,
    name: string,
    {
      form,
      code,
      at,
      message,
    }: Pick<StageDeclaration, "form"> & Pick<SourceProblem, "code" | "message"> & { readonly at: Span },
  ): StageDeclaration {
    const range = rangeOf(module, at);
    return {
      id: this.id(module, name),
      name,
      form,
      file: module.file,
      range,
      nameRange: range,
      inputs: [],
      options: {},
      problems: [{ severity: "error", code, message, range }],
    };
  }

  #inputs(module: Module, call: StageCall, problems: SourceProblem[]): InputDeclaration[] {
    const written = call.inputs ? this.#object(module, call.inputs) : null;
    if (!written) {
      const message =
        'The inputs of a stage must be written as an object, such as { raw: file("data.csv") }, or {} for none.';
      problems.push(nonStaticInput(message, rangeOf(module, call.inputs?.at ?? call.at)));
      return [];
    }
    const inputs: InputDeclaration[] = [];
    for (const property of written.properties) {
      const input = this.#input(written.module, property);
      if ("severity" in input)
        problems.push({ ...input, range: written.module === module ? input.range : rangeOf(module, call.at) });
      else inputs.push(input);
    }
    return inputs;
  }

  /** An object written in place, or as a constant here or in another module. */
  #object(
    module: Module,
    expression: StaticExpression,
  ): { module: Module; properties: readonly StaticProperty[] } | null {
    if (expression.is === "object") return { module, properties: expression.properties };
    if (expression.is !== "name") return null;
    const { link } = this.#graph.follow(module, expression.name, []);
    if (link.to !== "units") return null;
    const constant = link.module.constants.get(link.name);
    return constant?.is === "object" ? { module: link.module, properties: constant.properties } : null;
  }

  #input(module: Module, property: StaticProperty): InputDeclaration | SourceProblem {
    const { key: name, value: expression, at } = property;
    const evaluated = this.#evaluation.evaluate(module, expression);
    switch (evaluated.is) {
      case "stage": {
        const stage = this.#stageOf(evaluated.link);
        if (!stage) break;
        return { kind: "stage", name, stage, view: evaluated.view };
      }
      case "source":
        return sourceInput(name, evaluated, rangeOf(module, expression.at));
      case "value": {
        const example = JSON.stringify(evaluated.value).slice(0, 40);
        const message = `The input "${name}" is a plain value. Write param("${name}", ${example}) to make it a parameter.`;
        return nonStaticInput(message, rangeOf(module, expression.at));
      }
      case "unknown": {
        const which = name === "" ? "Every input" : `The input "${name}"`;
        const message = `${which} must be known without running the code, but this is ${evaluated.what}. Write ${HOW_TO_WRITE} here.`;
        return nonStaticInput(message, rangeOf(module, evaluated.at));
      }
      default:
        return unreachable(evaluated);
    }
    return nonStaticInput(`The input "${name}" is not a stage. Write ${HOW_TO_WRITE} here.`, rangeOf(module, at));
  }

  #options(
    module: Module,
    expression: StaticExpression | null,
    problems: SourceProblem[],
  ): StageDeclaration["options"] {
    if (!expression) return {};
    const written = this.#object(module, expression);
    if (!written) {
      const message = 'The options of a stage must be written as an object of plain values, such as { ttl: "1h" }.';
      problems.push({ severity: "error", code: "non-static-option", message, range: rangeOf(module, expression.at) });
      return {};
    }
    const given: GivenOption[] = [];
    for (const { key, value } of written.properties) {
      if (value.is === "name" && value.name === "undefined") continue;
      const evaluated = this.#evaluation.evaluate(written.module, value);
      const range = rangeOf(module, written.module === module ? value.at : expression.at);
      if (evaluated.is === "value") given.push({ name: key, value: evaluated.value, range });
      else {
        const what = evaluated.is === "unknown" ? evaluated.what : "an input";
        const message = `The option "${key}" must be known without running the code, but this is ${what}. Write a plain value here.`;
        problems.push({ severity: "error", code: "non-static-option", message, range });
      }
    }
    const checked = checkOptions(given);
    problems.push(...checked.problems);
    return checked.options;
  }

  #stageOf(link: Extract<Link, { to: "units" }>): StageId | null {
    const found = this.#unitOf(link);
    return found ? this.id(link.module, this.exportName(link.module, found.unit).name) : null;
  }

  #unitOf(link: Extract<Link, { to: "units" }>): { readonly unit: UnitSummary; readonly form: StageForm } | null {
    for (const position of link.units) {
      const unit = link.module.parsed?.units[position];
      if (unit && this.#isStage(link.module, unit)) return { unit, form: "wrapped" };
      if (unit?.plain) return { unit, form: "plain" };
    }
    return null;
  }
}

function sourceInput(
  name: string,
  { source, arguments: given }: Extract<Evaluated, { is: "source" }>,
  range: SourceRange,
): InputDeclaration | SourceProblem {
  const [first, second] = given;
  const wrong = (how: string): SourceProblem =>
    nonStaticInput(`The input "${name}" is not complete. Write ${how}.`, range);
  switch (source) {
    case "file":
      return typeof first === "string" && first !== ""
        ? { kind: "file", name, path: first }
        : wrong('file("path/to/file")');
    case "files":
      return typeof first === "string" && first !== ""
        ? { kind: "files", name, pattern: first }
        : wrong('files("data/*.csv")');
    case "param":
      return typeof first === "string" && second !== undefined
        ? { kind: "param", name, param: first, default: second }
        : wrong('param("name", default)');
    case "env":
      if (typeof first !== "string" || first === "") return wrong('env("NAME") or env("NAME", "default")');
      if (second !== undefined && typeof second !== "string")
        return wrong('env("NAME", "default") with a text as default');
      return { kind: "env", name, variable: first, default: second ?? null };
  }
}

function nonStaticInput(message: string, range: SourceRange): SourceProblem {
  return { severity: "error", code: "non-static-input", message, range };
}

/** Misplaced stages are told apart by their line where a name is taken. */
function freeName({ name, at }: { readonly name: string; readonly at: Span }, taken: Set<string>): string {
  const free = taken.has(name) ? `${name}:${at[0]}` : name;
  taken.add(free);
  return free;
}

function markDuplicates(declarations: readonly StageDeclaration[]): StageDeclaration[] {
  const seen = new Set<StageId>();
  return declarations.map((declaration) => {
    if (!seen.has(declaration.id)) {
      seen.add(declaration.id);
      return declaration;
    }
    const message = `Another stage of this file is called "${declaration.name}", too. Give one of them another name.`;
    const problem: SourceProblem = {
      severity: "error",
      code: "duplicate-stage",
      message,
      range: declaration.nameRange,
    };
    return { ...declaration, problems: [...declaration.problems, problem] };
  });
}

function rangeOf(module: Module, [line, column, endLine, endColumn]: Span): SourceRange {
  return { file: module.file, line, column, endLine, endColumn };
}
