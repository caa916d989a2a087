/** Files in memory as the analysis sees them, with the resolution rules that matter here and no file system. */
import { createHash } from "node:crypto";
import * as path from "node:path";
import { DEFAULT_COMPILER_SETTINGS, type CompilerSettings } from "../../../../src/core/analysis/compiler-settings.js";
import type { FileSummary } from "../../../../src/core/analysis/file-summary.js";
import type { ModuleHost, Resolution } from "../../../../src/core/analysis/module-host.js";
import { Program } from "../../../../src/core/analysis/program.js";
import { summariseFile } from "../../../../src/core/analysis/summarise.js";
import type { CodeState } from "../../../../src/protocol/fingerprint.js";
import type { Digest } from "../../../../src/protocol/ids.js";
import type { StageDeclaration } from "../../../../src/protocol/stage.js";

export type Files = Readonly<Record<string, string>>;

const SOURCE = /\.[mc]?[jt]sx?$/;

/** A summary depends on the text alone, so that a thousand programs that differ in one file parse one file each. */
const SUMMARIES = new Map<string, FileSummary>();

export class MemoryHost implements ModuleHost {
  readonly #root: string;
  readonly #known = new Set<string>();
  files: Map<string, string>;
  versions: Record<string, string> = { lodash: "4.17.21", zod: "3.0.0" };
  settings: CompilerSettings = DEFAULT_COMPILER_SETTINGS;
  parsed = 0;

  constructor(files: Files, root = "/project") {
    this.#root = root;
    this.files = new Map(Object.entries(files));
  }

  path(name: string): string {
    return path.posix.join(this.#root, name);
  }

  summary(file: string): FileSummary | null {
    const text = this.files.get(this.displayPath(file));
    if (text === undefined) return null;
    const key = `${path.posix.extname(file)} ${text}`;
    if (!this.#known.has(key)) this.parsed++;
    this.#known.add(key);
    let summary = SUMMARIES.get(key);
    if (!summary) {
      // As it comes back from the memo on disk.
      summary = JSON.parse(JSON.stringify(summariseFile(file, text))) as FileSummary;
      SUMMARIES.set(key, summary);
    }
    return summary;
  }

  resolve(from: string, specifier: string): Resolution {
    if (specifier === "restage") return { to: "runtime" };
    if (/^node:|^(?:fs|path|process)$/.test(specifier)) return { to: "builtin", name: specifier };
    const inside = specifier.startsWith("@/") ? `src/${specifier.slice(2)}` : null;
    if (!specifier.startsWith(".") && inside === null) {
      const name = specifier.split("/")[0] ?? "";
      const version = this.versions[name];
      return version === undefined
        ? { to: "unresolved", message: `The package "${name}" is not installed.` }
        : { to: "package", name, version };
    }
    const base = inside ?? path.posix.relative(this.#root, path.posix.join(path.posix.dirname(from), specifier));
    const bare = base.replace(/\.[mc]?js$/, "");
    for (const candidate of [
      base,
      `${bare}.ts`,
      `${bare}.tsx`,
      `${bare}.mts`,
      `${bare}.cts`,
      `${base}.js`,
      `${base}.cjs`,
      `${base}/index.ts`,
    ]) {
      const text = this.files.get(candidate);
      if (text === undefined) continue;
      const file = this.path(candidate);
      return SOURCE.test(candidate) ? { to: "source", file } : { to: "data", file, digest: digest(text) };
    }
    return { to: "unresolved", message: `"${specifier}" is not there.` };
  }

  compilerSettings(): CompilerSettings {
    return this.settings;
  }

  displayPath(file: string): string {
    return path.posix.relative(this.#root, file);
  }
}

/** A program over files in memory that can be edited. */
export class Workspace {
  readonly host: MemoryHost;
  readonly program: Program;

  constructor(files: Files, root?: string) {
    this.host = new MemoryHost(files, root);
    this.program = new Program(this.host);
  }

  edit(changes: Readonly<Record<string, string | null>>): void {
    for (const [name, text] of Object.entries(changes)) {
      if (text === null) this.host.files.delete(name);
      else this.host.files.set(name, text);
    }
    this.program.invalidate(Object.keys(changes).map((name) => this.host.path(name)));
  }

  stages(name: string): readonly StageDeclaration[] {
    return this.program.stages(this.host.path(name));
  }

  stage(name: string, stage: string): StageDeclaration {
    const found = this.stages(name).find((candidate) => candidate.name === stage);
    if (!found) throw new Error(`No stage ${stage} in ${name}`);
    return found;
  }

  code(name: string, stage: string): CodeState {
    return this.program.code(this.stage(name, stage));
  }

  /** The fingerprint of a stage; fails when its code is not known. */
  fingerprint(name: string, stage: string): string {
    const state = this.code(name, stage);
    if (!state.ok) throw new Error(`${stage}: ${state.message}`);
    return state.data.fingerprint;
  }

  /** Every stage's fingerprint, or why it has none. */
  fingerprints(): Record<string, string> {
    const all: Record<string, string> = {};
    for (const name of this.host.files.keys()) {
      if (!SOURCE.test(name)) continue;
      for (const declaration of this.stages(name)) {
        const state = this.program.code(declaration);
        all[declaration.name] = state.ok ? state.data.fingerprint : `unknown: ${state.message}`;
      }
    }
    return all;
  }
}

/** Fingerprint of the stage `s` in one file `s.ts`, beside other files. */
export function fingerprintOf(files: Files, root?: string): string {
  const name = Object.keys(files).find((file) => /^s\.[mc]?[jt]sx?$/.test(file)) ?? "s.ts";
  return new Workspace(files, root).fingerprint(name, "s");
}

function digest(text: string): Digest {
  return createHash("sha256").update(text).digest("hex") as Digest;
}
