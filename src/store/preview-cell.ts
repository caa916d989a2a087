import { inspect } from "node:util";
import type { PreviewCell } from "../protocol/engine-api.js";
import { MISSING } from "./plain-values.js";

const MAX_CELL = 1000;

/** A cell as display text, cut at a limit; never markup. */
export function previewCell(value: unknown): PreviewCell {
  if (value === null) return { text: "null", type: "null" };
  if (value === MISSING) return { text: "", type: "missing" };
  switch (typeof value) {
    case "number":
      return { text: Object.is(value, -0) ? "-0" : String(value), type: "number" };
    case "bigint":
      return { text: cut(value.toString()), type: "number" };
    case "string":
      return { text: cut(value), type: "value" };
    case "object":
      return { text: cut(objectText(value)), type: "value" };
    case "boolean":
      return { text: String(value), type: "value" };
    case "function":
    case "symbol":
      // No stored value has one.
      return { text: `[${typeof value}]`, type: "value" };
    case "undefined":
      break;
  }
  return { text: "undefined", type: "undefined" };
}

function objectText(value: object): string {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  if (value instanceof Uint8Array) {
    const shown = Buffer.from(value.buffer, value.byteOffset, Math.min(32, value.byteLength)).toString("hex");
    return `${value.byteLength} bytes: ${shown}${value.byteLength > 32 ? "…" : ""}`;
  }
  return inspect(value, { depth: 4, breakLength: Infinity, maxArrayLength: 50, maxStringLength: 200 });
}

function cut(text: string): string {
  return text.length > MAX_CELL ? `${text.slice(0, MAX_CELL)}…` : text;
}
