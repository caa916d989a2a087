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
const READS_STATE = 8;
const READS_GLOBALS = 16;
const CHANGES_WHEN_READ = 32;

/** A unit that an initialiser may run. Like code nodes it outlives edits of its file, so that what others know stays valid. */
interface Runnable {
  readonly module: Module;
  readonly key: string;
  readonly users: Set<Runnable>;
  calls: readonly Runnable[] | null;
  /** Uses names that other code of a module writes. */
  readsState: boolean;
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

  /** Whether it matters to others when the unit runs: it changes something, or what it finds depends on what ran before. */
  has(module: Module, unit: UnitSummary): boolean {
    if (unit.effect || unit.does.early.length > 0) return true;
    if (!unit.does.acts) return this.#readsWhatChanges(module, unit);
    const does = this.#does(this.#runnable(module, unit));
    if ((does & (MUTATES | READS_STATE | READS_GLOBALS)) !== 0) return true;
    // A method that changes its object matters when it is called on an object that others have.
    return (does & (MUTATES_THIS | INVOKES_METHODS)) === (MUTATES_THIS | INVOKES_METHODS);
  }

  #readsWhatChanges(module: Module, unit: UnitSummary): boolean {
    const { does, references } = unit;
    if (does.readsGlobals === "now") return true;
    if (does.reads.length === 0) return false;
    // Asked for all that it mentions, too, so that the answer is forgotten when any of it changes.
    const mayChange = (this.#does(this.#runnable(module, unit)) & CHANGES_WHEN_READ) !== 0;
    return does.reads.some((position) => {
      const reference = references[position];
      if (reference?.to !== "name") return false;
      const { link } = this.#graph.follow(module, reference.name, reference.path);
      if (isWritten(module, reference.name, link)) return true;
      if (!mayChange) return false;
      return this.#units(link).some(
        ([target, reached]) =>
          !this.#isStage(target, reached) && (this.#does(this.#runnable(target, reached)) & CHANGES_WHEN_READ) !== 0,
      );
    });
  }

  #does(runnable: Runnable): number {
    walkComponents<Runnable>(runnable, {
      next: ({ calls }, position) => calls?.[position],
      done: ({ does }) => does !== null,
      finish: (members) => this.#finish(members),
      enter: (entered) => this.#link(entered),
    });
    return runnable.does ?? 0;
  }

  #finish(members: readonly Runnable[]): void {
    let does = 0;
    for (const { module, key, calls, readsState } of members) {
      const unit = module.unitByKey(key);
      if (unit?.does.mutates === true) does |= MUTATES;
      if (unit?.does.mutatesThis === true) does |= MUTATES_THIS;
      if (unit?.does.invokesMethods === true) does |= INVOKES_METHODS;
      if (unit?.does.changesWhenRead === true) does |= CHANGES_WHEN_READ;
      if (unit && unit.does.readsGlobals !== "no") does |= READS_GLOBALS;
      if (readsState) does |= READS_STATE;
      for (const called of calls ?? []) does |= called.does ?? 0;
    }
    for (const member of members) member.does = does;
  }

  #link(runnable: Runnable): void {
    if (runnable.calls !== null) return;
    const { module, key } = runnable;
    const calls = new Set<Runnable>();
    runnable.readsState = false;
    for (const reference of module.unitByKey(key)?.references ?? []) {
      if (reference.to !== "name") continue;
      const { link } = this.#graph.follow(module, reference.name, reference.path);
      runnable.readsState ||= isWritten(module, reference.name, link);
      for (const [target, reached] of this.#units(link)) {
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
    if (!runnable)
      ofModule.set(key, (runnable = { module, key, users: new Set(), calls: null, readsState: false, does: null }));
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

/** Whether code of the module that uses a name, or of the one that declares it, writes what it stands for. */
function isWritten(module: Module, name: string, link: Link): boolean {
  return module.writers.has(name) || (link.to === "units" && link.module.writers.has(link.name));
}
