/** What can be written at a place of a documentation comment, from the text around it alone: fast enough for every key. */
import { optionHints } from "../analysis/stage-options.js";
import { isContextName } from "./context-parameter.js";
import { SOURCE_KINDS, VIEW_CALLS } from "./tag-values.js";

export interface TagCompletion {
  readonly label: string;
  /** What is written, when that is not the label. `$0` is where the cursor goes. */
  readonly insert: string;
  readonly detail: string;
  readonly kind: "tag" | "parameter" | "source" | "stage" | "view" | "option" | "value";
}

export interface TagCompletions {
  readonly items: readonly TagCompletion[];
  /** How many characters before the cursor an item replaces. */
  readonly replaces: number;
  /** A path relative to the project is being typed: what there is of it. `glob`: a pattern is meant. */
  readonly path: { readonly typed: string; readonly glob: boolean } | null;
}

export interface TagSurroundings {
  /** The text of the file up to the cursor, and after it. */
  readonly before: string;
  readonly after: string;
  /** Names of stages that the file can see. */
  readonly stages: readonly string[];
}

const TAGS: readonly (readonly [tag: string, insert: string, detail: string])[] = [
  ["@input", "@input $0", "What a parameter gets: a file, files, a variable, a parameter or a stage"],
  ["@param-input", "@param-input $0", "A parameter of the project, with its default"],
  ["@option", "@option $0", "An option of the stage"],
];

const SOURCES: Readonly<Record<(typeof SOURCE_KINDS)[number], string>> = {
  file: "The path of a file; its content counts",
  files: "The sorted paths of the files that match a pattern",
  env: "An environment variable",
  param: "A parameter of the project under another name",
  stage: "A stage under another name, or a view of one",
};

/** `null` outside of documentation comments. */
export function completeTags({ before, after, stages }: TagSurroundings): TagCompletions | null {
  const open = before.lastIndexOf("/**");
  if (open < 0 || before.indexOf("*/", open + 2) >= 0) return null;
  const comment = before.slice(open + 3);
  const line = comment.slice(comment.lastIndexOf("\n") + 1).replace(/^\s*\**\s*/, "");
  const close = after.indexOf("*/");
  const whole = comment + (close < 0 ? "" : after.slice(0, close));
  const isStage = /(?:^|\n)[\s*]*@stage\b/.test(whole);
  const parameters = close < 0 ? [] : parametersAfter(after.slice(close + 2));
  if (/^@[\w-]*$/.test(line)) return items(line, tagItems(isStage));
  if (!isStage) return null;
  const [, tag = "", rest = ""] = /^@(input|param-input|option)\s+(.*)$/s.exec(line) ?? [];
  if (tag === "option") return completeOption(rest, whole);
  if (tag === "") return null;
  const value = /^\S+\s+(.*)$/s.exec(rest)?.[1];
  if (value === undefined) return items(rest, parameterItems(parameters, whole));
  return tag === "input" ? completeSource(value, stages) : null;
}

function items(typed: string, all: readonly TagCompletion[]): TagCompletions {
  return { items: all, replaces: typed.length, path: null };
}

function tagItems(isStage: boolean): TagCompletion[] {
  if (!isStage)
    return [{ label: "@stage", insert: "@stage", detail: "Makes a stage of this exported function", kind: "tag" }];
  return TAGS.map(([label, insert, detail]) => ({ label, insert, detail, kind: "tag" }));
}

function parameterItems(parameters: readonly string[], comment: string): TagCompletion[] {
  const given = new Set(
    [...comment.matchAll(/@(?:input|param-input)[ \t]+(\S+)[ \t]+\S/g)].map(([, name = ""]) => name),
  );
  return parameters
    .filter((name, index) => !given.has(name) && !(isContextName(name) && index === parameters.length - 1))
    .map((name) => ({ label: name, insert: `${name} $0`, detail: "A parameter of this function", kind: "parameter" }));
}

