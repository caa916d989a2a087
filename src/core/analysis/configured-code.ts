/** Settings of tsconfig.json that decide what code does. Where they are the defaults, they leave no trace in hashes. */
import type { Digest } from "../../protocol/ids.js";
import { sha256 } from "../hashing.js";
import { DEFAULT_COMPILER_SETTINGS, type CompilerSettings, type ConfiguredSyntax } from "./compiler-settings.js";
import type { CodeSummary } from "./file-summary.js";
import type { ModuleHost } from "./module-host.js";
import type { Module } from "./module-graph.js";

export class ModuleSettings {
  readonly #host: ModuleHost;
  /** What hashes were made with. */
  readonly #used = new Map<Module, string>();

  constructor(host: ModuleHost) {
    this.#host = host;
  }

  of(module: Module): CompilerSettings {
    const settings = this.#ask(module);
    if (!this.#used.has(module)) this.#used.set(module, JSON.stringify(settings));
    return settings;
  }

  /** Whether a module's settings are others than those its hashes were made with. */
  changed(module: Module): boolean {
    const before = this.#used.get(module);
    if (before === undefined) return false;
    const now = JSON.stringify(this.#ask(module));
    this.#used.set(module, now);
    return now !== before;
  }

  #ask(module: Module): CompilerSettings {
    return this.#host.compilerSettings?.(module.file) ?? DEFAULT_COMPILER_SETTINGS;
  }
}

/** Hash of the code together with the settings that decide what it does. */
export function configuredHash({ hash, configured }: CodeSummary, settings: CompilerSettings): Digest {
  const set = settingsOf(configured, settings);
  return set.length === 0 ? hash : sha256(JSON.stringify([hash, ...set]));
}

/** The settings that go into the hash, as text that can be compared. */
export function settingsText({ configured }: CodeSummary, settings: CompilerSettings): string {
  return JSON.stringify(settingsOf(configured, settings));
}

function settingsOf(configured: readonly ConfiguredSyntax[], settings: CompilerSettings): readonly unknown[] {
  return configured.filter((syntax) => !isDefault(settings, syntax)).map((syntax) => [syntax, settings[syntax]]);
}

function isDefault(settings: CompilerSettings, syntax: ConfiguredSyntax): boolean {
  return JSON.stringify(settings[syntax]) === JSON.stringify(DEFAULT_COMPILER_SETTINGS[syntax]);
}
