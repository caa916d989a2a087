import { createHash } from "node:crypto";
import type { Digest } from "../protocol/ids.js";

/** SHA-256 of text (as UTF-8) or bytes, in hexadecimal. */
export function sha256(content: string | Uint8Array): Digest {
  return createHash("sha256").update(content).digest("hex") as Digest;
}

/**
 * JSON with sorted object keys: equal data gives equal text. Everything that is hashed goes through here as named data,
 * never as joined strings, so that two different things cannot read the same.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item !== "object" || item === null || Array.isArray(item)) return item;
    // No prototype: a key named `__proto__` must count like any other.
    const sorted = Object.create(null) as Record<string, unknown>;
    for (const key of Object.keys(item).sort()) sorted[key] = (item as Record<string, unknown>)[key];
    return sorted;
  });
}
