/** Reads a stage in the plain form: parameters bound by name, and what the tags of its comment say. */
import type { InputDeclaration, SourceProblem, SourceRange, StageOptions, StaticValue } from "../../protocol/stage.js";
import { unreachable } from "../../protocol/unreachable.js";
import { didYouMean } from "../near-names.js";
import { isContextMember, isContextName } from "../plain-form/context-parameter.js";
import { STAGE_TAGS, isStageTag, type StageTag } from "../plain-form/stage-tags.js";
import { readJson, readOptionValue, readSource } from "../plain-form/tag-values.js";
import type { PlainParameter, PlainStage, Span } from "./file-summary.js";
import { checkOptions, type GivenOption } from "./stage-options.js";

/** What the names of a file mean to the stages in it. */
export interface StageNames {
  /** The stage that a name with members after it stands for, or what it is instead; `null`: there is no such name. */
  readonly stage: (chain: readonly string[]) => { readonly id: InputStageId } | { readonly what: string } | null;
  /** Names of all stages that a parameter could have. */
  readonly known: () => readonly string[];
  readonly range: (at: Span) => SourceRange;
}

type InputStageId = Extract<InputDeclaration, { kind: "stage" }>["stage"];

export interface PlainDeclaration {
  readonly inputs: readonly InputDeclaration[];
  readonly options: StageOptions;
  readonly problems: readonly SourceProblem[];
}

export function readPlainStage(plain: PlainStage, names: StageNames): PlainDeclaration {
  const reading = new Reading(plain, names);
  const inputs = reading.inputs();
  const options = reading.options();
  return { inputs, options, problems: reading.problems };
}

class Reading {
  readonly problems: SourceProblem[] = [];
  readonly #plain: PlainStage;
  readonly #names: StageNames;
  /** `@input` and `@param-input` by the parameter they name. */
  readonly #tags = new Map<string, StageTag>();

  constructor(plain: PlainStage, names: StageNames) {
    this.#plain = plain;
    this.#names = names;
    this.#collectTags();
  }

  inputs(): InputDeclaration[] {
    const { parameters } = this.#plain;
    return parameters.flatMap((parameter, index) => {
      const input = this.#input(parameter, index === parameters.length - 1);
      return input ? [input] : [];
    });
  }

