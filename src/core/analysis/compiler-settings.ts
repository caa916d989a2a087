/** What of a tsconfig.json decides how code runs. */

/** Kinds of syntax that mean what the project's tsconfig.json says. */
export type ConfiguredSyntax = "decorators" | "fields" | "jsx";

/** How that syntax runs in a file. */
export interface CompilerSettings {
  readonly decorators: "" | "experimental";
  /** Class fields are defined, or assigned as TypeScript once did. */
  readonly fields: "" | "assign";
  readonly jsx: {
    readonly mode: "" | "automatic" | "preserve";
    readonly jsxFactory?: string | undefined;
    readonly jsxFragmentFactory?: string | undefined;
    readonly jsxImportSource?: string | undefined;
  };
  /** What becomes of TypeScript imports none of whose names is used as a value: dropped, or loaded all the same. */
  readonly unusedImports: "" | "kept";
}

export const DEFAULT_COMPILER_SETTINGS: CompilerSettings = {
  decorators: "",
  fields: "",
  jsx: { mode: "" },
  unusedImports: "",
};

/** Names that settings say are called by every element are used where nothing shows it. */
export function keepsUnusedImports({ unusedImports, jsx }: CompilerSettings): boolean {
  return unusedImports === "kept" || jsx.jsxFactory !== undefined || jsx.jsxFragmentFactory !== undefined;
}
