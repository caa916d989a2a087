/** What the values of `@input`, `@param-input` and `@option` mean, and how such values are written. */
import type { StaticValue, View } from "../../protocol/stage.js";

/** What `@input name …` says the parameter gets. */
export type TagSource =
  | { readonly is: "file"; readonly path: string }
  | { readonly is: "files"; readonly pattern: string }
  | { readonly is: "env"; readonly variable: string; readonly default: string | null }
  | { readonly is: "param"; readonly param: string; readonly default: StaticValue }
  /** A stage by the name it has in this file, with members after a namespace. */
  | { readonly is: "stage"; readonly chain: readonly string[]; readonly view: View }
  /** `how`: what to write instead, as the end of a sentence that begins with "Write". */
  | { readonly is: "wrong"; readonly how: string };

export const SOURCE_KINDS = ["file", "files", "env", "param", "stage"] as const;
export const VIEW_CALLS = ["rows()", "table()", "stream()", "path()", "columns()"] as const;

const WAYS = "file:data/a.csv (or files:data/*.csv, env:NAME, param:NAME=100, stage:NAME)";
const NAME = /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u;

/** Reads `file:…`, `files:…`, `env:…`, `param:…` and `stage:…`. */
export function readSource(name: string, written: string): TagSource {
  const [, kind = "", rest = ""] = /^([a-z]+):(.*)$/su.exec(written) ?? [];
  const wrong = (how: string): TagSource => ({ is: "wrong", how: `@input ${name} ${how}` });
  switch (kind) {
    case "file":
    case "files": {
      const example = kind === "file" ? "file:data/a.csv" : "files:data/*.csv";
      const path = oneWord(rest);
      if (path === null) return wrong(`${kind}:${JSON.stringify(rest)} (in quotes, because of the space)`);
      if (path === "") return wrong(example);
      return kind === "file" ? { is: "file", path } : { is: "files", pattern: path };
    }
    case "env": {
      const [, variable = "", equals, value = ""] = /^([^=\s]*)(=?)(.*)$/s.exec(rest) ?? [];
      const text = oneWord(value);
      if (variable === "" || text === null || (equals === "" && value.trim() !== ""))
        return wrong(`env:NAME, or env:NAME="a default"`);
      return { is: "env", variable, default: equals === "" ? null : text };
    }
    case "param": {
      const [, param = "", value = ""] = /^([^=\s]+)=(.*)$/s.exec(rest) ?? [];
      const parsed = readJson(value);
      return param === "" || parsed === null
        ? wrong("param:NAME=100 (the default as JSON)")
        : { is: "param", param, default: parsed.value };
    }
    case "stage":
      return readStage(rest) ?? wrong("stage:NAME, or with a view such as stage:NAME.columns(customer, total)");
    default:
      return wrong(WAYS);
  }
}

/** A JSON literal, with a description after ` - ` or without; `null` when it is none. */
export function readJson(text: string): { readonly value: StaticValue } | null {
  for (const candidate of [text, text.replace(/\s+-\s.*$/s, "")]) {
    try {
      return { value: JSON.parse(candidate) as StaticValue };
    } catch {
      // Perhaps it is followed by a description.
    }
  }
  return null;
}

/** The value of an option: JSON, or a word as it is where that cannot be meant as JSON. `null`: half-written JSON. */
export function readOptionValue(option: string, text: string): { readonly value: StaticValue } | null {
  // The one option that is a sentence, dashes and all.
  if (option === "description" && !text.startsWith('"')) return { value: text };
  const json = readJson(text);
  if (json !== null) return json;
  return /^["[{]/.test(text) ? null : { value: text.replace(/\s+-\s.*$/s, "") };
}

/** The value of `@input` for an input; `stage` is how the stage is called in the file. */
export function writeSource(source: Exclude<TagSource, { is: "wrong" }>): string {
  switch (source.is) {
    case "file":
      return `file:${quoted(source.path)}`;
    case "files":
      return `files:${quoted(source.pattern)}`;
    case "env":
      return `env:${source.variable}${source.default === null ? "" : `=${quoted(source.default)}`}`;
    case "param":
      return `param:${source.param}=${JSON.stringify(source.default)}`;
    case "stage": {
      const { view } = source;
      const columns = view.as === "columns" ? view.columns.map((column) => columnText(column)).join(", ") : "";
      return `stage:${source.chain.join(".")}${view.as === "value" ? "" : `.${view.as}(${columns})`}`;
    }
  }
}

/** One word, or a text in double quotes; a description may follow after ` - `. `null` for several words. */
function oneWord(text: string): string | null {
  const withQuotes = /^("(?:[^"\\]|\\.)*")(?:\s+-\s.*)?$/s.exec(text.trim());
  if (withQuotes) {
    const value = readJson(withQuotes[1] ?? "")?.value;
    return typeof value === "string" ? value : null;
  }
  const [word = "", ...more] = text.trim().split(/\s+/);
  return more.length === 0 || more[0] === "-" ? word : null;
}

function quoted(text: string): string {
  return text === "" || /[\s"\\]/.test(text) ? JSON.stringify(text) : text;
}

function columnText(column: string): string {
  return /^[^\s,()"\\]+$/.test(column) ? column : JSON.stringify(column);
}

function readStage(rest: string): TagSource | null {
  const match = /^([^\s(]+?)(?:\.(rows|table|stream|path|columns)\s*\(([^]*)\))?(?:\s+-\s.*)?$/u.exec(rest.trim());
  const chain = match?.[1]?.split(".") ?? [];
  if (chain.length === 0 || !chain.every((name) => NAME.test(name))) return null;
  const as = match?.[2] as View["as"] | undefined;
  const given = match?.[3]?.trim() ?? "";
  if (as === undefined) return { is: "stage", chain, view: { as: "value" } };
  if (as !== "columns") return given === "" ? { is: "stage", chain, view: { as } as View } : null;
  const columns = readColumns(given);
  return columns === null || columns.length === 0 ? null : { is: "stage", chain, view: { as, columns } };
}

/** `customer, "unit price"` */
function readColumns(text: string): readonly string[] | null {
  const columns: string[] = [];
  let rest = text;
  while (rest !== "") {
    const match = /^("(?:[^"\\]|\\.)*"|[^\s,"]+)\s*(?:,\s*|$)/.exec(rest);
    if (!match) return null;
    const [whole, column = ""] = match;
    const value = column.startsWith('"') ? readJson(column)?.value : column;
    if (typeof value !== "string") return null;
    columns.push(value);
    rest = rest.slice(whole.length);
  }
  return columns;
}
