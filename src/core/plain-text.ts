/**
 * What a stage prints goes to an output channel, a terminal or a record, so it must not carry anything that a terminal or an editor would obey:
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
