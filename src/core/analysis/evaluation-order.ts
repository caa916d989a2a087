/**
 * What loading a module runs: the modules with top-level effects that it loads, in the order JavaScript evaluates them.
 * Modules without effects leave no trace, so barrels and the way from one module to another do not matter.
 *
 * A module's order is put together from those of the modules it loads. Equal orders are one object, whoever they belong to:
 * an order is its last step and the order before it, so that ten thousand modules in a row cost ten thousand steps.
 */
import { walkComponents } from "./components.js";
import type { ModuleUse } from "./file-summary.js";
import type { Link, Module, ModuleGraph, Outside } from "./module-graph.js";

export type Evaluated =
  | { readonly is: "module"; readonly module: Module }
  | { readonly is: "outside"; readonly outside: Outside; readonly specifier: string }
  | { readonly is: "broken"; readonly link: Extract<Link, { to: "broken" }> };

/** Steps up to and with `last`. `null` stands for none. */
export interface Order {
  readonly before: Order | null;
  readonly last: Evaluated;
  readonly length: number;
}

type Step = Evaluated | { readonly is: "dependency"; readonly module: Module };

interface Loading {
  readonly module: Module;
  readonly self: Extract<Evaluated, { is: "module" }>;
  steps: readonly Step[];
  /** Those of the steps that are modules. */
  dependencies: readonly Module[];
  hasEffects: boolean;
  /** `undefined`: not known. Known only while it is known of everything that the module loads. */
  order: Order | null | undefined;
}

interface AboutModules {
  hasEffects(module: Module): boolean;
  /** Whether imports of it load something even where the compiler could drop them. */
  keepsUnusedImports(module: Module): boolean;
}

export class EvaluationOrder {
  readonly #graph: ModuleGraph;
  readonly #ask: AboutModules;
  readonly #loadings = new Map<Module, Loading>();
  readonly #orders = new Map<Order | null, Map<Evaluated, Order>>();
  readonly #steps = new Map<string, Step>();

  constructor(graph: ModuleGraph, ask: AboutModules) {
    this.#graph = graph;
    this.#ask = ask;
  }

  /** The same object as long as the order is the same. */
  of(module: Module): Order | null {
    const loading = this.#loading(module);
    walkComponents<Loading>(loading, {
      next: ({ dependencies }, position) => {
        const dependency = dependencies[position];
        return dependency && this.#loading(dependency);
      },
      done: ({ order }) => order !== undefined,
      finish: (members) => this.#finish(members),
    });
    return loading.order ?? null;
  }

  /**
   * Looks again at modules whose imports, or the effects of whose code, may be others. Returns the modules whose order has
   * to be asked for again.
   */
  update(modules: Iterable<Module>): Set<Module> {
    const pending: Loading[] = [];
    for (const module of modules) {
      const loading = this.#loadings.get(module);
      if (!loading) continue;
      const { steps, hasEffects } = loading;
      Object.assign(loading, this.#look(module));
      if (!sameSteps(loading.steps, steps) || loading.hasEffects !== hasEffects) pending.push(loading);
    }
    const unknown = new Set<Module>();
    for (let loading = pending.pop(); loading; loading = pending.pop()) {
      if (loading.order === undefined) continue;
      loading.order = undefined;
      unknown.add(loading.module);
      for (const importer of loading.module.importers) {
        const above = this.#loadings.get(importer);
        if (above) pending.push(above);
      }
    }
    return unknown;
  }

  #loading(module: Module): Loading {
    let loading = this.#loadings.get(module);
    if (!loading) {
      loading = {
        module,
        self: { is: "module", module },
        order: undefined,
        ...this.#look(module),
      };
      this.#loadings.set(module, loading);
    }
    return loading;
  }

  #look(module: Module): Pick<Loading, "steps" | "dependencies" | "hasEffects"> {
    const steps = this.#findSteps(module);
    const dependencies = steps.flatMap((step) => (step.is === "dependency" ? [step.module] : []));
    return { steps, dependencies, hasEffects: this.#ask.hasEffects(module) };
  }

