/** How one piece of code refers to another: what a reference collects on the way, and what the labels of edges say. */
import type { Edge, NodeLinks } from "./code-node.js";
import type { CodeUse } from "./edge-words.js";
import type { Seen, Span, UnitSummary } from "./file-summary.js";
import type { Module } from "./module-graph.js";
import { seenThrough } from "./walk.js";

/** What linking a piece of code collects. */
export interface Linker extends NodeLinks {
  readonly edges: Edge[];
  readonly untracked: NodeLinks["untracked"][number][];
}

/** A place in the code where a name is used. */
export interface NameUse extends CodeUse {
  readonly reference: { readonly at: Span; readonly seen?: Seen };
}

/** What is seen of the value that a reference leads to, when these members of it are used. */
export function seenOf(rest: readonly string[], seen: Seen): Seen {
  return rest.at(-1) === "toString" ? "text" : seenThrough(rest, seen);
}

/** Whether turning the value into text shows source: the function itself, or one that an object holds. */
export function hasText({ functionName, kind, text }: UnitSummary, rest: readonly string[]): boolean {
  return functionName !== null || kind === "class" || (rest.length > 1 && /=>|function|\)\s*\{/.test(text));
}

/** Whether something else writes what the declaration declares: then it is not the same as an equal one. */
export function hasWriters(module: Module, unit: UnitSummary): boolean {
  return unit.names.some((name) => module.writers.get(name)?.some((writer) => writer !== unit) === true);
}
