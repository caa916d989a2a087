/** Writes one module of a fuzzed project: its items, then the imports they turned out to need, then its exports. */
import { ExpressionWriter, type Place } from "./expression-writer.js";
import { ImportWriter } from "./import-writer.js";
import { STYLE, type Item, type ModuleModel, type ProjectModel } from "./model.js";
import { baseName, declarationOf, exportedNames, itemById, stageName } from "./naming.js";
import { GLOBAL_CHANGES, STAGE_FORMS, WRAPPINGS } from "./templates.js";

export class ModuleWriter {
  readonly #project: ProjectModel;
  readonly #index: number;
  readonly #module: ModuleModel;
  readonly #slices: boolean;
  readonly #imports: ImportWriter;
  readonly #expressions: ExpressionWriter;

  constructor(project: ProjectModel, index: number, slices: boolean) {
    this.#project = project;
    this.#index = index;
    this.#module = project.modules[index]!;
    this.#slices = slices;
    this.#imports = new ImportWriter(project, index);
    this.#expressions = new ExpressionWriter(project, this.#module, this.#imports);
  }

  text(): string {
    const items = this.#project.items.filter((item) => item.module === this.#index);
    const declared = items.filter((item) => item.kind === "declare");
    const prefixed = this.#module.language !== "cjs" && this.#style("exports") % 3 === 0;
    const body = items.map((item) => {
      const text = this.#locals(this.#item(item));
      const single = item.kind === "declare" && !text.includes("\n");
      return this.#decorated(item, prefixed && single ? `export ${text}` : text);
    });
    const rest = declared.filter((item) => !prefixed || this.#itemIsLong(item));
    const names = rest.flatMap((item) => exportedNames(this.#project, item));
    const first = declared[0] ? exportedNames(this.#project, declared[0])[0] : undefined;
    if (this.#style("unusedImport") % 13 === 7) this.#imports.unused();
    const exports = this.#exportLines(names, first, items);
    const early = this.#module.language !== "cjs" && this.#style("exports") % 3 === 2;
    const parts = [...this.#imports.lines(this.#style("importOrder")), ...(early ? exports : []), ...body];
    if (!early) parts.push(...exports);
    return this.#ended(`${parts.join(this.#style("layout") % 3 === 1 ? "\n\n" : "\n")}\n`);
  }

  #style(name: keyof typeof STYLE): number {
    return this.#module.style[STYLE[name]] ?? 0;
  }

  #itemIsLong(item: Item): boolean {
    return declarationOf(this.#project, item).text.includes("\n");
  }

  #exportLines(names: readonly string[], first: string | undefined, items: readonly Item[]): string[] {
    if (this.#module.language !== "cjs") {
      const lines = names.length > 0 ? [`export { ${names.join(", ")} };`] : [];
      return first === undefined ? lines : [...lines, `export { ${first} as default };`];
    }
    const stages = items.filter((item) => item.kind === "stage").map(stageName);
    if (this.#style("exports") % 2 === 0) return [`module.exports = { ${[...names, ...stages].join(", ")} };`];
    return [...names, ...stages].map((name) => `exports.${name} = ${name};`);
  }

  #item(item: Item): string {
    switch (item.kind) {
      case "declare": {
        const text = declarationOf(this.#project, item).text.replaceAll("@B", () => this.#base(item));
        return this.#fill(item, this.#named(item, text));
      }
      case "change":
        return this.#change(item);
      case "load":
        this.#imports.bare(item.target % this.#project.modules.length);
        return "";
      case "stage":
        return this.#stage(item);
    }
  }

  #named(item: Item, text: string): string {
    const base = baseName(this.#project, item);
    return text.replace(/@N(\d?)(?!\w)/g, (_, part: string) => `${base}${part}`);
  }

  #base(item: Item): string {
    const target = itemById(this.#project, item.target);
    if (target?.kind === "declare" && target.id < item.id && declarationOf(this.#project, target).isClass) {
      return this.#imports.link(target, 0);
    }
    return "(class { m(@x@t) { return @x; } static s(@x@t) { return @x + 1; } })";
  }

  #change(item: Item): string {
    const target = itemById(this.#project, item.target);
    let statements: readonly string[] = GLOBAL_CHANGES;
    let inside = (text: string): string => text;
    if (target?.kind === "declare") {
      const { changes = [], own = [] } = declarationOf(this.#project, target);
      const possible = target.module === this.#index ? [...changes, ...own] : changes;
      if (possible.length > 0) {
        statements = possible;
        inside = (text) =>
          text.replace(/@N(\d?)(?!\w)/g, (_, part: string) => this.#imports.link(target, Number(part || 0)));
      }
    }
    const statement = inside(statements[item.template % statements.length]!);
    const wrapping = WRAPPINGS[item.name % WRAPPINGS.length]!.replaceAll("@N", `setUp${item.id}`);
    return this.#fill(
      item,
      wrapping.replace("@S", () => statement),
    );
  }

  #stage(item: Extract<Item, { kind: "stage" }>): string {
    const inputs = item.upstream.flatMap((id, i) => {
      const upstream = itemById(this.#project, id);
      return upstream ? [{ name: `in${i}`, upstream }] : [];
    });
    const names = inputs.map(({ name }) => name);
    if (item.parameter !== null) names.push("given");
    const form = STAGE_FORMS[item.template % STAGE_FORMS.length]!.replace("@P", `{ ${names.join(", ")} }`);
    const run = this.#fill(item, form, names);
    const exported = this.#module.language === "cjs" ? "" : "export ";
    if (this.#slices) {
      for (const { upstream } of inputs) if (upstream.module !== this.#index) this.#imports.bare(upstream.module);
      return `${exported}const ${stageName(item)} = ${run};`;
    }
    const given = inputs.map(({ name, upstream }) => {
      if (upstream.module !== this.#index) this.#imports.direct(upstream.module, stageName(upstream));
      return `${name}: ${stageName(upstream)}`;
    });
    this.#imports.runtime("stage");
    if (item.parameter !== null) {
      this.#imports.runtime("param");
      given.push(`given: param("given${item.id}", ${item.parameter})`);
    }
    return `${exported}const ${stageName(item)} = stage({ ${given.join(", ")} }, ${run});`;
  }

  /** Puts expressions into a template. */
  #fill(item: Item, template: string, inputs: readonly string[] | null = null): string {
    const waits = inputs !== null && template.startsWith("async");
    const text = template.replace(/@([fg]?)(\d)/g, (_, how: string, nth: string) => {
      const top: Place = {
        parameter: null,
        fuel: inputs ? "2" : this.#project.wild ? "1" : "0",
        rank: inputs || this.#project.wild ? Infinity : item.id,
        inputs,
        self: item.id,
        waits,
      };
      const inner: Place = { parameter: "@x", fuel: "@n", rank: item.id, inputs: null, self: item.id, waits: false };
      const getter: Place = { parameter: null, fuel: "0", rank: item.id, inputs: null, self: item.id, waits: false };
      const place = how === "f" ? inner : how === "g" ? getter : top;
      return this.#expressions.write(item.parts[Number(nth)] ?? { is: "number", value: 1 }, place);
    });
    return text.replaceAll("@t", this.#module.language === "ts" && this.#style("types") % 2 === 1 ? ": any" : "");
  }

  /** Gives local variables their names; sometimes those of the module's own declarations that are not used here. */
  #locals(text: string): string {
    const words = new Set(text.match(/[\w$]+/g));
    const styles: readonly ((local: string, nth: number) => string)[] = [
      (local) => local,
      (local) => `_${local}`,
      (local) => `${local}Row`,
      (local, nth) => this.#shadowable()[nth] ?? local,
    ];
    const style = styles[this.#style("locals") % styles.length]!;
    const names = new Map<string, string>();
    ["x", "y", "z", "i", "k", "n"].forEach((local, nth) => {
      let name = style(local, nth);
      while (words.has(name) || [...names.values()].includes(name)) name += "_";
      names.set(local, name);
    });
    return text.replace(/@([xyzikn])(?!\w)/g, (_, local: string) => names.get(local)!);
  }

  #shadowable(): string[] {
    const items = this.#project.items.filter((item) => item.module === this.#index && item.kind === "declare");
    return items.flatMap((item) => exportedNames(this.#project, item));
  }

  #decorated(item: Item, text: string): string {
    const comments = this.#style("comments");
    let result = text;
    if (this.#style("layout") % 3 === 2) result = result.replaceAll("; ", ";\n    ");
    if (this.#style("quotes") % 2 === 1) result = result.replace(/"([\w .,/-]*)"/g, "'$1'");
    if (comments % 3 === 1) result = `/** Comment ${comments} of ${item.id}. */\n${result}`;
    if (comments % 3 === 2) result = `${result} // ${comments}`;
    if (this.#module.language === "ts" && this.#style("types") % 4 === 3) {
      result = `interface Shape${item.id} { readonly n: number }\ntype Alias${item.id} = Shape${item.id} | null;\n${result}`;
    }
    return result;
  }

  #ended(text: string): string {
    const style = this.#style("lineEnds") % 4;
    if (style === 1) return text.replaceAll("\n", "\r\n");
    return style === 2 ? `\uFEFF${text}` : text;
  }
}
