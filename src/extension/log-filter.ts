import { plainText } from "../core/plain-text.js";

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
