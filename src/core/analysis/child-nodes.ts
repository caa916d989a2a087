/** The parts of a piece of code, whatever it is; types, which are nothing when it runs, are left out. */
import type { Node } from "@babel/types";

const NOT_CODE = new Set(["loc", "typeAnnotation", "typeParameters", "returnType", "typeArguments", "extra"]);

/** In the order of the fields. A list, because a generator costs more than the rest of the walk. */
export function childrenOf(node: Node): (readonly [field: string, child: Node])[] {
  const children: (readonly [field: string, child: Node])[] = [];
  for (const [field, value] of Object.entries(node) as [string, unknown][]) {
    if (typeof value !== "object" || value === null || NOT_CODE.has(field)) continue;
    if (Array.isArray(value)) {
      for (const part of value as unknown[]) if (isNode(part)) children.push([field, part]);
    } else if (isNode(value)) children.push([field, value]);
  }
  return children;
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}
