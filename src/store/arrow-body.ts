import { createHash } from "node:crypto";
import type { Data, DataType, Vector } from "apache-arrow";
import { GrowingBits, GrowingBytes, GrowingLengths } from "./growing-buffers.js";
import type { Arrow } from "./parquet-engine.js";

export type Offsets = ArrayLike<number | bigint>;
export type TypedArray = Uint8Array | Int32Array | BigInt64Array;
export type ArrayMaker = (new (buffer: ArrayBufferLike, offset: number, length: number) => TypedArray) & {
  readonly BYTES_PER_ELEMENT: number;
};

/** The class of a type's values, which Arrow declares loosely. */
export function arrayOf(type: DataType): ArrayMaker {
  return (type as unknown as { readonly ArrayType: ArrayMaker }).ArrayType;
}

/** What a kind of column keeps besides which cells are null. Numbers of cells count from the piece's beginning. */
export interface Body {
  /** About how many bytes were appended since the last `take`. */
  readonly weight: number;
  append(piece: Data, start: number, end: number): void;
  /** Cells below a null: there, but of no meaning. */
  appendEmpty(count: number): void;
  /** Arrow's buffers for all that was appended; begins anew. */
  take(): Partial<Record<"values" | "offsets" | "bits", TypedArray>> & {
    readonly children?: Data[];
    readonly dictionary?: Vector;
  };
  digest(): string;
}

export class NothingBody implements Body {
  readonly weight = 0;
  append(): void {
    // Every cell is null.
  }
  appendEmpty(): void {
    // Every cell is null.
  }
  take(): object {
    return {};
  }
  digest(): string {
    return "";
  }
}

export class FixedBody implements Body {
  readonly #values = new GrowingBytes();
  readonly #content = createHash("sha256");
  readonly #width: number;
  readonly #ArrayType: ArrayMaker;

  constructor(arrow: Arrow, type: DataType) {
    this.#ArrayType = arrayOf(type);
    this.#width = this.#ArrayType.BYTES_PER_ELEMENT * new arrow.Data(type, 0, 0).stride;
  }

  get weight(): number {
    return this.#values.length;
  }

  append(piece: Data, start: number, end: number): void {
    this.#values.push(bytesOf(piece.values as TypedArray).subarray(start * this.#width, end * this.#width));
  }

  appendEmpty(count: number): void {
    this.#values.pushZeros(count * this.#width);
  }

  take(): { readonly values: TypedArray } {
    const bytes = this.#values.take();
    this.#content.update(bytes);
    return { values: new this.#ArrayType(bytes.buffer, 0, bytes.length / this.#ArrayType.BYTES_PER_ELEMENT) };
  }

  digest(): string {
    return this.#content.copy().digest("hex");
  }
}

export class BooleanBody implements Body {
  readonly #bits = new GrowingBits();
  readonly #content = createHash("sha256");
  #count = 0;

  get weight(): number {
    return this.#count / 8;
  }

  append(piece: Data, start: number, end: number): void {
    this.#bits.push(piece.values as Uint8Array, piece.offset + start, piece.offset + end);
    this.#count += end - start;
  }

  appendEmpty(count: number): void {
    this.#bits.pushSame(false, count);
    this.#count += count;
  }

  take(): { readonly bits: Uint8Array } {
    const { cells, bitmap } = this.#bits.take();
    this.#content.update(cells);
    this.#count = 0;
    return { bits: bitmap };
  }

  digest(): string {
    return this.#content.copy().digest("hex");
  }
}

export class BytesBody implements Body {
  readonly #values = new GrowingBytes();
  readonly #lengths = new LengthsPart();
  readonly #content = createHash("sha256");
  readonly #large: boolean;

  constructor(large: boolean) {
    this.#large = large;
  }

  get weight(): number {
    return this.#values.length + this.#lengths.weight;
  }

  append(piece: Data, start: number, end: number): void {
    const offsets = piece.valueOffsets as unknown as Offsets;
    this.#lengths.append(offsets, start, end);
    this.#values.push((piece.values as Uint8Array).subarray(Number(offsets[start]), Number(offsets[end])));
  }

  appendEmpty(count: number): void {
    this.#lengths.appendEmpty(count);
  }

  take(): { readonly values: Uint8Array; readonly offsets: TypedArray } {
    const values = this.#values.take();
    this.#content.update(values);
    return { values, offsets: this.#lengths.take(this.#large) };
  }

  digest(): string {
    return `${this.#lengths.digest()},${this.#content.copy().digest("hex")}`;
  }
}

/** The lengths of a column's cells. */
export class LengthsPart {
  readonly #lengths = new GrowingLengths();
  readonly #hash = createHash("sha256");
  #count = 0;

  get weight(): number {
    return this.#count * 4;
  }

  append(offsets: Offsets, start: number, end: number): void {
    this.#lengths.pushOffsets(offsets, start, end);
    this.#count += end - start;
  }

  appendEmpty(count: number): void {
    this.#lengths.pushZeros(count);
    this.#count += count;
  }

  take(large: boolean): TypedArray {
    const lengths = this.#lengths.take();
    this.#hash.update(bytesOf(lengths));
    this.#count = 0;
    const offsets = large ? new BigInt64Array(lengths.length + 1) : new Int32Array(lengths.length + 1);
    let position = 0;
    for (let index = 0; index < lengths.length; index++) {
      position += lengths[index] ?? 0;
      if (large) (offsets as BigInt64Array)[index + 1] = BigInt(position);
      else (offsets as Int32Array)[index + 1] = position;
    }
    return offsets;
  }

  digest(): string {
    return this.#hash.copy().digest("hex");
  }
}

function bytesOf(array: TypedArray): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
