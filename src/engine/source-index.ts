/**
 * The source of one project as the analysis sees it. Invariant: a summary is always that of the text whose digest stands
 * beside it; freezing code compares these digests with what it bundles, so that a fingerprint and the code that runs
 * cannot come from two versions of a file.
 */
import * as path from "node:path";
import type { FileSummary } from "../core/analysis/file-summary.js";
import type { CompilerSettings } from "../core/analysis/compiler-settings.js";
import type { ModuleHost, Resolution } from "../core/analysis/module-host.js";
import { SourceDigests } from "../core/analysis/source-digest.js";
import { Program } from "../core/analysis/program.js";
import { mayDeclareStages, summariseFile } from "../core/analysis/summarise.js";
import type { CodeState } from "../protocol/fingerprint.js";
import type { Digest, StageId } from "../protocol/ids.js";
import type { StageDeclaration } from "../protocol/stage.js";
import { CompilerSettingsReader } from "./compiler-settings.js";
import { quietStamp, stampOf } from "../store/file-stamp.js";
import type { Disk, ReadFile } from "./disk.js";
import type { Captured } from "./lineage.js";
import { ModuleResolver } from "./module-resolver.js";
import { isProjectSource, isSourceFile, listSourceFiles, readProjectSettings } from "./project-files.js";
import type { SummaryMemo } from "./summary-memo.js";

/** A scan that follows another this closely does not look up imports again. */
const RESOLVE_AGAIN_MS = 2000;

interface Loaded {
  readonly digest: Digest;
  readonly mayDeclare: boolean;
  /** `null`: nobody asked yet. Most files of a project lead to no stage and are never parsed. */
  summary: FileSummary | null;
  /** Of the file when it had been quiet for a while before it was read: the same again means the same text. */
  readonly stamp: string | null;
}

export class SourceIndex implements ModuleHost {
  readonly #root: string;
  readonly #memo: SummaryMemo;
  readonly #files = new Map<string, Loaded | null>();
  readonly #resolver: ModuleResolver;
  readonly #disk: Disk;
  readonly #compilerSettings: CompilerSettingsReader;
  readonly #program: Program;
  #candidates: readonly string[] = [];
  /** Files that imports were found to mean: their content is part of somebody's code. */
  readonly #data = new Set<string>();
  #sources: SourceDigests | null = null;
  #resolvedAt = Number.NEGATIVE_INFINITY;

  constructor({ root, memo, disk }: { readonly root: string; readonly memo: SummaryMemo; readonly disk: Disk }) {
    this.#root = root;
    this.#memo = memo;
    this.#disk = disk;
    this.#compilerSettings = new CompilerSettingsReader(disk);
    this.#resolver = new ModuleResolver({ projectRoot: root, disk });
    this.#program = new Program(this);
  }

