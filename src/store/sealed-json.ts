import { createHash } from "node:crypto";

/**
 * JSON with a seal: the text's SHA-256 on a line of its own behind it. A file that a bad disk or a hand changed does not open,
 * so it reads as a miss and never as a wrong fact.
 */
export function seal(value: unknown): string {
  const body = JSON.stringify(value);
  return `${body}\n${digest(body)}\n`;
}

/** The value, or `undefined` when the seal does not fit or the text is not JSON. */
export function unseal(text: string): unknown {
  const end = text.indexOf("\n");
  if (end < 0 || text.slice(end) !== `\n${digest(text.slice(0, end))}\n`) return undefined;
  try {
    return JSON.parse(text.slice(0, end));
  } catch {
    return undefined;
  }
}

function digest(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}
