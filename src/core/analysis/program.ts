/**
 * Stages and their code over a set of modules, kept up to date by edits. An edit costs what it changes: a file is taken in
 * again only when it is named in `invalidate`, other modules are linked again only when what they see of it is different,
 * and a hash is made again only for code that reaches what changed.
 */
import type { CodeState } from "../../protocol/fingerprint.js";
import type { Digest } from "../../protocol/ids.js";
import type { SourceProblem, StageDeclaration } from "../../protocol/stage.js";
import { captureCode, type CapturedCode } from "./captured-code.js";
import { CodeGraph } from "./code-graph.js";
import type { CodeNode } from "./code-node.js";
import { reachedFiles, readCode, type ReadCode } from "./code-state.js";
import { actingShape, visibleShape } from "./module-shape.js";
import type { ModuleHost } from "./module-host.js";
import { ModuleGraph, type Module } from "./module-graph.js";
import { hashWithoutVersions } from "./shape-hash.js";
import { StageReader } from "./stage-reader.js";

interface KnownCode extends ReadCode {
  /** Of the run function when this was read: another one, or none, when anything it reaches changed. */
  readonly deep: string | null;
}

/** Where a declaration's run function was found, while the file's declarations stay these. */
interface FoundRun {
  readonly among: readonly StageDeclaration[] | undefined;
  readonly run: CodeNode;
}

type NotKnown = Extract<CodeState, { ok: false }>;

export class Program {
  readonly #host: ModuleHost;
  readonly #modules: ModuleGraph;
  readonly #code: CodeGraph;
  readonly #reader: StageReader;
  readonly #pending = new Set<string>();
  readonly #declarations = new Map<string, readonly StageDeclaration[]>();
  /** Declarations of the last text that parsed. */
  readonly #lastGood = new Map<string, readonly StageDeclaration[]>();
  readonly #known = new Map<CodeNode, KnownCode>();
  readonly #runs = new WeakMap<StageDeclaration, FoundRun>();

