/**
 * The compact protocol of Apache Thrift, in which a Parquet file's footer and page indexes are written, read into plain data and
 * written back byte for byte. It knows no schema: what a field means is for its reader to say.
 */

/** Types by the numbers that the protocol gives them in lists. A struct's boolean fields are `True` or `False`. */
export const ThriftType = { True: 1, False: 2, Byte: 3, I16: 4, I32: 5, I64: 6, Double: 7, Binary: 8, List: 9, Set: 10, Map: 11, Struct: 12 } as const; // prettier-ignore

export interface ThriftList {
  readonly type: number;
  readonly items: ThriftValue[];
}

/** Integers are numbers: a footer's sizes, offsets and counts lie far below 2^53, and one beyond is refused. */
export type ThriftValue = number | boolean | Uint8Array | ThriftList | ThriftStruct;

export interface ThriftField {
  readonly id: number;
  readonly type: number;
  value: ThriftValue;
}

/** Fields in the order of their numbers. */
export class ThriftStruct {
  readonly fields: ThriftField[];

  constructor(fields: ThriftField[]) {
    this.fields = fields;
  }

  field(id: number): ThriftField | undefined {
    return this.fields.find((field) => field.id === id);
  }

  number(id: number): number | null {
    const value = this.field(id)?.value;
    return typeof value === "number" ? value : null;
  }

  struct(id: number): ThriftStruct | null {
    const value = this.field(id)?.value;
    return value instanceof ThriftStruct ? value : null;
  }

  /** The items of a list of structs; none where there is no such field. */
  structs(id: number): readonly ThriftStruct[] {
    const value = this.field(id)?.value;
    return isList(value) ? value.items.filter((item) => item instanceof ThriftStruct) : [];
  }

  /** Sets a field or adds it in its place. */
  set(id: number, type: number, value: ThriftValue): void {
    const at = this.fields.findIndex((field) => field.id >= id);
    const replaced = this.fields[at]?.id === id ? 1 : 0;
    this.fields.splice(at < 0 ? this.fields.length : at, replaced, { id, type, value });
  }

  remove(id: number): void {
    const at = this.fields.findIndex((field) => field.id === id);
    if (at >= 0) this.fields.splice(at, 1);
  }
}

export function isList(value: ThriftValue | undefined): value is ThriftList {
  return typeof value === "object" && "items" in value;
}

export class ThriftReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Throws `RangeError` for bytes that are not a struct of this protocol. */
  struct(): ThriftStruct {
    const fields: ThriftField[] = [];
    let id = 0;
    for (let header = this.#byte(); header !== 0; header = this.#byte()) {
      const delta = header >> 4;
      id = delta === 0 ? this.#integer() : id + delta;
      const type = header & 15;
      fields.push({ id, type, value: this.#value(type, false) });
    }
    return new ThriftStruct(fields);
  }

  #value(type: number, inList: boolean): ThriftValue {
    switch (type) {
      case ThriftType.True:
      case ThriftType.False:
        // In a struct the field's type is its value; in a list each item has a byte.
        return (inList ? this.#byte() : type) === ThriftType.True;
      case ThriftType.Byte:
        return (this.#byte() << 24) >> 24;
      case ThriftType.I16:
      case ThriftType.I32:
      case ThriftType.I64:
        return this.#integer();
      case ThriftType.Double:
      case ThriftType.Binary:
        return this.#take(type === ThriftType.Double ? 8 : this.#varint());
      case ThriftType.List:
      case ThriftType.Set: {
        const header = this.#byte();
        const count = header >> 4 === 15 ? this.#varint() : header >> 4;
        const itemType = header & 15;
        const items: ThriftValue[] = [];
        for (let index = 0; index < count; index++) items.push(this.#value(itemType, true));
        return { type: itemType, items };
      }
      case ThriftType.Struct:
        return this.struct();
      default:
        throw new RangeError(`a footer has a part of the unknown type ${type}`);
    }
  }

  /** Zigzag. */
  #integer(): number {
    const value = this.#varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  #varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#byte();
      value += (byte & 127) * scale;
      if (!Number.isSafeInteger(value)) throw new RangeError("a footer has a number beyond 2^53");
      if (byte < 128) return value;
    }
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new RangeError("a footer ends too early");
    return byte;
  }

  #take(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new RangeError("a footer ends too early");
    const taken = this.#bytes.slice(this.#at, end);
    this.#at = end;
    return taken;
  }
}

export class ThriftWriter {
  #bytes = new Uint8Array(256);
  #length = 0;

  /** What was written; a copy. */
  take(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  struct(struct: ThriftStruct): void {
    let last = 0;
    for (const { id, type, value } of struct.fields) {
      const header = typeof value === "boolean" ? (value ? ThriftType.True : ThriftType.False) : type;
      if (id > last && id - last < 16) this.#byte(((id - last) << 4) | header);
      else {
        this.#byte(header);
        this.#integer(id);
      }
      last = id;
      if (typeof value !== "boolean") this.#value(type, value);
    }
    this.#byte(0);
  }

  /** The header of a list whose items are then written one after the other. */
  listHeader(type: number, count: number): void {
    if (count < 15) this.#byte((count << 4) | type);
    else {
      this.#byte(0xf0 | type);
      this.#varint(count);
    }
  }

  /** The header of a field that follows field `last` of the same struct. */
  fieldHeader(id: number, type: number, last: number): void {
    this.#byte(((id - last) << 4) | type);
  }

  stop(): void {
    this.#byte(0);
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #value(type: number, value: ThriftValue): void {
    if (value instanceof ThriftStruct) this.struct(value);
    else if (value instanceof Uint8Array) {
      if (type !== ThriftType.Double) this.#varint(value.length);
      this.raw(value);
    } else if (typeof value === "number") {
      if (type === ThriftType.Byte) this.#byte(value & 255);
      else this.#integer(value);
    } else if (typeof value === "boolean") this.#byte(value ? ThriftType.True : ThriftType.False);
    else {
      this.listHeader(value.type, value.items.length);
      for (const item of value.items) this.#value(value.type, item);
    }
  }

  #integer(value: number): void {
    this.#varint(value < 0 ? -value * 2 - 1 : value * 2);
  }

  #varint(value: number): void {
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.#byte((rest % 128) | 128);
    this.#byte(rest);
  }

  #byte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = byte;
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}
