/** What the declarations of a fuzzed project are called, and from which template each is written. */
import type { Item, ProjectModel } from "./model.js";
import { DECLARATIONS, type DeclarationTemplate } from "./templates.js";

const WORDS = ["alpha", "beta", "total", "make", "Kind", "list", "value", "run"] as const;

export function declarationOf(project: ProjectModel, item: Item): DeclarationTemplate {
  const language = project.modules[item.module]?.language ?? "ts";
  const mayWait = project.modules.every((module) => module.language !== "cjs");
  const possible = DECLARATIONS.filter(
    (template) => (template.typeScript !== true || language === "ts") && (template.waits !== true || mayWait),
  );
  return possible[item.template % possible.length]!;
}

/** Names that a declaration gives to its module, by the number in the template: `@N`, `@N1`, … */
export function exportedNames(project: ProjectModel, item: Item): string[] {
  const base = baseName(project, item);
  const { text } = declarationOf(project, item);
  return ["", "1", "2"].filter((part) => new RegExp(`@N${part}(?!\\w)`).test(text)).map((part) => `${base}${part}`);
}

/** Half of them are plain words, so that modules share names; inside a module each is unique. */
export function baseName(project: ProjectModel, item: Item): string {
  const word = WORDS[item.name % WORDS.length]!;
  if (item.name % 2 === 0) return `${word}${item.id}_`;
  const taken = project.items.some(
    (other) =>
      other.module === item.module && other.id < item.id && other.name % WORDS.length === item.name % WORDS.length,
  );
  return taken ? `${word}${item.id}_` : word;
}

export function itemById(project: ProjectModel, id: number): Item | null {
  return project.items.find((item) => item.id === id) ?? null;
}

export function fileOf(project: ProjectModel, module: number): string {
  return `m${module}.${project.modules[module]?.language ?? "ts"}`;
}

export function stageName(item: Item): string {
  return `stage${item.id}`;
}

/** What a name is called in the barrel. */
export function nameInBarrel(project: ProjectModel, item: Item, part: number): string {
  const name = exportedNames(project, item)[part] ?? "";
  const others = project.items.filter(
    (other) => other.kind === "declare" && exportedNames(project, other).includes(name),
  );
  return others.length > 1 ? barrelName(item, part) : name;
}

export function barrelName(item: Item, part: number): string {
  return `item${item.id}_${part}`;
}
