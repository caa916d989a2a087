/**
 * Modules and what their names stand for. Names are followed through imports, re-exports, `export *`, namespaces and
 * their members, so that barrels and aliases leave no trace in what a name leads to. What cannot be followed becomes a
 * `broken` link with the place to blame: the graph is never cut in silence.
 */
import type { SourceLocation } from "../../protocol/stage.js";
import type { CodeFailure } from "./code-node.js";
import type {
  Binding,
  Callee,
  ExportTarget,
  FileSummary,
  ParsedSummary,
  Span,
  StaticExpression,
  UnitSummary,
} from "./file-summary.js";
import type { ModuleHost, Resolution } from "./module-host.js";

export type Outside = Extract<Resolution, { to: "data" | "package" | "builtin" | "runtime" }>;

export type Link =
  | { readonly to: "units"; readonly module: Module; readonly name: string; readonly units: readonly number[] }
  /** The module as a whole: a namespace used dynamically, or CommonJS, whose names are not known. */
  | { readonly to: "module"; readonly module: Module }
  | { readonly to: "outside"; readonly outside: Outside; readonly specifier: string; readonly imported: string }
  /** A member that the namespace does not have: `undefined` when it runs. */
  | { readonly to: "absent" }
  | {
      readonly to: "broken";
      readonly failure: CodeFailure;
      readonly cause: "unreadable" | "unresolved" | "not-exported";
    };

export interface Followed {
  readonly link: Link;
  /** Members that are left when the namespaces are passed: properties of the value. */
  readonly rest: readonly string[];
}

/** Constants that name each other in a circle end here. */
const MAX_ALIASES = 16;

/** What `export * from "restage"` passes on. */
const RUNTIME_FUNCTIONS: ReadonlySet<string> = new Set(["stage", "file", "files", "param", "env"]);

export class Module {
  readonly file: string;
  readonly importers = new Set<Module>();
  readonly resolutions = new Map<
    string,
    { readonly how: "import" | "require" | "asset"; readonly specifier: string; to: Resolution }
  >();
  summary: FileSummary | null;
  bindings = new Map<string, Binding>();
  exports = new Map<string, ExportTarget>();
  constants = new Map<string, StaticExpression>();
  /** Units that assign to a top-level name or mutate it, by that name. */
  writers = new Map<string, UnitSummary[]>();
  #unitKeys = new Map<UnitSummary, string>();
  #unitsByKey = new Map<string, UnitSummary>();

  constructor(file: string, summary: FileSummary | null) {
    this.file = file;
    this.summary = summary;
    this.index(summary);
  }

  index(summary: FileSummary | null): void {
    this.summary = summary;
    const parsed = summary?.ok === true ? summary : null;
    this.bindings = new Map(parsed?.bindings);
    this.exports = new Map(parsed?.exports);
    this.constants = new Map(parsed?.constants);
    this.#unitKeys = new Map();
    this.#unitsByKey = new Map();
    this.writers = new Map();
    const counts = new Map<string, number>();
    for (const unit of parsed?.units ?? []) {
      const [name, ...others] = unit.names;
      // Nearly all have one name. A list begins with a bracket, which no kind does.
      const named = others.length === 0 ? `${unit.kind} ${name ?? ""}` : JSON.stringify([unit.kind, ...unit.names]);
      const nth = counts.get(named) ?? 0;
      counts.set(named, nth + 1);
      const key = `${named} ${nth}`;
      this.#unitKeys.set(unit, key);
      this.#unitsByKey.set(key, unit);
      for (const name of unit.writes) this.writers.set(name, [...(this.writers.get(name) ?? []), unit]);
    }
  }

  /** Tells a unit from the others of the module, over edits: by what it declares, then by order. */
  keyOf(unit: UnitSummary): string {
    return this.#unitKeys.get(unit) ?? "";
  }

  unitByKey(key: string): UnitSummary | null {
    return this.#unitsByKey.get(key) ?? null;
  }

  get parsed(): ParsedSummary | null {
    return this.summary?.ok === true ? this.summary : null;
  }

  /** Whether names of other modules pass through this one. */
  get reExports(): boolean {
    if ((this.parsed?.stars.length ?? 0) > 0) return true;
    for (const target of this.exports.values()) {
      if (target.is === "from" || this.bindings.get(target.name)?.is === "import") return true;
    }
    return false;
  }

