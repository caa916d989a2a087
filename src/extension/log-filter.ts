/**
 * What a stage prints goes to an output channel, so it must not carry anything that a terminal or an editor would obey:
 * escape sequences (colours, cursor movement, titles, links), other control characters, and the Unicode controls that
 * reorder text. Node's own `stripVTControlCharacters` leaves several of them.
 */

const ESC = "\u001b";
const ESCAPE_SEQUENCES = new RegExp(
  [
    // Strings (DCS, SOS, OSC, PM, APC), ended by BEL, ST or the end of the text.
    `(?:${ESC}[PX\\]^_]|[\\u0090\\u0098\\u009d-\\u009f])[^\\u0007\\u009c${ESC}]*(?:\\u0007|\\u009c|${ESC}\\\\)?`,
    // CSI: parameters, intermediates, final byte.
    `(?:${ESC}\\[|\\u009b)[0-?]*[ -/]*[@-~]?`,
    // Two- and three-character escapes.
    `${ESC}[ -/]*[0-~]?`,
  ].join("|"),
  "g",
);
/** Text with everything removed that a terminal would obey; `\n` and `\t` stay. */
export function plainText(text: string): string {
  const lines = text.replace(/\r\n/g, "\n").replace(ESCAPE_SEQUENCES, "").replace(/\r/g, "\n");
  return lines
    .replace(/\p{Bidi_Control}/gu, "")
    .replace(/\p{Cc}/gu, (character) => (character === "\n" || character === "\t" ? character : ""));
}

/** Turns chunks, which may end anywhere, into whole lines of plain text. */
export class LineSplitter {
  #rest = "";

  /** The lines that `chunk` completes. A single line that grows without end is cut, not kept in memory. */
  push(chunk: string): readonly string[] {
    const parts = (this.#rest + chunk).split("\n");
    this.#rest = parts.pop() ?? "";
    if (this.#rest.length > MAX_LINE) {
      parts.push(this.#rest);
      this.#rest = "";
    }
    return parts.flatMap((line) => plainText(line.endsWith("\r") ? line.slice(0, -1) : line).split("\n"));
  }

  /** What was printed without a line end. */
  end(): readonly string[] {
    const rest = this.#rest;
    this.#rest = "";
    return rest === "" ? [] : plainText(rest).split("\n");
  }
}

const MAX_LINE = 16_384;