function completeSource(value: string, stages: readonly string[]): TagCompletions | null {
  const path = /^(file|files):"?([^"]*)$/.exec(value);
  if (path)
    return { items: [], replaces: path[2]?.length ?? 0, path: { typed: path[2] ?? "", glob: path[1] === "files" } };
  const stage = /^stage:([^\s.]*)(\.?)([^\s]*)$/.exec(value);
  if (stage) {
    const [, name = "", dot, view = ""] = stage;
    if (dot === "")
      return items(
        name,
        stages.map((label) => ({ label, insert: label, detail: "A stage", kind: "stage" })),
      );
    const views = VIEW_CALLS.map((label): TagCompletion => ({
      label,
      insert: label.replace("columns()", "columns($0)"),
      detail: `A view of ${name}`,
      kind: "view",
    }));
    return items(view, views);
  }
  if (!/^[a-z]*$/.test(value)) return null;
  return items(
    value,
    SOURCE_KINDS.map((kind) => ({ label: `${kind}:`, insert: `${kind}:$0`, detail: SOURCES[kind], kind: "source" })),
  );
}

function completeOption(rest: string, comment: string): TagCompletions | null {
  const [, name = "", gap = "", value = ""] = /^(\S*)(\s*)(.*)$/s.exec(rest) ?? [];
  if (gap === "") {
    const given = new Set([...comment.matchAll(/@option[ \t]+(\S+)[ \t]+\S/g)].map(([, option = ""]) => option));
    const options = optionHints().filter((option) => !given.has(option.name));
    return items(
      name,
      options.map((option) => ({
        label: option.name,
        insert: `${option.name} $0`,
        detail: option.expects,
        kind: "option",
      })),
    );
  }
  const option = optionHints().find((candidate) => candidate.name === name);
  if (!option || option.values.length === 0) return null;
  return items(
    value,
    option.values.map((label) => ({ label, insert: label, detail: option.expects, kind: "value" })),
  );
}

/** Names of the parameters of the function that comes next; types and defaults are passed over. */
export function parametersAfter(text: string): string[] {
  const head =
    /^(?:\s|\/\/.*|\/\*[^]*?\*\/)*(?:export\s+)?(?:default\s+)?(?:async\s+)?(?:function\s*\*?\s*[\w$]*\s*(?:<[^(]*>)?\s*\(|(?:const|let|var)\s+[\w$]+[^=(]*=\s*(?:async\s+)?(?:function\s*\*?\s*[\w$]*\s*)?(?:<[^(]*>)?\()/.exec(
      text.slice(0, 4000),
    );
  if (!head) return [];
  const names: string[] = [];
  let depth = 0;
  let expectsName = true;
  const tokens = text
    .slice(head[0].length, head[0].length + 4000)
    .matchAll(/=>|[\p{ID_Start}$_][\p{ID_Continue}$]*|["'`][^"'`\n]*["'`]|[^\s\w]/gu);
  for (const [token] of tokens) {
    if (token === ")" && depth === 0) break;
    if (/^[([{<]$/.test(token)) depth++;
    else if (/^[)\]}>]$/.test(token)) depth--;
    if (token === "," && depth === 0) expectsName = true;
    else if (expectsName) {
      if (/^[\p{ID_Start}$_]/u.test(token) && token !== "this") names.push(token);
      expectsName = false;
    }
  }
  return names;
}

/** Names by which a file's imports bind any of these stages. */
export function importedNames(text: string, stages: ReadonlySet<string>): string[] {
  const names: string[] = [];
  for (const [, list = ""] of text.matchAll(/\bimport\s+(?:type\s+)?(?:[\w$]+\s*,\s*)?\{([^}]*)\}\s*from\b/g)) {
    for (const part of list.split(",")) {
      const [, imported = "", local] = /^\s*(?:type\s+)?([\w$]+)(?:\s+as\s+([\w$]+))?\s*$/.exec(part) ?? [];
      if (stages.has(imported)) names.push(local ?? imported);
    }
  }
  return names;
}
