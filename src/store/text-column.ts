/**
 * Many texts as one buffer and offsets, and back. One conversion for the whole column instead of one per cell: crossing
 * between JavaScript strings and bytes costs more per call than per character.
 */

/** Beyond this one conversion may exceed the longest string that the engine allows; each cell is then converted alone. */
const MAX_JOINED = 1 << 27;

export interface TextBuffers {
  readonly data: Uint8Array;
  /** `count + 1` byte positions. */
  readonly offsets: Int32Array;
}

/** The texts must be well formed: a lone half of a surrogate pair would join with its neighbour. */
export function encodeTexts(texts: readonly string[]): TextBuffers {
  const offsets = new Int32Array(texts.length + 1);
  let characters = 0;
  for (const text of texts) characters += text.length;
  const data =
    characters <= MAX_JOINED
      ? Buffer.from(texts.join(""), "utf8")
      : Buffer.concat(texts.map((text) => Buffer.from(text, "utf8")));
  const ascii = data.length === characters;
  let position = 0;
  texts.forEach((text, index) => {
    position += ascii ? text.length : Buffer.byteLength(text, "utf8");
    offsets[index + 1] = position;
  });
  return { data, offsets };
}

/** The texts of cells `0…count` whose bytes lie between `offsets[i]` and `offsets[i + 1]`. */
export function decodeTexts(data: Uint8Array, offsets: Int32Array, count: number): string[] {
  const first = offsets[0] ?? 0;
  const last = offsets[count] ?? 0;
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const texts = new Array<string>(count);
  if (last - first > MAX_JOINED) {
    for (let index = 0; index < count; index++)
      texts[index] = bytes.toString("utf8", offsets[index], offsets[index + 1]);
    return texts;
  }
  const joined = bytes.toString("utf8", first, last);
  if (joined.length === last - first) {
    for (let index = 0; index < count; index++)
      texts[index] = joined.substring((offsets[index] ?? 0) - first, (offsets[index + 1] ?? 0) - first);
    return texts;
  }
  let byte = first;
  let unit = 0;
  for (let index = 0; index < count; index++) {
    const end = offsets[index + 1] ?? 0;
    const start = unit;
    for (; byte < end; byte++) {
      const value = bytes[byte] ?? 0;
      // Continuation bytes count nothing; a lead byte of four makes a surrogate pair.
      if ((value & 0xc0) !== 0x80) unit += value >= 0xf0 ? 2 : 1;
    }
    texts[index] = joined.substring(start, unit);
  }
  return texts;
}