  constructor(host: ModuleHost) {
    this.#host = host;
    this.#modules = new ModuleGraph(host);
    this.#code = new CodeGraph(this.#modules, host);
    this.#reader = new StageReader({
      graph: this.#modules,
      isStage: (module, unit) => this.#code.isStage(module, unit),
      displayPath: (file) => host.displayPath(file),
    });
  }

  /** Forget what was derived from these files (their text, existence or resolution changed). */
  invalidate(files: Iterable<string>): void {
    for (const file of files) this.#pending.add(file);
  }

  /** Whether anything was derived from the file, or from its absence. */
  knows(file: string): boolean {
    return this.#modules.known(file) !== null;
  }

  /** Declarations of one file, in source order; last good ones while the file does not parse (with a syntax-error problem). */
  stages(file: string): readonly StageDeclaration[] {
    this.#update();
    const known = this.#declarations.get(file);
    if (known) return known;
    const module = this.#modules.module(file);
    const { summary } = module;
    let found: readonly StageDeclaration[] = [];
    if (summary?.ok === true) {
      found = this.#reader.read(module);
      this.#lastGood.set(file, found);
    } else if (summary) {
      const { message, line, column } = summary;
      const range = { file, line, column, endLine: line, endColumn: column + 1 };
      const text = `This file does not parse, so its stages are shown as they were: ${message}`;
      const problem: SourceProblem = { severity: "error", code: "syntax-error", message: text, range };
      found = (this.#lastGood.get(file) ?? []).map((stage) => ({ ...stage, problems: [...stage.problems, problem] }));
    } else this.#lastGood.delete(file);
    this.#declarations.set(file, found);
    return found;
  }

  /**
   * Code state of a stage (fingerprint as data, untracked places), or why it cannot be known. The same object as before
   * while nothing that it says changed.
   */
  code(stage: StageDeclaration): CodeState {
    const run = this.#run(stage);
    if ("message" in run) return run;
    const known = this.#known.get(run);
    if (known && known.deep === run.deep) return known.state;
    const { state, saidOf } = readCode(run, stage.file);
    this.#known.set(run, { state, saidOf, deep: run.deep });
    return state;
  }

  /** Hash of a stage's code in which the versions of packages do not count; `null` where the code cannot be known. */
  withoutVersions(stage: StageDeclaration): Digest | null {
    const run = this.#run(stage);
    return "message" in run || !this.code(stage).ok ? null : hashWithoutVersions(run);
  }

  /** All source and data files whose text the stage's code depends on. */
  files(stage: StageDeclaration): readonly string[] {
    const run = this.#run(stage);
    return "message" in run ? [stage.file] : [...reachedFiles(run, stage.file)];
  }

  /** The graph behind the stage's code as it is now; `null` while it cannot be known. */
  capture(stage: StageDeclaration): CapturedCode | null {
    const run = this.#run(stage);
    return "message" in run ? null : captureCode(run);
  }

  #run(stage: StageDeclaration): CodeNode | NotKnown {
    this.#update();
    const module = this.#modules.module(stage.file);
    const unreadable = this.#modules.unreadable(module);
    if (unreadable) return { ok: false, ...unreadable.failure };
    const found = this.#runs.get(stage);
    const among = this.#declarations.get(stage.file);
    if (found && among && found.among === among) return found.run;
    const unit = module.parsed?.units.find(
      (candidate) =>
        (candidate.plain?.run || (candidate.call?.run && this.#code.isStage(module, candidate))) &&
        this.#reader.exportName(module, candidate).name === stage.name,
    );
    if (!unit) {
      const { file, line, column } = stage.nameRange;
      const message = `The run function of the stage "${stage.name}" cannot be found at the top level of the file.`;
      return { ok: false, message, location: { file, line, column } };
    }
    const run = this.#code.run(module, unit);
    this.#runs.set(stage, { among, run });
    return run;
  }

  #update(): void {
    if (this.#pending.size === 0) return;
    const changed = [...this.#pending];
    this.#pending.clear();
    const visible = new Set<Module>();
    const reshaped = new Set<Module>();
    const edited: Module[] = [];
    let resolveAgain = false;
    for (const file of changed) {
      const module = this.#modules.known(file);
      if (!module) {
        // Data, settings, or a file that nothing led to: imports may lead elsewhere now.
        resolveAgain = true;
        continue;
      }
      const before = module.summary;
      const now = this.#host.summary(file);
      if (now === before) continue;
      resolveAgain ||= (before === null) !== (now === null);
      module.index(now);
      edited.push(module);
      if (visibleShape(before) !== visibleShape(now)) visible.add(module);
      if (actingShape(before) !== actingShape(now)) reshaped.add(module);
    }
    if (resolveAgain) {
      for (const module of [...this.#modules.all()]) {
        const settingsChanged = this.#code.settingsChanged(module);
        if (this.#modules.resolveAgain(module) || settingsChanged) visible.add(module);
      }
    }
    this.#relink(edited, visible, reshaped);
    this.#forgetReadings(edited, visible);
  }

  #relink(edited: readonly Module[], visible: ReadonlySet<Module>, reshaped: ReadonlySet<Module>): void {
    const seeing = new Set<Module>(visible);
    // Importers see the change; their own importers only where names pass through them.
    const passing = new Set<Module>(visible);
    for (const module of passing) {
      for (const importer of module.importers) {
        seeing.add(importer);
        if (importer.reExports) passing.add(importer);
      }
    }
    this.#code.update(new Set([...edited, ...seeing]), new Set([...reshaped, ...seeing]));
  }

  #forgetReadings(edited: readonly Module[], visible: ReadonlySet<Module>): void {
    for (const module of edited) this.#declarations.delete(module.file);
    // Inputs and constants may come through any number of modules.
    const reading = new Set<Module>(visible);
    for (const module of reading) {
      this.#declarations.delete(module.file);
      for (const importer of module.importers) reading.add(importer);
    }
    for (const [run, { deep, saidOf }] of this.#known) {
      const moved = saidOf !== null && edited.some((module) => saidOf.has(module.file));
      if (run.deep !== deep || moved) this.#known.delete(run);
    }
  }
}
