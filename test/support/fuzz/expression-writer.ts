/** Writes expressions of a fuzzed project. What it writes ends, whatever refers to whatever. */
import type { ImportWriter } from "./import-writer.js";
import { STYLE, type Expression, type ModuleModel, type ProjectModel } from "./model.js";
import { declarationOf, itemById } from "./naming.js";
import { SHAPES } from "./templates.js";

/** Where an expression stands. */
export interface Place {
  readonly parameter: string | null;
  /** How deep calls may go from here: `@n` inside functions, which stop at 0. */
  readonly fuel: string;
  /** Items from here on may lead back to this place, so that fuel is needed. */
  readonly rank: number;
  /** Names of a stage's inputs. */
  readonly inputs: readonly string[] | null;
  readonly self: number;
  /** Inside an async function, and not in another function. */
  readonly waits: boolean;
}

export class ExpressionWriter {
  readonly #project: ProjectModel;
  readonly #module: ModuleModel;
  readonly #imports: ImportWriter;

  constructor(project: ProjectModel, module: ModuleModel, imports: ImportWriter) {
    this.#project = project;
    this.#module = module;
    this.#imports = imports;
  }

  write(expression: Expression, place: Place): string {
    const inside = place.waits ? { ...place, waits: false } : place;
    switch (expression.is) {
      case "number":
        return this.#number(expression.value);
      case "parameter":
        return place.parameter ?? "5";
      case "input": {
        const name = place.inputs?.[expression.nth % (place.inputs.length || 1)];
        if (name === undefined) return "6";
        if (name === "given") return name;
        return `[...JSON.stringify(${name})].reduce((@y, @z) => (@y * 31 + @z.charCodeAt(0)) % 100003, 7)`;
      }
      case "data":
        return `${this.#imports.data()}.v${expression.nth % this.#project.data.length}`;
      case "global":
        return `(globalThis.shared${expression.nth % 2} ?? 0)`;
      case "shape": {
        const text = SHAPES[expression.shape % SHAPES.length]!;
        return this.#dressed(this.#given(text, this.write(expression.a, inside), this.write(expression.b, inside)));
      }
      case "use":
        return this.#use(expression, place);
    }
  }

  #use(expression: Extract<Expression, { is: "use" }>, place: Place): string {
    const target = itemById(this.#project, expression.target);
    if (target?.kind !== "declare" || target.id === place.self) return "3";
    const guarded = target.id >= place.rank;
    if (guarded && place.parameter === null) return "4";
    const { uses } = declarationOf(this.#project, target);
    const possible = place.waits ? uses : uses.filter((use) => !use.includes("await "));
    const use = possible[expression.how % (possible.length || 1)];
    if (use === undefined) return "8";
    const given = this.write(expression.given, { ...place, waits: false });
    const fuel = place.fuel === "@n" ? "@n - 1" : place.fuel;
    const linked = use.replace(/@N(\d?)(?!\w)/g, (_, part: string) => this.#imports.link(target, Number(part || 0)));
    const text = this.#given(linked, given, "2").replaceAll("@d", fuel);
    return guarded ? `(@n > 0 ? ${text} : 1)` : text;
  }

  #given(template: string, a: string, b: string): string {
    return template.replace(/@([ab])(?!\w)/g, (_, which: string) => (which === "a" ? a : b));
  }

  #number(value: number): string {
    const style = this.#style("types");
    if (value < 0) return `(${value})`;
    if (this.#module.language === "ts" && style % 5 === 2) return `(${value} as number)`;
    return value > 999 && style % 2 === 1
      ? `${Math.floor(value / 1000)}_${String(value % 1000).padStart(3, "0")}`
      : `${value}`;
  }

  /** The same expression with parentheses, comments and types that change nothing. */
  #dressed(text: string): string {
    let result = text;
    if (this.#style("comments") % 4 === 3) result = `/* ${this.#style("comments")} */ ${result}`;
    if (this.#style("parentheses") % 3 === 1) result = `(${result})`;
    if (this.#module.language !== "ts") return result;
    const types = this.#style("types") % 5;
    if (types === 3) return `((${result}) as any)`;
    return types === 4 ? `(${result})!` : result;
  }

  #style(name: keyof typeof STYLE): number {
    return this.#module.style[STYLE[name]] ?? 0;
  }
}
