/** Writes a project of the fuzz out as files. */
import { ModuleWriter } from "./module-writer.js";
import { barrelName, exportedNames, fileOf } from "./naming.js";
import type { ProjectModel, Texts } from "./model.js";

/** `slices`: stages are written as their bare run functions, so that a bundler can cut out the code of one. */
export function render(project: ProjectModel, slices = false): Texts {
  const texts: Record<string, string> = {};
  project.modules.forEach((_, index) => {
    texts[fileOf(project, index)] = new ModuleWriter(project, index, slices).text();
  });
  texts["data.json"] = JSON.stringify(Object.fromEntries(project.data.map((value, i) => [`v${i}`, value])), null, 1);
  texts["index.ts"] = barrelText(project);
  return texts;
}

/** Re-exports of everything: the names that are alone of their kind by `export *`, the others under names of their own. */
function barrelText(project: ProjectModel): string {
  const lines: string[] = [];
  const counts = new Map<string, number>();
  const all = project.items.flatMap((item) =>
    item.kind === "declare" ? exportedNames(project, item).map((name, part) => ({ item, name, part })) : [],
  );
  for (const { name } of all) counts.set(name, (counts.get(name) ?? 0) + 1);
  project.modules.forEach(({ language }, index) => {
    if (language === "cjs") return;
    const from = `"./m${index}.js"`;
    lines.push(`export * as module${index} from ${from};`);
    const inside = all.filter(({ item }) => item.module === index);
    if ((project.barrel >> index) % 2 === 1) lines.push(`export * from ${from};`);
    else {
      const names = inside.filter(({ name }) => counts.get(name) === 1).map(({ name }) => name);
      if (names.length > 0) lines.push(`export { ${names.join(", ")} } from ${from};`);
    }
    for (const { item, name, part } of inside) {
      if ((counts.get(name) ?? 0) > 1) lines.push(`export { ${name} as ${barrelName(item, part)} } from ${from};`);
    }
  });
  return `${lines.join("\n")}\n`;
}