  /**
   * Looks at the whole project again, whatever was or was not announced. What imports mean is looked up again too, unless
   * that was done moments ago: it is the dear part, and nothing tells of a change inside node_modules.
   */
  scan(): void {
    const { settings } = readProjectSettings(this.#root, this.#disk);
    this.#candidates = listSourceFiles(this.#root, settings, this.#disk);
    this.#edited([...this.#files.keys()].filter((file) => this.#reload(file)));
    if (performance.now() - this.#resolvedAt > RESOLVE_AGAIN_MS) this.#resolveAgain();
  }

  /** Takes in changed files. Returns whether anything a stage may depend on changed. */
  update(files: readonly string[]): boolean {
    // A folder that came or went (a branch switch) is announced without what is in it.
    if (files.some((file) => this.#disk.isFolder(file) || this.#holds(file))) {
      this.#resolvedAt = Number.NEGATIVE_INFINITY;
      this.scan();
      return true;
    }
    const { settings } = readProjectSettings(this.#root, this.#disk);
    const isCandidate = isProjectSource(this.#root, settings, this.#disk);
    const edited: string[] = [];
    let structure = false;
    for (const file of files) {
      if (!isSourceFile(file)) {
        // Data files, package.json, tsconfig.json and folders decide what imports mean.
        structure ||= this.#data.has(file) || decidesImports(file);
        continue;
      }
      const candidate = isCandidate(file);
      const before = this.#files.get(file) ?? null;
      if (!candidate && !this.#files.has(file)) {
        // A package that is patched in place has the same version and another content.
        structure ||= file.includes(`${path.sep}node_modules${path.sep}`);
        continue;
      }
      if (!this.#reload(file)) continue;
      edited.push(file);
      const now = this.#files.get(file) ?? null;
      structure ||= before === null || now === null;
      if (now !== null && candidate && before !== null) continue;
      const others = this.#candidates.filter((other) => other !== file);
      this.#candidates = now !== null && candidate ? [...others, file].sort() : others;
    }
    this.#edited(edited);
    if (structure) this.#resolveAgain();
    return structure || edited.length > 0;
  }

  /** Every stage of the project, and those of other folders that they use, by id. */
  declarations(): Map<StageId, StageDeclaration> {
    const found = new Map<StageId, StageDeclaration>();
    const visited = new Set<string>();
    const visit = (file: string): void => {
      if (visited.has(file)) return;
      visited.add(file);
      for (const declaration of this.#program.stages(file)) {
        if (!found.has(declaration.id)) found.set(declaration.id, declaration);
      }
    };
    for (const file of this.#candidates) if (this.#loaded(file)?.mayDeclare === true) visit(file);
    for (const declaration of found.values()) {
      for (const input of declaration.inputs) {
        if (input.kind === "stage" && !found.has(input.stage)) visit(this.fileOf(input.stage));
      }
    }
    return found;
  }

  code(declaration: StageDeclaration): CodeState {
    return this.#program.code(declaration);
  }

  withoutVersions(declaration: StageDeclaration): Digest | null {
    return this.#program.withoutVersions(declaration);
  }

  /** Files whose text the stage's code depends on. */
  filesOf(declaration: StageDeclaration): readonly string[] {
    return this.#program.files(declaration);
  }

  /** A stage's code at this moment; `null` while it cannot be known. */
  capture(declaration: StageDeclaration): Captured | null {
    const code = this.#program.capture(declaration);
    if (code === null) return null;
    this.#sources ??= new SourceDigests(this, (file) => this.digestOf(file));
    return { code, sources: this.#sources.of(declaration.file) };
  }

  /** Digest of the text the analysis is based on; reads a file it has not seen. */
  digestOf(file: string): Digest | null {
    return this.#loaded(file)?.digest ?? null;
  }

  fileOf(stage: StageId): string {
    return path.resolve(this.#root, stage.slice(0, stage.lastIndexOf("#")));
  }

  summary(file: string): FileSummary | null {
    const loaded = this.#loaded(file);
    if (loaded !== null) loaded.summary ??= this.#parse(file, loaded);
    return this.#files.get(file)?.summary ?? null;
  }

  resolve(from: string, specifier: string, how: "import" | "require" | "asset"): Resolution {
    const resolution = this.#resolver.resolve(from, specifier, how);
    if (resolution.to === "data") this.#data.add(resolution.file);
    return resolution;
  }

  compilerSettings(file: string): CompilerSettings {
    return this.#compilerSettings.of(path.dirname(file));
  }

  displayPath(file: string): string {
    return path.relative(this.#root, file).split(path.sep).join("/");
  }

  /** Where a stage could run even though its project has no `restage` installed: for the offer to add it. */
  libraryInstalled(): boolean {
    for (let folder = this.#root; ; folder = path.dirname(folder)) {
      if (this.#disk.exists(path.join(folder, "node_modules", "restage", "package.json"))) return true;
      if (folder === path.dirname(folder)) return false;
    }
  }

  /** Text that nobody looked at leads nowhere. */
  #edited(files: readonly string[]): void {
    this.#sources = null;
    this.#program.invalidate(files.filter((file) => this.#program.knows(file)));
  }

  #holds(folder: string): boolean {
    const below = `${folder}${path.sep}`;
    return [...this.#files.keys()].some((file) => file.startsWith(below));
  }

  /** A file that no module leads to tells the program that imports may lead elsewhere now. */
  #resolveAgain(): void {
    this.#resolver.clear();
    this.#compilerSettings.clear();
    this.#sources = null;
    this.#program.invalidate([path.join(this.#root, "package.json")]);
    this.#resolvedAt = performance.now();
  }

  /** Reads a file again. Returns whether its text is another, or it came or went. */
  #reload(file: string): boolean {
    const before = this.#files.get(file) ?? null;
    return this.#load(file)?.digest !== before?.digest;
  }

  #loaded(file: string): Loaded | null {
    const known = this.#files.get(file);
    return known === undefined ? this.#load(file) : known;
  }

  #load(file: string): Loaded | null {
    const before = this.#files.get(file) ?? null;
    const status = this.#disk.status(file);
    if (status !== null && before?.stamp === stampOf(status.stat)) {
      this.#disk.digested(file, before.digest, status.stat, status.at);
      return before;
    }
    const read = this.#disk.read(file);
    let loaded: Loaded | null = null;
    if (read !== null) {
      const stamp = status === null ? null : quietStamp(status.stat, status.at);
      if (before?.digest === read.digest) loaded = { ...before, stamp };
      else {
        const { digest } = read;
        const mayDeclare = mayDeclareStages(read.bytes.toString("utf8"));
        // What was asked for before will be again.
        const wanted = mayDeclare || (before?.summary ?? null) !== null;
        loaded = { digest, mayDeclare, summary: wanted ? this.#summarise(file, read) : null, stamp };
      }
    }
    this.#files.set(file, loaded);
    return loaded;
  }

  /** Read again for its summary: should it have changed since, the digest is that of the text which is summarised. */
  #parse(file: string, { digest }: Loaded): FileSummary | null {
    const known = this.#memo.find(digest, path.extname(file));
    if (known !== null) return known;
    const read = this.#disk.read(file);
    const loaded: Loaded | null = read && {
      digest: read.digest,
      mayDeclare: mayDeclareStages(read.bytes.toString("utf8")),
      summary: this.#summarise(file, read),
      stamp: null,
    };
    if (loaded?.digest !== digest) this.#files.set(file, loaded);
    return loaded?.summary ?? null;
  }

  #summarise(file: string, { digest, bytes }: ReadFile): FileSummary {
    const make = (): FileSummary => summariseFile(path.basename(file), bytes.toString("utf8"));
    return this.#memo.get(digest, path.extname(file), make);
  }
}

/** Formats that are read by stages and hardly ever imported: one that comes new is no reason to look up every import again. */
function decidesImports(file: string): boolean {
  return !/\.(csv|tsv|parquet|arrow|ndjson|xlsx|avro|log|sock)$/i.test(file);
}
