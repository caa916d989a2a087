/** The parts of a piece of code, whatever it is; types, which are nothing when it runs, are left out. */
import type { Node } from "@babel/types";

const NOT_CODE = new Set(["loc", "typeAnnotation", "typeParameters", "returnType", "typeArguments", "extra"]);

export function* childrenOf(node: Node): Generator<readonly [field: string, child: Node]> {
  for (const [field, value] of Object.entries(node) as [string, unknown][]) {
    if (NOT_CODE.has(field)) continue;
    for (const part of Array.isArray(value) ? (value as unknown[]) : [value]) if (isNode(part)) yield [field, part];
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}