  at([line, column]: Span): SourceLocation {
    return { file: this.file, line, column };
  }
}

export class ModuleGraph {
  readonly #host: ModuleHost;
  readonly #modules = new Map<string, Module>();

  constructor(host: ModuleHost) {
    this.#host = host;
  }

  known(file: string): Module | null {
    return this.#modules.get(file) ?? null;
  }

  all(): Iterable<Module> {
    return this.#modules.values();
  }

  module(file: string): Module {
    let module = this.#modules.get(file);
    if (!module) {
      module = new Module(file, this.#host.summary(file));
      this.#modules.set(file, module);
    }
    return module;
  }

  resolve(from: Module, specifier: string, how: "import" | "require" | "asset"): Resolution {
    const key = `${how} ${specifier}`;
    const known = from.resolutions.get(key);
    if (known) return known.to;
    const to = this.#host.resolve(from.file, specifier, how);
    from.resolutions.set(key, { how, specifier, to });
    if (to.to === "source") this.module(to.file).importers.add(from);
    return to;
  }

  /** Asks again where a module's specifiers lead. Returns whether any answer is different. */
  resolveAgain(module: Module): boolean {
    let changed = false;
    for (const known of module.resolutions.values()) {
      const to = this.#host.resolve(module.file, known.specifier, known.how);
      if (sameResolution(to, known.to)) continue;
      known.to = to;
      changed = true;
      if (to.to === "source") this.module(to.file).importers.add(module);
    }
    return changed;
  }

  /** What a top-level name with members after it leads to. */
  follow(module: Module, name: string, path: readonly string[]): Followed {
    const [member, ...others] = path;
    // Code of CommonJS refers to what it exports itself.
    if (name === "exports" && member !== undefined && !module.bindings.has(name) && module.exports.has(member)) {
      return this.exported(module, member, others);
    }
    return this.#pass(this.#name(module, name, new Set()), path);
  }

  /** The same of a name that is only imported as a type: for what is read and never run. */
  followType(module: Module, name: string, path: readonly string[]): Followed | null {
    const from = new Map(module.parsed?.typeBindings).get(name);
    if (!from) return null;
    const { specifier, imported, how, at } = from;
    return this.#pass(this.#imported(module, specifier, imported, how, at, new Set()), path);
  }

  exported(module: Module, name: string, path: readonly string[] = []): Followed {
    return this.#pass(this.#export(module, name, new Set()), path);
  }

  /** Names a module exports, with those of `export *`, sorted; and star targets outside the sources. */
  exportNames(module: Module): { readonly names: readonly string[]; readonly outside: readonly Link[] } {
    const names = new Set<string>();
    const outside: Link[] = [];
    const visited = new Set<Module>();
    const visit = (current: Module): void => {
      if (visited.has(current)) return;
      visited.add(current);
      for (const name of current.exports.keys()) if (current === module || name !== "default") names.add(name);
      for (const star of current.parsed?.stars ?? []) {
        const link = this.#imported(current, star.specifier, "*", "import", star.at, new Set());
        if (link.to === "module") visit(link.module);
        else outside.push(link);
      }
    };
    visit(module);
    return { names: [...names].sort(), outside };
  }

  /** Which of the runtime's functions a callee is, if any; constants may be other names of it: `const step = stage`. */
  runtimeFunction(module: Module, callee: Callee, depth = 0): string | null {
    const { link, rest } = this.follow(module, callee.name, callee.path);
    if (link.to === "units" && depth < MAX_ALIASES) {
      const alias = aliased(link.module.constants.get(link.name), rest);
      return alias ? this.runtimeFunction(link.module, alias, depth + 1) : null;
    }
    if (link.to !== "outside" || link.outside.to !== "runtime") return null;
    if (link.imported === "*" || link.imported === "default") return rest.length === 1 ? (rest[0] ?? null) : null;
    return rest.length === 0 ? link.imported : null;
  }

  unreadable(module: Module): Extract<Link, { to: "broken" }> | null {
    const { summary, file } = module;
    if (summary?.ok === true) return null;
    const shown = this.#host.displayPath(file);
    const failure = summary
      ? {
          message: `${shown} does not parse: ${summary.message}`,
          location: { file, line: summary.line, column: summary.column },
        }
      : { message: `${shown} does not exist.`, location: { file, line: 1, column: 1 } };
    return { to: "broken", failure, cause: "unreadable" };
  }

  unresolved(module: Module, message: string, at: Span): Extract<Link, { to: "broken" }> {
    return { to: "broken", failure: { message, location: module.at(at) }, cause: "unresolved" };
  }

  #pass(start: Link, path: readonly string[]): Followed {
    let link = start;
    let used = 0;
    for (let member = path[0]; member !== undefined; member = path[++used]) {
      if (link.to === "module") {
        const next = this.#export(link.module, member, new Set());
        if (next.to === "module" && next.module === link.module && link.module.parsed?.commonJs === true) break;
        link = next.to === "broken" && next.cause === "not-exported" ? { to: "absent" } : next;
      } else if (link.to === "outside" && link.imported === "*") link = { ...link, imported: member };
      else break;
    }
    return { link, rest: path.slice(used) };
  }

