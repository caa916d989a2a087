/**
 * What a tsconfig.json says about how code runs, and nothing else of it: a changed `strict` must not make stages stale, a
 * changed `jsx` must. These are the settings the bundler obeys when it freezes code, read by its rules.
 */
import * as path from "node:path";
import { parseTsconfig } from "get-tsconfig";
import { DEFAULT_COMPILER_SETTINGS, type CompilerSettings } from "../core/analysis/compiler-settings.js";
import type { Disk } from "./disk.js";
import { TsconfigReads } from "./tsconfig-reads.js";

export class CompilerSettingsReader {
  readonly #disk: Disk;
  #byFolder = new Map<string, CompilerSettings>();

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  /** Forgets all answers: a tsconfig.json changed. */
  clear(): void {
    this.#byFolder = new Map();
  }

  /** Settings for the files of a folder: of the nearest tsconfig.json (or jsconfig.json), here or above. */
  of(folder: string): CompilerSettings {
    let settings = this.#byFolder.get(folder);
    if (!settings) {
      settings = this.#find(folder);
      this.#byFolder.set(folder, settings);
    }
    return settings;
  }

  #find(folder: string): CompilerSettings {
    for (const name of ["tsconfig.json", "jsconfig.json"]) {
      const file = path.join(folder, name);
      if (this.#disk.isFile(file)) return read(file, this.#disk);
    }
    const parent = path.dirname(folder);
    return parent === folder ? DEFAULT_COMPILER_SETTINGS : this.of(parent);
  }
}

/** The older two are of no use to new code, but the bundler obeys them. */
interface ImportOptions {
  readonly verbatimModuleSyntax?: boolean | undefined;
  readonly preserveValueImports?: boolean | undefined;
  readonly importsNotUsedAsValues?: string | undefined;
}

function read(file: string, disk: Disk): CompilerSettings {
  try {
    const options = parseTsconfig(file, new TsconfigReads(disk)).compilerOptions ?? {};
    const { jsx = "", jsxFactory, jsxFragmentFactory, jsxImportSource } = options;
    return {
      decorators: options.experimentalDecorators === true ? "experimental" : "",
      fields: definesFields(options.useDefineForClassFields, options.target) ? "" : "assign",
      jsx: {
        mode: /^react-jsx/.test(jsx) ? "automatic" : jsx === "preserve" ? "preserve" : "",
        jsxFactory,
        jsxFragmentFactory,
        jsxImportSource,
      },
      unusedImports: keepsImports(options) ? "kept" : "",
    };
  } catch {
    // The bundler does without what it cannot read of it, which may be one file of several: what is doubtful counts.
    return { ...DEFAULT_COMPILER_SETTINGS, unusedImports: "kept" };
  }
}

/** `isolatedModules` alone keeps none. */
function keepsImports(options: ImportOptions): boolean {
  const { verbatimModuleSyntax, preserveValueImports, importsNotUsedAsValues: unused } = options;
  return verbatimModuleSyntax === true || preserveValueImports === true || /^(?:preserve|error)$/.test(unused ?? "");
}

/** Written out, or from the target on that has class fields itself. */
function definesFields(written: boolean | undefined, target: string | undefined): boolean {
  if (written !== undefined || target === undefined) return written ?? true;
  const year = /^es(\d+)$/i.exec(target)?.[1];
  return year === undefined ? /^esnext$/i.test(target) : Number(year) >= 2022;
}
