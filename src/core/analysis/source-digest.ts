/**
 * One digest over all text a stage's code could reach, with what its imports mean and the settings that apply. Where two
 * are equal the code is the same whatever a version of Restage makes of it: what an upgrade without an edit needs.
 */
import type { Digest } from "../../protocol/ids.js";
import { canonicalJson, sha256 } from "../hashing.js";
import type { ModuleHost, Resolution } from "./module-host.js";

/** Raised with anything that goes into the digest. */
const VERSION = 1;

export class SourceDigests {
  readonly #host: ModuleHost;
  readonly #digestOf: (file: string) => Digest | null;
  readonly #known = new Map<string, { readonly text: unknown; readonly leadsTo: readonly string[] }>();

  /** Answers hold for the present sources only. */
  constructor(host: ModuleHost, digestOf: (file: string) => Digest | null) {
    this.#host = host;
    this.#digestOf = digestOf;
  }

  of(stageFile: string): Digest {
    const files = new Set([stageFile]);
    const parts: unknown[] = [];
    for (const file of files) {
      const { text, leadsTo } = this.#file(file);
      parts.push(text);
      for (const other of leadsTo) files.add(other);
    }
    return sha256(canonicalJson({ version: VERSION, parts }));
  }

  #file(file: string): { readonly text: unknown; readonly leadsTo: readonly string[] } {
    const known = this.#known.get(file);
    if (known) return known;
    const summary = this.#host.summary(file);
    const leadsTo: string[] = [];
    const imports: unknown[] = [];
    const follow = (specifier: string, how: "import" | "require" | "asset"): void => {
      const resolution = this.#host.resolve(file, specifier, how);
      if (resolution.to === "source") leadsTo.push(resolution.file);
      imports.push([how, specifier, this.#meaning(resolution)]);
    };
    if (summary?.ok === true) {
      for (const use of [...summary.imports, ...summary.stars]) follow(use.specifier, use.how);
      for (const [, target] of summary.exports) if (target.is === "from") follow(target.specifier, "import");
      for (const [, binding] of summary.bindings) if (binding.is === "import") follow(binding.specifier, binding.how);
      for (const unit of summary.units) {
        for (const reference of [...unit.references, ...(unit.call?.run?.references ?? [])]) {
          if (reference.to === "module") follow(reference.specifier, reference.how);
          if (reference.to === "asset") follow(reference.specifier, "asset");
        }
      }
    }
    const settings = this.#host.compilerSettings?.(file) ?? null;
    const found = { text: [this.#host.displayPath(file), this.#digestOf(file), settings, imports], leadsTo };
    this.#known.set(file, found);
    return found;
  }

  #meaning(resolution: Resolution): unknown {
    return resolution.to === "source" || resolution.to === "data"
      ? { ...resolution, file: this.#host.displayPath(resolution.file) }
      : resolution;
  }
}