  #finish(members: readonly Loading[]): void {
    const inside = new Set(members);
    const [only] = members;
    if (only !== undefined && members.length === 1) {
      only.order = this.#compose(only);
      return;
    }
    const acts = members.some(
      ({ steps, hasEffects }) =>
        hasEffects ||
        steps.some((step) => {
          if (step.is !== "dependency") return true;
          const loaded = this.#loading(step.module);
          return !inside.has(loaded) && loaded.order !== null;
        }),
    );
    const orders = members.map((member) => (acts ? this.#enter(member, inside) : null));
    members.forEach((member, nth) => (member.order = orders[nth] ?? null));
  }

  /** Of a module in no circle: what it loads was evaluated as if for the first time, except for what came before. */
  #compose({ steps, hasEffects, self }: Loading): Order | null {
    let order: Order | null = null;
    for (const step of steps) {
      if (step.is !== "dependency") order = this.#join(order, this.#append(null, step));
      else if (step.module !== self.module) order = this.#join(order, this.#loading(step.module).order ?? null);
    }
    return hasEffects ? this.#append(order, self) : order;
  }

  /** In a circle it matters where one enters: a module that is being loaded is not waited for. */
  #enter(start: Loading, inside: ReadonlySet<Loading>): Order | null {
    let order: Order | null = null;
    const visited = new Set<Loading>([start]);
    const stack = [{ loading: start, next: 0 }];
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const step = top.loading.steps[top.next++];
      if (!step) {
        if (top.loading.hasEffects) order = this.#join(order, this.#append(null, top.loading.self));
        stack.pop();
      } else if (step.is !== "dependency") order = this.#join(order, this.#append(null, step));
      else {
        const loaded = this.#loading(step.module);
        if (!inside.has(loaded)) order = this.#join(order, loaded.order ?? null);
        else if (!visited.has(loaded)) {
          visited.add(loaded);
          stack.push({ loading: loaded, next: 0 });
        }
      }
    }
    return order;
  }

  /** First all of one order, then what is new in the other. */
  #join(first: Order | null, second: Order | null): Order | null {
    if (first === null || second === null) return first ?? second;
    if (startsWith(first, second)) return first;
    if (startsWith(second, first)) return second;
    const seen = new Set(stepsOf(first));
    let order = first;
    for (const step of stepsOf(second)) if (!seen.has(step)) order = this.#append(order, step);
    return order;
  }

  #append(before: Order | null, last: Evaluated): Order {
    let continued = this.#orders.get(before);
    if (!continued) this.#orders.set(before, (continued = new Map<Evaluated, Order>()));
    let order = continued.get(last);
    if (!order) continued.set(last, (order = { before, last, length: (before?.length ?? 0) + 1 }));
    return order;
  }

  #findSteps(module: Module): readonly Step[] {
    const unreadable = this.#graph.unreadable(module);
    if (unreadable) return [this.#same({ is: "broken", link: unreadable })];
    const steps = new Set<Step>();
    for (const use of module.parsed?.imports ?? []) {
      const step = this.#step(module, use);
      if (step) steps.add(this.#same(step));
    }
    return [...steps];
  }

  /** One object for steps that mean the same: what was loaded once is not loaded again. */
  #same(step: Step): Step {
    const meaning = meaningOf(step);
    const known = this.#steps.get(meaning);
    if (known) return known;
    this.#steps.set(meaning, step);
    return step;
  }

  /**
   * What the compiler drops loads nothing. A package imported for a name is not loaded for its effects (the same bet as
   * `sideEffects: false`); its version counts where the name is used.
   */
  #step(module: Module, use: ModuleUse): Step | null {
    if (use.elidable && !this.#ask.keepsUnusedImports(module)) return null;
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

function startsWith(order: Order, start: Order): boolean {
  let at: Order | null = order;
  while (at !== null && at.length > start.length) at = at.before;
  return at === start;
}

function stepsOf(order: Order): Evaluated[] {
  const steps: Evaluated[] = [];
  for (let at: Order | null = order; at !== null; at = at.before) steps.push(at.last);
  return steps.reverse();
}

function sameSteps(a: readonly Step[], b: readonly Step[]): boolean {
  return a.length === b.length && a.every((step, i) => step === b[i]);
}

function meaningOf(step: Step): string {
  switch (step.is) {
    case "dependency":
    case "module":
      return JSON.stringify([step.is, step.module.file]);
    case "outside":
      return JSON.stringify([step.is, step.outside, step.specifier]);
    case "broken":
      return JSON.stringify([step.is, step.link.failure]);
  }
}
