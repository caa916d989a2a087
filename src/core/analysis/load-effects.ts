/**
 * Initialisers that change something else when their module loads: `export const users = register("users")` fills a table
 * that others read. Followed through the functions they may call, over modules; packages are taken to change nothing of
 * the project's (the same bet as `sideEffects: false`).
 */
import { walkComponents } from "./components.js";
import type { UnitSummary } from "./file-summary.js";
import type { Link, Module, ModuleGraph } from "./module-graph.js";

/** What running a unit and everything it may call does: one bit each. */
const MUTATES = 1;
const MUTATES_THIS = 2;
const INVOKES_METHODS = 4;

/** A unit that an initialiser may run. Like code nodes it outlives edits of its file, so that what others know stays valid. */
interface Runnable {
  readonly module: Module;
  readonly key: string;
  readonly users: Set<Runnable>;
  calls: readonly Runnable[] | null;
  /** Known only while it is known of everything it calls. */
  does: number | null;
}

export class LoadEffects {
  readonly #graph: ModuleGraph;
  readonly #isStage: (module: Module, unit: UnitSummary) => boolean;
  readonly #runnables = new Map<Module, Map<string, Runnable>>();

  constructor(graph: ModuleGraph, isStage: (module: Module, unit: UnitSummary) => boolean) {
    this.#graph = graph;
    this.#isStage = isStage;
  }

  /**
   * Forgets what follows from these modules' code, because it or the meaning of its names is another. Returns the modules
   * with units of which less is known now.
   */
  forget(modules: Iterable<Module>): Set<Module> {
    const pending: Runnable[] = [];
    for (const module of modules) {
      for (const runnable of this.#runnables.get(module)?.values() ?? []) {
        for (const called of runnable.calls ?? []) called.users.delete(runnable);
        runnable.calls = null;
        pending.push(runnable);
      }
    }
    const homes = new Set<Module>();
    for (const runnable of pending) homes.add(runnable.module);
    for (let runnable = pending.pop(); runnable; runnable = pending.pop()) {
      if (runnable.does === null) continue;
      runnable.does = null;
      homes.add(runnable.module);
      for (const user of runnable.users) pending.push(user);
    }
    return homes;
  }

  has(module: Module, unit: UnitSummary): boolean {
    if (unit.effect) return true;
    if (!unit.does.acts) return false;
    const runnable = this.#runnable(module, unit);
    walkComponents<Runnable>(runnable, {
      next: ({ calls }, position) => calls?.[position],
      done: ({ does }) => does !== null,
      finish: (members) => this.#finish(members),
      enter: (entered) => this.#link(entered),
    });
    const does = runnable.does ?? 0;
    // A method that changes its object matters when it is called on an object that others have.
    return (does & MUTATES) !== 0 || (does & (MUTATES_THIS | INVOKES_METHODS)) === (MUTATES_THIS | INVOKES_METHODS);
  }

  #finish(members: readonly Runnable[]): void {
    let does = 0;
    for (const { module, key, calls } of members) {
      const unit = module.unitByKey(key);
      if (unit?.does.mutates === true) does |= MUTATES;
      if (unit?.does.mutatesThis === true) does |= MUTATES_THIS;
      if (unit?.does.invokesMethods === true) does |= INVOKES_METHODS;
      for (const called of calls ?? []) does |= called.does ?? 0;
    }
    for (const member of members) member.does = does;
  }

  #link(runnable: Runnable): void {
    if (runnable.calls !== null) return;
    const { module, key } = runnable;
    const calls = new Set<Runnable>();
    for (const reference of module.unitByKey(key)?.references ?? []) {
      if (reference.to !== "name") continue;
      for (const [target, reached] of this.#units(this.#graph.follow(module, reference.name, reference.path).link)) {
        if (!this.#isStage(target, reached)) calls.add(this.#runnable(target, reached));
      }
    }
    runnable.calls = [...calls];
    for (const called of calls) called.users.add(runnable);
  }

  #runnable(module: Module, unit: UnitSummary): Runnable {
    let ofModule = this.#runnables.get(module);
    if (!ofModule) this.#runnables.set(module, (ofModule = new Map<string, Runnable>()));
    const key = module.keyOf(unit);
    let runnable = ofModule.get(key);
    if (!runnable) ofModule.set(key, (runnable = { module, key, users: new Set(), calls: null, does: null }));
    return runnable;
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
