import type * as Esbuild from "esbuild";

let loaded: Promise<typeof Esbuild> | null = null;

/** esbuild is loaded at the first run: statuses do not need it. */
export function loadEsbuild(): Promise<typeof Esbuild> {
  loaded ??= import("esbuild");
  return loaded;
}
