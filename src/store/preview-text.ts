import { isUtf8 } from "node:buffer";
import { inspect } from "node:util";
import type { StoredValue } from "../protocol/record.js";
import { decodeValue } from "./codec.js";
import { readVerified } from "./verified-file.js";

const MAX_TEXT = 200_000;
/** Beyond this the value is not decoded as a whole just to be shown. */
const MAX_BYTES = 32 << 20;

export interface PreviewText {
  readonly text: string;
  readonly cut: boolean;
}

/** A stored value that is not a table, as text for reading, cut at a limit. Throws `CorruptObjectError`. */
export async function previewText(stored: StoredValue, path: string): Promise<PreviewText> {
  if (stored.bytes > MAX_BYTES)
    return { text: `A value of ${stored.bytes} bytes, too large to show. Its file: ${path}`, cut: true };
  const value = await decodeValue(stored, path, { as: "value" });
  switch (stored.kind) {
    case "text":
      return cut(String(value));
    case "bytes":
    case "buffer":
      return cut(hexDump(value as Uint8Array));
    case "response":
      return cut(asText(new Uint8Array(await (value as Response).arrayBuffer())));
    case "file":
      return cut(asText(await readVerified(stored, path)));
    case "undefined":
      return { text: "undefined", cut: false };
    case "json":
    case "rows":
    case "table":
    case "stream":
    case "frame":
      return cut(
        asJson(value) ?? inspect(value, { depth: 20, breakLength: 100, maxArrayLength: 2000, maxStringLength: 20_000 }),
      );
  }
}

/** Bytes that are text as text, others as a dump. */
function asText(bytes: Uint8Array): string {
  return isUtf8(bytes) && !bytes.subarray(0, 1000).includes(0) ? Buffer.from(bytes).toString("utf8") : hexDump(bytes);
}

/** Indented JSON, where JSON says all there is to say; otherwise `null`. */
function asJson(value: unknown): string | null {
  const lossy: unknown[] = [];
  const text = JSON.stringify(
    value,
    (_, item: unknown) => {
      const plain =
        item === null ||
        ["string", "boolean"].includes(typeof item) ||
        (typeof item === "number" && Number.isFinite(item) && !Object.is(item, -0));
      const container =
        typeof item === "object" &&
        item !== null &&
        [Object.prototype, Array.prototype].includes(Object.getPrototypeOf(item) as object);
      if (plain || container) return item;
      lossy.push(item);
      return null;
    },
    2,
  );
  return lossy.length === 0 ? text : null;
}

function hexDump(bytes: Uint8Array): string {
  const lines: string[] = [`${bytes.byteLength} bytes`];
  for (let start = 0; start < Math.min(bytes.byteLength, 16_384); start += 16) {
    const row = Buffer.from(bytes.buffer, bytes.byteOffset + start, Math.min(16, bytes.byteLength - start));
    const hex = row.toString("hex").replace(/../g, "$& ").padEnd(48);
    lines.push(
      `${start.toString(16).padStart(8, "0")}  ${hex} ${row.toString("latin1").replace(/[^\x20-\x7e]/g, ".")}`,
    );
  }
  if (bytes.byteLength > 16_384) lines.push("…");
  return lines.join("\n");
}

function cut(text: string): PreviewText {
  return text.length > MAX_TEXT ? { text: `${text.slice(0, MAX_TEXT)}…`, cut: true } : { text, cut: false };
}
