/**
 * The nodes of the code graph: units, run functions of stages, a module's effects, a module as a whole, and the leaves
 * outside the sources. Nodes keep their identity over edits of their file, so that hashes of untouched code stay valid.
 */
import type { Digest } from "../../protocol/ids.js";
import { sha256 } from "../hashing.js";
import {
  CodeNode,
  failureNode,
  NO_FACTS,
  NO_LINKS,
  type CodeFailure,
  type Edge,
  type NodeLinks,
  type NodeSource,
} from "./code-node.js";
import { hasText, hasWriters, seenOf, type Linker, type NameUse } from "./code-links.js";
import { keepsUnusedImports } from "./compiler-settings.js";
import { configuredHash, ModuleSettings } from "./configured-code.js";
import { EvaluationOrder, type Evaluated, type Order } from "./evaluation-order.js";
import type { CodeSummary, Reference, UnitSummary } from "./file-summary.js";
import { edgeWords, outsideLabel } from "./edge-words.js";
import { LeafNodes } from "./leaf-nodes.js";
import { LoadEffects } from "./load-effects.js";
import type { ModuleHost } from "./module-host.js";
import type { Link, Module, ModuleGraph } from "./module-graph.js";
import { referenceKey } from "./reference-list.js";
import { nodeCode } from "./reread.js";
import { untrackedImport } from "./untracked.js";
import { unitEntry, effectsEntry } from "./slice-entries.js";

export class CodeGraph {
  readonly #modules: ModuleGraph;
  readonly #host: ModuleHost;
  readonly #order: EvaluationOrder;
  readonly #loadEffects: LoadEffects;
  readonly #nodes = new Map<Module, Map<string, CodeNode>>();
  readonly #settings: ModuleSettings;
  readonly #leaves: LeafNodes;
  readonly #orders = new WeakMap<Order, CodeNode>();

