/**
 * What loading a module runs: the modules with top-level effects that it loads, in the order JavaScript evaluates them.
 * Modules without effects leave no trace, so barrels and the way from one module to another do not matter.
 */
import type { Link, Module, ModuleGraph, Outside } from "./module-graph.js";
import type { ModuleUse } from "./file-summary.js";

export type Evaluated =
  | { readonly is: "module"; readonly module: Module }
  | { readonly is: "outside"; readonly outside: Outside; readonly specifier: string }
  | { readonly is: "broken"; readonly link: Extract<Link, { to: "broken" }> };

type Step = Evaluated | { readonly is: "dependency"; readonly module: Module };

export class EvaluationOrder {
  readonly #graph: ModuleGraph;
  readonly #hasEffects: (module: Module) => boolean;
  /** Whether loading a module runs anything. Holds for the present graph only; see `forget`. */
  readonly #acts = new Map<Module, boolean>();
  readonly #stepsOf = new Map<Module, readonly Step[]>();

  constructor(graph: ModuleGraph, hasEffects: (module: Module) => boolean) {
    this.#graph = graph;
    this.#hasEffects = hasEffects;
  }

  /** To be called when an import, a resolution or the presence of an effect changed. */
  forget(): void {
    this.#acts.clear();
    this.#stepsOf.clear();
  }

  of(module: Module): readonly Evaluated[] {
    this.#explore(module);
    const order: Evaluated[] = [];
    const visited = new Set<Module>([module]);
    const stack: { readonly module: Module; readonly steps: readonly Step[]; next: number }[] = [];
    const enter = (entered: Module): void => {
      stack.push({ module: entered, steps: this.#steps(entered), next: 0 });
    };
    if (this.#acts.get(module) === true) enter(module);
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const step = top.steps[top.next++];
      if (!step) {
        if (this.#hasEffects(top.module)) order.push({ is: "module", module: top.module });
        stack.pop();
      } else if (step.is !== "dependency") order.push(step);
      else if (!visited.has(step.module)) {
        visited.add(step.module);
        if (this.#acts.get(step.module) === true) enter(step.module);
      }
    }
    return order;
  }

  /** Finds out, for everything the module loads, whether loading it runs anything: backwards from what does. */
  #explore(root: Module): void {
    if (this.#acts.has(root)) return;
    const loaders = new Map<Module, Module[]>();
    const acting: Module[] = [];
    const pending = [root];
    this.#acts.set(root, false);
    for (let module = pending.pop(); module; module = pending.pop()) {
      let acts = this.#hasEffects(module);
      for (const step of this.#steps(module)) {
        if (step.is !== "dependency") {
          acts = true;
          continue;
        }
        const known = this.#acts.get(step.module);
        if (known === true) acts = true;
        if (known === undefined) {
          this.#acts.set(step.module, false);
          pending.push(step.module);
        }
        const list = loaders.get(step.module);
        if (list) list.push(module);
        else loaders.set(step.module, [module]);
      }
      if (acts) acting.push(module);
    }
    for (let module = acting.pop(); module; module = acting.pop()) {
      this.#acts.set(module, true);
      for (const loader of loaders.get(module) ?? []) if (this.#acts.get(loader) !== true) acting.push(loader);
    }
  }

  #steps(module: Module): readonly Step[] {
    let steps = this.#stepsOf.get(module);
    if (!steps) {
      steps = this.#findSteps(module);
      this.#stepsOf.set(module, steps);
    }
    return steps;
  }

  #findSteps(module: Module): Step[] {
    const unreadable = this.#graph.unreadable(module);
    if (unreadable) return [{ is: "broken", link: unreadable }];
    const steps: Step[] = [];
    for (const use of module.parsed?.imports ?? []) {
      const step = this.#step(module, use);
      if (step) steps.push(step);
    }
    return steps;
  }

  /**
   * An import that the compiler may drop is followed where it can be: whether it is dropped depends on settings. A package
   * imported for a name is not loaded for its effects (the same bet as `sideEffects: false`); its version counts where the
   * name is used.
   */
  #step(module: Module, use: ModuleUse): Step | null {
    const resolution = this.#graph.resolve(module, use.specifier, use.how);
    switch (resolution.to) {
      case "source": {
        const target = this.#graph.module(resolution.file);
        if (use.elidable && target.summary === null) return null;
        return { is: "dependency", module: target };
      }
      case "unresolved": {
        const local = /^[./#]/.test(use.specifier);
        if (use.elidable || !(use.bare || local)) return null;
        return { is: "broken", link: this.#graph.unresolved(module, resolution.message, use.at) };
      }
      case "runtime":
        return null;
      case "data":
      case "package":
      case "builtin":
        return use.bare ? { is: "outside", outside: resolution, specifier: use.specifier } : null;
    }
  }
}
