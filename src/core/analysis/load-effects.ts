/**
 * Initialisers that change something else when their module loads: `export const users = register("users")` fills a table
 * that others read. Followed through the functions they may call, over modules; packages are taken to change nothing of
 * the project's (the same bet as `sideEffects: false`).
 */
import type { UnitSummary } from "./file-summary.js";
import type { Link, Module, ModuleGraph } from "./module-graph.js";

export class LoadEffects {
  readonly #graph: ModuleGraph;
  readonly #isStage: (module: Module, unit: UnitSummary) => boolean;
  readonly #answers = new Map<UnitSummary, boolean>();
  readonly #examined = new Set<Module>();

  constructor(graph: ModuleGraph, isStage: (module: Module, unit: UnitSummary) => boolean) {
    this.#graph = graph;
    this.#isStage = isStage;
  }

  /** Answers hold for the present modules only. */
  forget(): void {
    this.#answers.clear();
    this.#examined.clear();
  }

  /** Whether an answer was taken from this module's code. */
  examined(module: Module): boolean {
    return this.#examined.has(module);
  }

  has(module: Module, unit: UnitSummary): boolean {
    if (unit.effect) return true;
    if (!unit.does.acts) return false;
    let answer = this.#answers.get(unit);
    if (answer === undefined) {
      answer = this.#explore(module, unit);
      this.#answers.set(unit, answer);
    }
    return answer;
  }

  #explore(home: Module, start: UnitSummary): boolean {
    const visited = new Set<UnitSummary>([start]);
    const pending: [Module, UnitSummary][] = [[home, start]];
    let mutatesThis = false;
    let invokesMethods = false;
    for (let next = pending.pop(); next; next = pending.pop()) {
      const [module, unit] = next;
      this.#examined.add(module);
      if (unit.does.mutates) return true;
      mutatesThis ||= unit.does.mutatesThis;
      invokesMethods ||= unit.does.invokesMethods;
      // A method that changes its object matters when it is called on an object that others have.
      if (mutatesThis && invokesMethods) return true;
      for (const reference of unit.references) {
        if (reference.to !== "name") continue;
        for (const [target, reached] of this.#units(this.#graph.follow(module, reference.name, reference.path).link)) {
          if (visited.has(reached) || this.#isStage(target, reached)) continue;
          visited.add(reached);
          pending.push([target, reached]);
        }
      }
    }
    return false;
  }

  #units(link: Link): [Module, UnitSummary][] {
    if (link.to === "module") return (link.module.parsed?.units ?? []).map((unit) => [link.module, unit]);
    if (link.to !== "units") return [];
    return link.units.flatMap((position): [Module, UnitSummary][] => {
      const unit = link.module.parsed?.units[position];
      return unit ? [[link.module, unit]] : [];
    });
  }
}