  #name(module: Module, name: string, seen: Set<string>): Link {
    const broken = this.unreadable(module);
    if (broken) return broken;
    const binding = module.bindings.get(name);
    if (!binding) return this.#notExported(module, name);
    if (binding.is === "unit") return { to: "units", module, name, units: binding.units };
    return this.#imported(module, binding.specifier, binding.imported, binding.how, binding.at, seen);
  }

  #imported(
    module: Module,
    specifier: string,
    imported: string,
    how: "import" | "require",
    at: Span,
    seen: Set<string>,
  ): Link {
    const resolution = this.resolve(module, specifier, how);
    if (resolution.to === "unresolved") return this.unresolved(module, resolution.message, at);
    if (resolution.to !== "source") return { to: "outside", outside: resolution, specifier, imported };
    const target = this.module(resolution.file);
    const broken = this.unreadable(target);
    if (broken) return broken;
    if (imported === "*") return { to: "module", module: target };
    const link = this.#export(target, imported, seen);
    if (link.to !== "broken" || link.cause !== "not-exported") return link;
    const message = `${this.#host.displayPath(target.file)} has no export named "${imported}".`;
    return { to: "broken", failure: { message, location: module.at(at) }, cause: "not-exported" };
  }

  #export(module: Module, name: string, seen: Set<string>): Link {
    const broken = this.unreadable(module);
    if (broken) return broken;
    const key = JSON.stringify([module.file, name]);
    if (seen.has(key)) return this.#notExported(module, name);
    seen.add(key);
    const target = module.exports.get(name);
    if (target) {
      return target.is === "local"
        ? this.#name(module, target.name, seen)
        : this.#imported(module, target.specifier, target.imported, "import", target.at, seen);
    }
    if (module.parsed?.commonJs === true) return { to: "module", module };
    return (name === "default" ? null : this.#star(module, name, seen)) ?? this.#notExported(module, name);
  }

  /** The first `export *` that has the name; one that cannot be read might have it, a package might, too. */
  #star(module: Module, name: string, seen: Set<string>): Link | null {
    let doubt: Link | null = null;
    for (const star of module.parsed?.stars ?? []) {
      const link = this.#imported(module, star.specifier, name, "import", star.at, seen);
      if (link.to === "broken") {
        if (link.cause !== "not-exported") doubt ??= link;
      } else if (link.to === "outside" && !(link.outside.to === "runtime" && RUNTIME_FUNCTIONS.has(name))) {
        doubt ??= link;
      } else return link;
    }
    return doubt;
  }

  #notExported(module: Module, name: string): Link {
    const message = `${this.#host.displayPath(module.file)} has no export named "${name}".`;
    return {
      to: "broken",
      failure: { message, location: { file: module.file, line: 1, column: 1 } },
      cause: "not-exported",
    };
  }
}

/** The name that a constant with these members after it stands for, if it is one. */
function aliased(constant: StaticExpression | undefined, rest: readonly string[]): Callee | null {
  let expression = constant;
  let used = 0;
  while (expression?.is === "object" && used < rest.length) {
    const member = rest[used++];
    expression = expression.properties.find((property) => property.key === member)?.value;
  }
  const path = rest.slice(used);
  while (expression?.is === "member") {
    path.unshift(expression.property);
    expression = expression.object;
  }
  return expression?.is === "name" ? { name: expression.name, path } : null;
}

function sameResolution(a: Resolution, b: Resolution): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