  options(): StageOptions {
    const given = new Map<string, GivenOption>();
    for (const tag of this.#plain.comment.tags) {
      if (tag.tag !== "option") continue;
      if (!tag.name || !tag.value) {
        this.#error(tag.at, `An option needs a name and a value: write "@option ttl 1h".`);
        continue;
      }
      const name = tag.name.text;
      if (given.has(name)) {
        this.#error(tag.name.at, `The option "${name}" is given twice. Remove one of the tags.`);
        continue;
      }
      const read = readOptionValue(name, tag.value.text);
      if (read) given.set(name, { name, value: read.value, range: this.#names.range(tag.value.at) });
      else this.#error(tag.value.at, `The option "${name}" has a value that is no JSON. Write it on one line.`);
    }
    const checked = checkOptions([...given.values()]);
    this.problems.push(...checked.problems);
    const { description } = this.#plain.comment;
    return description === "" || checked.options.description !== undefined
      ? checked.options
      : { ...checked.options, description };
  }

  #collectTags(): void {
    const { comment } = this.#plain;
    const names = new Set(this.#plain.parameters.flatMap((p) => ("name" in p ? [p.name] : [])));
    let stages = 0;
    for (const tag of comment.tags) {
      if (!isStageTag(tag.tag)) {
        this.#warning(tag.at, `There is no tag "@${tag.tag}".${didYouMean(tag.tag, STAGE_TAGS)}`);
      } else if (tag.tag === "stage") {
        if (++stages > 1) this.#warning(tag.at, "The comment says @stage twice. Remove one of them.");
        if (/(?:^|\s)@(?:input|param-input|option)\b/.test(`${tag.name?.text ?? ""} ${tag.value?.text ?? ""}`))
          this.#error(tag.at, "Each tag needs a line of its own: begin a new line before the next @.");
      } else if (tag.tag !== "option") this.#collectInput(tag, names);
    }
  }

  #collectInput(tag: StageTag, names: ReadonlySet<string>): void {
    const example = tag.tag === "input" ? "@input raw file:data/raw.csv" : "@param-input min 100";
    if (!tag.name) {
      this.#error(tag.at, `The tag needs the name of a parameter and what it gets: write "${example}".`);
      return;
    }
    const { text: name, at } = tag.name;
    if (this.#tags.has(name)) this.#error(at, `There are two tags for the parameter "${name}". Remove one of them.`);
    else if (names.has(name)) this.#tags.set(name, tag);
    else this.#warning(at, `The function has no parameter "${name}".${didYouMean(name, names)}`);
  }

  #input(parameter: PlainParameter, isLast: boolean): InputDeclaration | null {
    switch (parameter.is) {
      case "name":
        return this.#named(parameter, isLast);
      case "members": {
        const foreign = parameter.members.filter((member) => !isContextMember(member));
        if (isLast && foreign.length === 0) return null;
        this.#error(
          parameter.at,
          "A parameter is bound by its name, and this one is taken apart. Give it a name and take it apart in the body. " +
            "(Only the last parameter may be, to take members of the run context, such as { log }.)",
        );
        return null;
      }
      case "default": {
        const value = readJson(parameter.written)?.value;
        const { name, written, at } = parameter;
        const how =
          value === undefined
            ? `say what it is in the comment, such as "@param-input ${name} 100"`
            : `write "@param-input ${name} ${JSON.stringify(value)}" in the comment`;
        this.#error(
          at,
          `The parameter "${name}" has a default (${written}), which is never used. Remove it and ${how}.`,
        );
        return null;
      }
      case "rest":
        this.#error(
          parameter.at,
          "A rest parameter has no name to bind a stage to. Write one parameter for each input.",
        );
        return null;
      case "pattern":
        this.#error(
          parameter.at,
          "A parameter is bound by its name, and this one is taken apart. Give it a name and take it apart in the body.",
        );
        return null;
      default:
        return unreachable(parameter);
    }
  }

  #named({ name, at }: Extract<PlainParameter, { is: "name" }>, isLast: boolean): InputDeclaration | null {
    const tag = this.#tags.get(name);
    if (isContextName(name) && isLast) {
      if (tag?.name)
        this.#error(tag.name.at, `A last parameter called "${name}" gets the run context. Choose another name for it.`);
      return null;
    }
    if (tag) return tag.tag === "input" ? this.#tagged(name, tag) : this.#parameterTag(name, tag);
    const found = this.#names.stage([name]);
    if (found && "id" in found) return { kind: "stage", name, stage: found.id, view: { as: "value" } };
    if (isContextName(name)) {
      this.#error(at, `The run context must be the last parameter. Move "${name}" to the end.`);
      return null;
    }
    const why = found
      ? `"${name}" is ${found.what}`
      : `no stage of this file, or imported into it, is called "${name}"`;
    this.#problem(
      "error",
      "unknown-parameter",
      at,
      `Restage does not know what the parameter "${name}" gets: ${why}.${didYouMean(name, this.#names.known())} ` +
        `Name it like a stage, or say what it is in the comment: "@input ${name} file:data/${name}.csv" or "@param-input ${name} 100".`,
    );
    return null;
  }

  #parameterTag(name: string, tag: StageTag): InputDeclaration | null {
    const read: { readonly value: StaticValue } | null = tag.value ? readJson(tag.value.text) : null;
    if (read) return { kind: "param", name, param: name, default: read.value };
    const which = tag.value ? `is no JSON: ${tag.value.text}` : "is missing";
    const how = tag.value && /^[\w .-]+$/.test(tag.value.text) ? JSON.stringify(tag.value.text) : "100";
    this.#error(
      tag.value?.at ?? tag.at,
      `The default of the parameter "${name}" ${which}. Write "@param-input ${name} ${how}".`,
    );
    return null;
  }

  #tagged(name: string, tag: StageTag): InputDeclaration | null {
    const source = readSource(name, tag.value?.text ?? "");
    const at = tag.value?.at ?? tag.at;
    switch (source.is) {
      case "file":
        return { kind: "file", name, path: source.path };
      case "files":
        return { kind: "files", name, pattern: source.pattern };
      case "env":
        return { kind: "env", name, variable: source.variable, default: source.default };
      case "param":
        return { kind: "param", name, param: source.param, default: source.default };
      case "stage": {
        const found = this.#names.stage(source.chain);
        if (found && "id" in found) return { kind: "stage", name, stage: found.id, view: source.view };
        const called = source.chain.join(".");
        const why = found ? `"${called}" is ${found.what}` : `this file has no "${called}"`;
        const near = didYouMean(called, this.#names.known());
        this.#error(at, `The input "${name}" names no stage: ${why}.${near} Write a stage of this file or import it.`);
        return null;
      }
      case "wrong":
        this.#error(at, `It is not clear what the input "${name}" is. Write ${source.how}.`);
        return null;
      default:
        return unreachable(source);
    }
  }

  #error(at: Span, message: string): void {
    this.#problem("error", "stage-tag", at, message);
  }

  #warning(at: Span, message: string): void {
    this.#problem("warning", "stage-tag", at, message);
  }

  #problem(severity: SourceProblem["severity"], code: SourceProblem["code"], at: Span, message: string): void {
    this.problems.push({ severity, code, message, range: this.#names.range(at) });
  }
}
