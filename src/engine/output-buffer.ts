/**
 * What a stage prints: given on in pieces a few times a second, with its end kept for the record. A stage that prints
 * without end costs bounded memory: within one interval only the beginning and the end of a flood are kept.
 */
import { plainText } from "../core/plain-text.js";

const INTERVAL_MS = 40;
const MOST_PENDING = 256 * 1024;
const TAIL = 32 * 1024;

export class OutputBuffer {
  readonly #send: (text: string) => void;
  #pending: string[] = [];
  #size = 0;
  #dropped = 0;
  #tail = "";
  #timer: NodeJS.Timeout | null = null;

  constructor(send: (text: string) => void) {
    this.#send = send;
  }

  append(text: string): void {
    if (text === "") return;
    this.#tail = (this.#tail + text).slice(-TAIL);
    if (this.#size + text.length > MOST_PENDING) {
      this.#dropped += text.length;
    } else {
      this.#pending.push(text);
      this.#size += text.length;
    }
    this.#timer ??= setTimeout(() => this.flush(), INTERVAL_MS);
  }

  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#size === 0 && this.#dropped === 0) return;
    const text = this.#pending.join("");
    const note = this.#dropped > 0 ? `\n… ${this.#dropped} characters of output left out …\n` : "";
    this.#pending = [];
    this.#size = 0;
    this.#dropped = 0;
    this.#send(text + note);
  }

  /** The last characters printed, without terminal control codes. */
  tail(): string {
    return plainText(this.#tail);
  }
}
