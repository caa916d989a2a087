/**
 * One hash over the shape of everything a piece of code reaches, with packages by name only: for stages whose cue says
 * that versions do not count. Pieces are numbered as they are first reached, so that it holds which name leads where.
 */
import type { Digest } from "../../protocol/ids.js";
import { sha256 } from "../hashing.js";
import { reached } from "./code-state.js";
import type { CodeNode } from "./code-node.js";
import { ANALYSIS_VERSION } from "./file-summary.js";

export function hashWithoutVersions(run: CodeNode): Digest {
  const numbers = new Map<CodeNode, number>();
  for (const node of reached(run)) numbers.set(node, numbers.size);
  const shape = [...numbers.keys()].map((node) => {
    const { package: used } = node.facts();
    const edges = node.edges.flatMap(({ label, target }) => {
      const number = numbers.get(target);
      return number === undefined ? [] : [[label, number]];
    });
    return [used === null ? node.own : ["package", used.name], edges];
  });
  return sha256(JSON.stringify(["shape", ANALYSIS_VERSION, shape]));
}
