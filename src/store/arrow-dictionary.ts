import { createHash } from "node:crypto";
import type { Data, DataType, Vector } from "apache-arrow";
import { arrayOf, type ArrayMaker, type Body, type TypedArray } from "./arrow-body.js";
import type { TypeParts } from "./arrow-rebuild.js";
import { UnstorableValueError } from "./codec-errors.js";
import { GrowingBytes, GrowingLengths } from "./growing-buffers.js";
import type { Arrow } from "./parquet-engine.js";

/** Where the words of a dictionary go. */
export interface WordSink {
  readonly weight: number;
  append(piece: Data, start: number, end: number): void;
  appendEmpty(count: number): void;
  take(): Data;
}

/** The code of a cell that is null. */
const EMPTY = -1;
const NO_WORD = Uint8Array.of(0xff, 0xff, 0xff, 0xff);

/** Pieces may bring dictionaries of their own: they get one, of the words in use, in the order in which they come. */
export class DictionaryBody implements Body {
  readonly #arrow: Arrow;
  readonly #name: string;
  readonly #wordType: DataType;
  readonly #IndexArray: ArrayMaker;
  readonly #mostWords: number;
  readonly #words: WordSink;
  readonly #codes = new GrowingLengths();
  readonly #keys = new Map<string, number>();
  readonly #known = new Map<unknown, Int32Array>();
  readonly #content = createHash("sha256");
  #keyBytes: Uint8Array[] = [];
  #count = 0;

  constructor(
    arrow: Arrow,
    { dictionary, indices }: TypeParts,
    { name, words }: { readonly name: string; readonly words: WordSink },
  ) {
    if (dictionary === undefined || indices === undefined) throw new TypeError("A dictionary type without its parts.");
    this.#arrow = arrow;
    this.#name = name;
    this.#wordType = dictionary;
    this.#IndexArray = arrayOf(indices);
    const { bitWidth = 32, isSigned = true } = indices as unknown as TypeParts;
    this.#mostWords = 2 ** Math.min(31, bitWidth - (isSigned ? 1 : 0));
    this.#words = words;
  }

  get weight(): number {
    return this.#words.weight + this.#count * this.#IndexArray.BYTES_PER_ELEMENT;
  }

  append(piece: Data, start: number, end: number): void {
    const { dictionary } = piece;
    if (dictionary === undefined) throw new TypeError("A dictionary column without a dictionary.");
    let known = this.#known.get(dictionary);
    if (known === undefined) this.#known.set(dictionary, (known = new Int32Array(dictionary.length).fill(-1)));
    const indexes = piece.values as ArrayLike<number | bigint>;
    for (let cell = start; cell < end; cell++) {
      const index = Number(indexes[cell]);
      let code = known[index] ?? -1;
      if (code < 0) known[index] = code = this.#codeOf(dictionary, index);
      this.#codes.push(code);
    }
    this.#count += end - start;
  }

  appendEmpty(count: number): void {
    for (let cell = 0; cell < count; cell++) this.#codes.push(EMPTY);
    this.#count += count;
  }

  take(): { readonly values: TypedArray; readonly dictionary: Vector } {
    const codes = this.#codes.take();
    // Arrow's readers look at the dictionary also for a cell that is null.
    if (this.#keyBytes.length === 0 && codes.length > 0) this.#words.appendEmpty(1);
    this.#hashWords(codes);
    const values = new this.#IndexArray(new ArrayBuffer(codes.length * this.#IndexArray.BYTES_PER_ELEMENT), 0, codes.length); // prettier-ignore
    const big = this.#IndexArray.BYTES_PER_ELEMENT === 8;
    for (let cell = 0; cell < codes.length; cell++) {
      const code = Math.max(0, codes[cell] ?? 0);
      if (big) (values as BigInt64Array)[cell] = BigInt(code);
      else (values as Int32Array)[cell] = code;
    }
    const words = this.#words.take();
    this.#keys.clear();
    this.#known.clear();
    this.#keyBytes = [];
    this.#count = 0;
    return { values, dictionary: new this.#arrow.Vector([words]) };
  }

  digest(): string {
    return this.#content.copy().digest("hex");
  }

  #codeOf(dictionary: Vector, index: number): number {
    const key = wordKey(dictionary.get(index), this.#name, this.#wordType);
    let code = this.#keys.get(key);
    if (code === undefined) {
      code = this.#keys.size;
      if (code >= this.#mostWords) {
        throw new UnstorableValueError(
          `Column ${JSON.stringify(this.#name)} has more than ${this.#mostWords} different words in ${this.#count} rows, which its dictionary's index type cannot number. Use 32-bit indices.`,
        );
      }
      this.#keys.set(key, code);
      const bytes = Buffer.from(key, "utf8");
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      this.#keyBytes.push(Buffer.concat([length, bytes]));
      let at = index;
      for (const part of dictionary.data) {
        if (at < part.length) {
          this.#words.append(part as Data, at, at + 1);
          break;
        }
        at -= part.length;
      }
    }
    return code;
  }

  /** The words cell by cell: codes would tell where row groups begin. */
  #hashWords(codes: Int32Array): void {
    const bytes = new GrowingBytes();
    for (const code of codes) {
      bytes.push(this.#keyBytes[code] ?? NO_WORD);
      if (bytes.length > 1 << 20) this.#content.update(bytes.take());
    }
    this.#content.update(bytes.take());
  }
}

function wordKey(word: unknown, name: string, type: DataType): string {
  if (typeof word === "string") return `s${word}`;
  if (word === null || word === undefined) return "n";
  if (typeof word === "number" || typeof word === "bigint" || typeof word === "boolean")
    return `${typeof word}${Object.is(word, -0) ? "-0" : String(word)}`;
  if (ArrayBuffer.isView(word))
    return `b${Buffer.from(word.buffer, word.byteOffset, word.byteLength).toString("base64")}`;
  throw new UnstorableValueError(
    `Column ${JSON.stringify(name)} has a dictionary of ${(type as { toString(): string }).toString()}. Convert the column to that type before returning it.`,
  );
}
