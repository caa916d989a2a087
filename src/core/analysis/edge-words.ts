/**
 * How an edge of the code graph is called. Its label goes into hashes and counts references, so that renaming a helper
 * does not matter; `by` names them and is kept with results, for versions of Restage that count otherwise.
 */
import type { Edge } from "./code-node.js";
import type { Outside } from "./module-graph.js";

/** A use of something outside: `index` is its position in the canonical text, `by` what the code calls it. */
export interface CodeUse {
  readonly index: number | string;
  readonly by: string;
}

export function edgeWords(
  { index, by }: CodeUse,
  parts: readonly unknown[],
  end = "",
): Pick<Edge, "label"> & { readonly by: string } {
  return { label: JSON.stringify([index, ...parts]) + end, by: JSON.stringify([by, ...parts]) + end };
}

/** Part of what a package offers: `lodash/map` is not `lodash/filter`, though both are one package. */
export function outsideLabel(specifier: string, outside: Outside, imported: string): string {
  const subpath = outside.to === "package" ? specifier : "";
  return JSON.stringify([subpath, imported]);
}
