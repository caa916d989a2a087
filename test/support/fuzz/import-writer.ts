/** Which imports a module of a fuzzed project needs, and how it names what it imports. */
import { STYLE, type Item, type ModuleModel, type ProjectModel } from "./model.js";
import { exportedNames, nameInBarrel, stageName } from "./naming.js";

interface Import {
  readonly named: Map<string, string>;
  whole: string | null;
  default: string | null;
}

export class ImportWriter {
  readonly #project: ProjectModel;
  readonly #index: number;
  readonly #module: ModuleModel;
  readonly #imports = new Map<string, Import>();
  readonly #runtime = new Set<string>();
  readonly #taken: Set<string>;
  readonly #bare: string[] = [];
  #data = false;

  constructor(project: ProjectModel, index: number) {
    this.#project = project;
    this.#index = index;
    this.#module = project.modules[index]!;
    const own = project.items.filter((item) => item.module === index);
    this.#taken = new Set(own.flatMap((item) => (item.kind === "declare" ? exportedNames(project, item) : [])));
    for (const item of own) if (item.kind === "stage") this.#taken.add(stageName(item));
  }

  /** An expression for a name of another item. */
  link(item: Item, part: number): string {
    const name = exportedNames(this.#project, item)[part] ?? "undefined";
    if (item.module === this.#index) return name;
    const { style, language } = this.#module;
    const choice = (style[STYLE.links]! + item.id * style[STYLE.moreLinks]!) % 7;
    const from = this.#specifier(item.module);
    const target = this.#project.modules[item.module]!;
    if (language === "cjs" || target.language === "cjs") {
      return choice % 2 === 0
        ? `${this.#whole(from, `all${item.module}`)}.${name}`
        : this.#named(from, name, name, item);
    }
    switch (choice) {
      case 1:
        return this.#named(from, name, `${name}As`, item);
      case 2:
        return `${this.#whole(from, `all${item.module}`)}.${name}`;
      case 3:
        return this.#named("./index.js", nameInBarrel(this.#project, item, part), name, item);
      case 4:
        return `${this.#named("./index.js", `module${item.module}`, `module${item.module}`, item)}.${name}`;
      case 5:
        return `${this.#whole("./index.js", "everything")}.${nameInBarrel(this.#project, item, part)}`;
      case 6: {
        const first = this.#project.items.find((other) => other.module === item.module && other.kind === "declare");
        if (first !== item || part !== 0) return this.#named(from, name, name, item);
        const entry = this.#import(from);
        entry.default ??= this.#free(`${name}Default`, item);
        return entry.default;
      }
      default:
        return this.#named(from, name, name, item);
    }
  }

  bare(module: number): void {
    if (module !== this.#index) this.#bare.push(this.#specifier(module));
  }

  direct(module: number, name: string): void {
    this.#import(this.#specifier(module)).named.set(name, name);
  }

  runtime(name: string): void {
    this.#runtime.add(name);
  }

  data(): string {
    this.#data = true;
    return "data";
  }

  /** An import of something that nothing here uses. */
  unused(): void {
    const other = this.#project.items.find((item) => item.kind === "declare" && item.module !== this.#index);
    if (other) this.#named(this.#specifier(other.module), exportedNames(this.#project, other)[0]!, "unused", other);
  }

  lines(order: number): string[] {
    const sources = [...this.#imports.keys(), ...this.#bare].filter((from, i, all) => all.indexOf(from) === i).sort();
    for (let i = 0; i < order % (sources.length || 1); i++) sources.push(sources.shift()!);
    const lines = sources.flatMap((from) => this.#line(from, this.#imports.get(from)));
    const common = this.#module.language === "cjs";
    if (this.#runtime.size > 0) {
      const names = [...this.#runtime].join(", ");
      lines.unshift(common ? `const { ${names} } = require("restage");` : `import { ${names} } from "restage";`);
    }
    if (this.#data) lines.unshift(common ? `const data = require("./data.json");` : `import data from "./data.json";`);
    return lines;
  }

  #line(from: string, entry: Import | undefined): string[] {
    const named = [...(entry?.named ?? [])].map(([name, local]) => ({ name, local }));
    if (this.#module.language === "cjs") {
      const list = named.map(({ name, local }) => (name === local ? name : `${name}: ${local}`)).join(", ");
      const lines = named.length > 0 ? [`const { ${list} } = require("${from}");`] : [];
      if (entry?.whole != null) lines.push(`const ${entry.whole} = require("${from}");`);
      return lines.length > 0 ? lines : [`require("${from}");`];
    }
    const list = named.map(({ name, local }) => (name === local ? name : `${name} as ${local}`)).join(", ");
    const lines: string[] = [];
    if (entry?.default != null && named.length > 0) lines.push(`import ${entry.default}, { ${list} } from "${from}";`);
    else if (entry?.default != null) lines.push(`import ${entry.default} from "${from}";`);
    else if (named.length > 0) lines.push(`import { ${list} } from "${from}";`);
    if (entry?.whole != null) lines.push(`import * as ${entry.whole} from "${from}";`);
    return lines.length > 0 ? lines : [`import "${from}";`];
  }

  #specifier(module: number): string {
    return `./m${module}.${this.#project.modules[module]?.language === "cjs" ? "cjs" : "js"}`;
  }

  #import(from: string): Import {
    let entry = this.#imports.get(from);
    if (!entry) {
      entry = { named: new Map(), whole: null, default: null };
      this.#imports.set(from, entry);
    }
    return entry;
  }

  #named(from: string, name: string, local: string, item: Item): string {
    const { named } = this.#import(from);
    let known = named.get(name);
    if (known === undefined) {
      known = this.#free(local, item);
      named.set(name, known);
    }
    return known;
  }

  #whole(from: string, local: string): string {
    const entry = this.#import(from);
    entry.whole ??= local;
    return entry.whole;
  }

  #free(name: string, item: Item): string {
    let free = name;
    while (this.#taken.has(free)) free += `_${item.id}`;
    this.#taken.add(free);
    return free;
  }
}