  constructor(modules: ModuleGraph, host: ModuleHost) {
    this.#modules = modules;
    this.#host = host;
    this.#settings = new ModuleSettings(host);
    this.#leaves = new LeafNodes((file) => host.displayPath(file));
    this.#loadEffects = new LoadEffects(modules, (module, unit) => this.isStage(module, unit));
    this.#order = new EvaluationOrder(modules, {
      hasEffects: (module) => this.#effectUnits(module).length > 0,
      keepsUnusedImports: (module) => keepsUnusedImports(this.#settings.of(module)),
    });
  }

  /** The run function of the stage that this unit declares, in either form. */
  run(module: Module, unit: UnitSummary): CodeNode {
    return this.#node(module, `run ${module.keyOf(unit)}`, (key) => this.#codeSource(module, key, "run"));
  }

  /** The source text of a declaration, for what turns a function into text. */
  #text(module: Module, unit: UnitSummary): CodeNode {
    return this.#node(module, `text ${module.keyOf(unit)}`, (key) => ({
      own: () => sha256(module.unitByKey(key)?.text ?? ""),
      link: () => NO_LINKS,
      facts: () => NO_FACTS,
    }));
  }

  /** Whether a unit is a `stage(…)`, which is no code for others. One in the plain form is a function like any other. */
  isStage(module: Module, unit: UnitSummary): boolean {
    return unit.call !== null && this.#modules.runtimeFunction(module, unit.call.callee) === "stage";
  }

  /** Whether a module's settings are others than those its hashes were made with. */
  settingsChanged(module: Module): boolean {
    return this.#settings.changed(module);
  }

  /**
   * Looks again at what may be different. `affected`: modules with another text, or whose names may mean something else;
   * `reshaped`: those of them where that may change what loading does.
   */
  update(affected: ReadonlySet<Module>, reshaped: ReadonlySet<Module>): void {
    const acting = this.#loadEffects.forget(reshaped);
    const reordered = this.#order.update(new Set([...affected, ...acting]));
    for (const module of affected) for (const node of this.#nodes.get(module)?.values() ?? []) node.refresh();
    for (const module of acting) if (!affected.has(module)) this.#nodes.get(module)?.get("effects")?.refresh();
    for (const module of reordered) if (!affected.has(module)) this.#nodes.get(module)?.get("loading")?.refresh();
  }

  #node(module: Module, key: string, source: (key: string) => NodeSource): CodeNode {
    let nodes = this.#nodes.get(module);
    if (!nodes) {
      nodes = new Map();
      this.#nodes.set(module, nodes);
    }
    let node = nodes.get(key);
    if (!node) {
      node = new CodeNode(source(key.slice(key.indexOf(" ") + 1)));
      nodes.set(key, node);
    }
    return node;
  }

  #unit(module: Module, unit: UnitSummary): CodeNode {
    return this.#node(module, `unit ${module.keyOf(unit)}`, (key) => this.#codeSource(module, key, "unit"));
  }

  /** The unit is looked up by key each time: after an edit it is another object at another place, or gone. */
  #codeSource(module: Module, key: string, part: "run" | "unit"): NodeSource {
    const unit = (): UnitSummary | null => module.unitByKey(key);
    const code = (): CodeSummary | null => {
      const found = unit();
      return part === "run" ? (found?.call?.run ?? found?.plain?.run ?? null) : found;
    };
    const hashOf = (summary: CodeSummary): Digest => configuredHash(summary, this.#settings.of(module));
    return {
      own: () => {
        const found = unit();
        const summary = code();
        if (!found || !summary) return "gone";
        const hash = hashOf(summary);
        return part === "unit" && hasWriters(module, found) ? JSON.stringify([hash, found.names]) : hash;
      },
      link: () => {
        const found = unit();
        const summary = code();
        if (!found || !summary) return NO_LINKS;
        return this.#codeLinks(module, found, summary, part);
      },
      facts: () => {
        const found = unit();
        const summary = code();
        if (!found || !summary) return { ...NO_FACTS, file: module.file };
        return {
          ...NO_FACTS,
          entry:
            found.effect && part === "unit"
              ? null
              : unitEntry(found, part, this.#host.displayPath(module.file), hashOf(summary)),
          file: module.file,
          code: nodeCode(module, found, part, this.#settings.of(module)),
        };
      },
    };
  }

  #codeLinks(module: Module, unit: UnitSummary, code: CodeSummary, part: "run" | "unit"): NodeLinks {
    const linker: Linker = {
      edges: [],
      untracked: code.untracked.map(({ what, line, column }) => ({
        what,
        location: { file: module.file, line, column },
      })),
      failure: null,
    };
    code.references.forEach((reference, index) => this.#reference(linker, module, reference, index));
    if (code.configured.includes("jsx")) this.#elementFactory(linker, module);
    if (part === "unit" || unit.plain) this.#writers(linker, module, unit);
    // Effects come after what they load, and reach this unit only through loading, which they take part in already.
    if (part === "run" || !unit.effect) linker.edges.push({ label: "load", target: this.#loading(module) });
    return linker;
  }

  /** What elements call, where tsconfig.json says it. */
  #elementFactory(linker: Linker, module: Module): void {
    const { mode, jsxFactory, jsxFragmentFactory, jsxImportSource } = this.#settings.of(module).jsx;
    const at = [1, 1, 1, 1] as const;
    for (const factory of [jsxFactory, jsxFragmentFactory]) {
      const [name = "", ...path] = factory?.split(".") ?? [];
      if (!module.bindings.has(name)) continue;
      const { link, rest } = this.#modules.follow(module, name, path);
      this.#link(linker, module, link, rest, { index: `jsx ${path.join(".")}`, by: "jsx", reference: { at } });
    }
    if (mode !== "automatic") return;
    const specifier = `${jsxImportSource ?? "react"}/jsx-runtime`;
    this.#reference(linker, module, { to: "module", specifier, how: "import", at }, -1);
  }

  #reference(linker: Linker, module: Module, reference: Reference, index: number): void {
    if (reference.to === "name") {
      const { link, rest } = this.#modules.follow(module, reference.name, reference.path);
      this.#link(linker, module, link, rest, { index, by: referenceKey(reference), reference });
      return;
    }
    const how = reference.to === "asset" ? "asset" : reference.how;
    const resolution = this.#modules.resolve(module, reference.specifier, how);
    const use = { index, by: referenceKey(reference) };
    if (resolution.to === "source") {
      linker.edges.push({ ...edgeWords(use, [how]), target: this.#whole(this.#modules.module(resolution.file)) });
    } else if (resolution.to !== "unresolved") {
      linker.edges.push({
        ...edgeWords(use, [how], outsideLabel(reference.specifier, resolution, "*")),
        target: this.#leaves.outside(resolution),
      });
    } else if (reference.to === "asset") {
      // A URL of something that is not there yet, such as an output: not an import, but not known either.
      linker.untracked.push({
        what: `new URL("${reference.specifier}", import.meta.url)`,
        location: module.at(reference.at),
      });
    } else {
      linker.edges.push({
        ...edgeWords(use, [how]),
        target: failureNode(this.#modules.unresolved(module, resolution.message, reference.at).failure),
      });
    }
  }

  #link(linker: Linker, module: Module, link: Link, rest: readonly string[], use: NameUse): void {
    const { reference } = use;
    switch (link.to) {
      case "units":
        link.units.forEach((position, nth) => {
          const unit = link.module.parsed?.units[position];
          if (!unit) return;
          if (this.isStage(link.module, unit)) {
            this.#stageInCode(linker, module, link.module, unit, rest, use);
            return;
          }
          // Of a declaration with several names it matters which one is used.
          const name = unit.names.length > 1 ? [link.name] : [];
          const seen = seenOf(rest, reference.seen ?? "value");
          if (unit.functionName !== null && seen !== "call") name.push(`is ${unit.functionName}`);
          linker.edges.push({ ...edgeWords(use, [nth, name, rest]), target: this.#unit(link.module, unit) });
          if (seen === "text" && hasText(unit, rest)) {
            linker.edges.push({ ...edgeWords(use, [nth, "text"]), target: this.#text(link.module, unit) });
          }
        });
        return;
      case "module":
        linker.edges.push({ ...edgeWords(use, ["*", ...rest]), target: this.#whole(link.module) });
        return;
      case "outside": {
        const target = this.#leaves.outside(link.outside);
        linker.edges.push({
          ...edgeWords(use, rest, outsideLabel(link.specifier, link.outside, link.imported)),
          target,
        });
        const untracked = untrackedImport(link, rest);
        if (untracked !== null) linker.untracked.push({ what: untracked, location: module.at(reference.at) });
        return;
      }
      case "absent":
        linker.edges.push({ ...edgeWords(use, rest), target: this.#leaves.absent() });
        return;
      case "broken":
        linker.edges.push({
          ...edgeWords(use, []),
          target: failureNode(this.#atUse(module, link, reference)),
        });
    }
  }

  /** A name that is not exported is best shown where it is used; other failures where they are. */
  #atUse(module: Module, link: Extract<Link, { to: "broken" }>, reference: NameUse["reference"]): CodeFailure {
    return link.cause === "not-exported" ? { ...link.failure, location: module.at(reference.at) } : link.failure;
  }

  /** `large.fn` is a plain function and followed; the stage itself belongs into the inputs. */
  #stageInCode(
    linker: Linker,
    module: Module,
    target: Module,
    unit: UnitSummary,
    rest: readonly string[],
    use: NameUse,
  ): void {
    if (rest[0] === "fn") {
      linker.edges.push({ ...edgeWords(use, rest), target: this.run(target, unit) });
      return;
    }
    linker.edges.push({
      ...edgeWords(use, rest),
      target: this.#leaves.stage(unit.name),
    });
    const what = `uses stage ${unit.name} inside its code; declare it as an input`;
    linker.untracked.push({ what, location: module.at(use.reference.at) });
  }

  /** What may change a variable belongs to everything that uses it. Sorted by content: their order does not matter. */
  #writers(linker: Linker, module: Module, unit: UnitSummary): void {
    const writers = new Set(unit.names.flatMap((name) => module.writers.get(name) ?? []));
    writers.delete(unit);
    const byHash = (a: UnitSummary, b: UnitSummary): number => (a.hash < b.hash ? -1 : a.hash > b.hash ? 1 : 0);
    for (const writer of [...writers].sort(byHash)) {
      // What another stage changes it changes in its own process.
      if (this.isStage(module, writer)) continue;
      linker.edges.push({
        label: "writer",
        by: JSON.stringify(["writer", ...writer.names]),
        target: this.#unit(module, writer),
      });
    }
  }

  /** What loading the module runs, its own effects last. */
  #loading(module: Module): CodeNode {
    return this.#node(module, "loading", () => ({
      own: () => "",
      link: () => {
        const order = this.#order.of(module);
        return order === null ? NO_LINKS : { ...NO_LINKS, edges: [{ label: "", target: this.#ordered(order) }] };
      },
      facts: () => NO_FACTS,
    }));
  }

  /** Modules that load the same things in the same order share a node. */
  #ordered(order: Order): CodeNode {
    // From the first step on: making a node makes none of those before it, so that a long order is no deep recursion.
    const missing: Order[] = [];
    for (let at: Order | null = order; at !== null && !this.#orders.has(at); at = at.before) missing.push(at);
    for (const at of missing.reverse()) {
      const before = at.before === null ? undefined : this.#orders.get(at.before);
      const step = this.#evaluatedEdge(at.last);
      const edges = before ? [{ label: "before", target: before }, step] : [step];
      const source = { own: () => "", link: () => ({ ...NO_LINKS, edges }), facts: () => NO_FACTS };
      this.#orders.set(at, new CodeNode(source));
    }
    const node = this.#orders.get(order);
    if (!node) throw new Error("An order has no node.");
    return node;
  }

  #evaluatedEdge(evaluated: Evaluated): Edge {
    switch (evaluated.is) {
      case "module":
        return { label: "effects", target: this.#effects(evaluated.module) };
      case "outside":
        return {
          label: `effects${outsideLabel(evaluated.specifier, evaluated.outside, "*")}`,
          target: this.#leaves.outside(evaluated.outside),
        };
      case "broken":
        return { label: "broken", target: failureNode(evaluated.link.failure) };
    }
  }

  #effectUnits(module: Module): readonly UnitSummary[] {
    return (module.parsed?.units ?? []).filter(
      (unit) => !this.isStage(module, unit) && this.#loadEffects.has(module, unit),
    );
  }

  #effects(module: Module): CodeNode {
    return this.#node(module, "effects", () => ({
      own: () => "effects",
      link: () => ({
        ...NO_LINKS,
        edges: this.#effectUnits(module).map((unit) => {
          const { early } = unit.does;
          const label = early.length === 0 ? "then" : `then ${JSON.stringify(early)}`;
          return { label, target: this.#unit(module, unit) };
        }),
      }),
      facts: () => ({
        ...NO_FACTS,
        entry: effectsEntry(this.#effectUnits(module), this.#host.displayPath(module.file)),
        file: module.file,
      }),
    }));
  }

  /** Everything a module exports: what a dynamic use of it may reach. */
  #whole(module: Module): CodeNode {
    return this.#node(module, "whole", () => ({
      own: () => "module",
      link: () => this.#wholeLinks(module),
      facts: () => ({ ...NO_FACTS, file: module.file }),
    }));
  }

  #wholeLinks(module: Module): NodeLinks {
    const linker: Linker = { edges: [], untracked: [], failure: null };
    const at = [1, 1, 1, 1] as const;
    const unreadable = this.#modules.unreadable(module);
    if (unreadable) linker.edges.push({ label: "broken", target: failureNode(unreadable.failure) });
    const { names, outside } = this.#modules.exportNames(module);
    names.forEach((name) => {
      const { link, rest } = this.#modules.exported(module, name);
      // Types re-exported without `type` have nothing behind them when the code runs.
      if (link.to === "broken" && link.cause === "not-exported") return;
      this.#link(linker, module, link, rest, { index: `export ${name}`, by: `export ${name}`, reference: { at } });
    });
    outside.forEach((link, index) =>
      this.#link(linker, module, link, [], { index: `star ${index}`, by: "star", reference: { at } }),
    );
    if (module.parsed?.commonJs === true) {
      for (const unit of module.parsed.units) {
        const target = this.isStage(module, unit) ? this.run(module, unit) : this.#unit(module, unit);
        linker.edges.push({ label: "all", target });
      }
    }
    linker.edges.push({ label: "load", target: this.#loading(module) });
    return linker;
  }
}
