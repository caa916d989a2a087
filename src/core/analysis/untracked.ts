/** Uses of globals that static reading cannot follow; each makes a stage "not fully tracked". */

import type { Link } from "./module-graph.js";

interface Chain {
  readonly root: string;
  readonly path: readonly string[];
}

/** `process.env.X`, also through `globalThis`. */
export function untrackedMember(chain: Chain): string | null {
  const [root, ...path] = withoutGlobalThis(chain);
  if (root !== "process" || path[0] !== "env") return null;
  return path[1] === undefined ? "process.env" : `process.env.${path[1]}`;
}

/** `Function("…")` makes code out of text; `eval` is noticed wherever it is named. */
export function untrackedCall(chain: Chain): string | null {
  const [root, ...path] = withoutGlobalThis(chain);
  if (root === "Function" && path.length === 0) return "new Function";
  return root === "eval" && path.length === 0 && chain.path.length > 0 ? "eval" : null;
}

/** The same of `import process from "node:process"`, by whatever name. */
export function untrackedImport(link: Extract<Link, { to: "outside" }>, rest: readonly string[]): string | null {
  if (link.outside.to !== "builtin" || link.outside.name.replace(/^node:/, "") !== "process") return null;
  const path = link.imported === "default" ? rest : [link.imported, ...rest];
  return untrackedMember({ root: "process", path });
}

function withoutGlobalThis(chain: Chain): readonly string[] {
  return chain.root === "globalThis" || chain.root === "global" ? chain.path : [chain.root, ...chain.path];
}
