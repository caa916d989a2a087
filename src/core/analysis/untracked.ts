/** Uses of globals and of Node's modules that static reading cannot follow; each makes a stage "not fully tracked". */

import type { Link } from "./module-graph.js";

/** A global by name and members. `null`: what it does is known, or does not depend on the project. */
export function untrackedValue(name: string, path: readonly string[]): string | null {
  switch (name) {
    case "globalThis":
    case "global": {
      const [member, ...rest] = path;
      return member === undefined ? name : untrackedValue(member, rest);
    }
    case "process":
      return untrackedProcess(path);
    case "eval":
      return "eval";
    case "Function":
      return path.length === 0 ? "new Function" : null;
    case "require":
      return path.length === 0 ? "require as a value" : null;
    case "module":
      return path[0] === "require" ? "require as a value" : null;
    default:
      return null;
  }
}

function untrackedProcess([member, variable]: readonly string[]): string | null {
  if (member === undefined) return "process as a value";
  if (member === "getBuiltinModule") return "process.getBuiltinModule";
  if (member !== "env") return null;
  return variable === undefined ? "process.env" : `process.env.${variable}`;
}

/** The same of `import process from "node:process"`, by whatever name; and modules that run code which is not imported. */
export function untrackedImport(link: Extract<Link, { to: "outside" }>, rest: readonly string[]): string | null {
  if (link.outside.to !== "builtin") return null;
  const whole = link.imported === "default" || link.imported === "*";
  const path = whole ? rest : [link.imported, ...rest];
  switch (link.outside.name.replace(/^node:/, "")) {
    case "process":
      return untrackedProcess(path);
    case "vm":
      return path[0] === undefined ? "node:vm" : `${path[0]} of node:vm`;
    case "child_process":
      return path[0] === undefined ? "node:child_process" : `${path[0]} of node:child_process`;
    default:
      return null;
  }
}
