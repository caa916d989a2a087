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

  /** Settings for the files of a folder: of the nearest tsconfig.json, here or above. */
  of(folder: string): CompilerSettings {
    let settings = this.#byFolder.get(folder);
    if (!settings) {
      settings = this.#find(folder);
      this.#byFolder.set(folder, settings);
    }
    return settings;
  }

  #find(folder: string): CompilerSettings {
    const file = path.join(folder, "tsconfig.json");
    if (this.#disk.exists(file)) return read(file, this.#disk);
    const parent = path.dirname(folder);
    return parent === folder ? DEFAULT_COMPILER_SETTINGS : this.of(parent);
  }
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
    };
  } catch {
    // The bundler does without a tsconfig.json that cannot be read.
    return DEFAULT_COMPILER_SETTINGS;
  }
}

/** Written out, or from the target on that has class fields itself. */
function definesFields(written: boolean | undefined, target: string | undefined): boolean {
  if (written !== undefined || target === undefined) return written ?? true;
  const year = /^es(\d+)$/i.exec(target)?.[1];
  return year === undefined ? /^esnext$/i.test(target) : Number(year) >= 2022;
}
