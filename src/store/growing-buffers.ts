/** Buffers that grow as they are appended to, and are emptied to be filled again without being allocated anew. */

export class GrowingBytes {
  #bytes = new Uint8Array(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  pushZeros(count: number): void {
    this.#reserve(count);
    this.#bytes.fill(0, this.#length, this.#length + count);
    this.#length += count;
  }

  zero(start: number, end: number): void {
    this.#bytes.fill(0, start, end);
  }

  /** A copy, so that it stays what it is and starts where every item size may start. */
  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return taken;
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

/** Lengths of texts, bytes or lists, one after the other. */
export class GrowingLengths {
  #lengths = new Int32Array(256);
  #count = 0;

  push(length: number): void {
    this.#reserve(1);
    this.#lengths[this.#count++] = length;
  }

  /** The lengths between `offsets[start…end]`. */
  pushOffsets(offsets: ArrayLike<number | bigint>, start: number, end: number): void {
    this.#reserve(end - start);
    let before = Number(offsets[start] ?? 0);
    for (let index = start + 1; index <= end; index++) {
      const offset = Number(offsets[index] ?? 0);
      this.#lengths[this.#count++] = offset - before;
      before = offset;
    }
  }

  pushZeros(count: number): void {
    this.#reserve(count);
    this.#lengths.fill(0, this.#count, this.#count + count);
    this.#count += count;
  }

  take(): Int32Array {
    const taken = this.#lengths.slice(0, this.#count);
    this.#count = 0;
    return taken;
  }

  #reserve(count: number): void {
    if (this.#count + count <= this.#lengths.length) return;
    const larger = new Int32Array(Math.max(this.#lengths.length * 2, this.#count + count));
    larger.set(this.#lengths.subarray(0, this.#count));
    this.#lengths = larger;
  }
}

/** One byte for each bit: bits are packed only when all of them are there. */
export class GrowingBits {
  readonly #cells = new GrowingBytes();

  push(bitmap: Uint8Array, start: number, end: number): void {
    const cells = new Uint8Array(end - start);
    for (let bit = start; bit < end; bit++) cells[bit - start] = ((bitmap[bit >> 3] ?? 0) >> (bit & 7)) & 1;
    this.#cells.push(cells);
  }

  pushSame(bit: boolean, count: number): void {
    if (bit) this.#cells.push(new Uint8Array(count).fill(1));
    else this.#cells.pushZeros(count);
  }

  /** `cells` is one byte for each bit; `bitmap` is as Arrow has it, padded to whole words. */
  take(): { readonly cells: Uint8Array; readonly bitmap: Uint8Array; readonly zeros: number } {
    const cells = this.#cells.take();
    const bitmap = new Uint8Array(((cells.length + 63) >> 6) << 3);
    let ones = 0;
    for (let index = 0; index < cells.length; index++) {
      if (cells[index] !== 1) continue;
      ones++;
      bitmap[index >> 3] = (bitmap[index >> 3] ?? 0) | (1 << (index & 7));
    }
    return { cells, bitmap, zeros: cells.length - ones };
  }
}
