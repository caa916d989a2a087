/**
 * The footer of a Parquet file as data, and how the row groups of several files become one file's.
 *
 * parquet-wasm makes whole files only. So each row group is written as a file of its own, and its pages are joined: they do not say
 * where they lie; only the footer and the page indexes do, and these are moved here. Numbers below are field ids of parquet.thrift.
 */
import { isList, ThriftReader, ThriftStruct, ThriftType, ThriftWriter } from "./thrift-compact.js";

export const MAGIC = Buffer.from("PAR1", "latin1");
/** A file ends with the footer's length (4 bytes, little endian) and the magic. */
export const TAIL_BYTES = 8;

const FILE = { schema: 2, rows: 3, groups: 4, keyValues: 5 } as const;
const GROUP = { columns: 1, totalBytes: 2, rows: 3, fileOffset: 5, ordinal: 7 } as const;
const CHUNK = { fileOffset: 2, metadata: 3, offsetIndexAt: 4, offsetIndexLength: 5, columnIndexAt: 6, columnIndexLength: 7 } as const; // prettier-ignore
const COLUMN_OFFSETS = [9, 10, 11, 14] as const;

/** The footer of a whole file in memory. Throws `RangeError` for other bytes. */
export function readFooter(file: Uint8Array): { readonly footer: ThriftStruct; readonly start: number } {
  const length = footerLength(file.subarray(-TAIL_BYTES));
  const start = file.length - TAIL_BYTES - length;
  if (start < MAGIC.length) throw new RangeError("the file is shorter than its footer says");
  return { footer: new ThriftReader(file.subarray(start)).struct(), start };
}

/** From the last 8 bytes of a file. */
export function footerLength(tail: Uint8Array): number {
  const end = Buffer.from(tail.buffer, tail.byteOffset, tail.byteLength);
  if (end.length < TAIL_BYTES || !end.subarray(4).equals(MAGIC)) throw new RangeError("it is not a Parquet file");
  return end.readUInt32LE(0);
}

/** The footer's bytes with what stands behind it in a file. */
export function footerBytes(footer: ThriftStruct): Uint8Array {
  const writer = new ThriftWriter();
  writer.struct(footer);
  return withTail(writer.take());
}

/** Sets one entry of the file's key-value metadata, behind the others. */
export function setKeyValue(footer: ThriftStruct, key: string, value: string): void {
  const list = footer.field(FILE.keyValues)?.value;
  const others = isList(list)
    ? list.items.filter((item) => item instanceof ThriftStruct && textOf(item, 1) !== key)
    : [];
  const entry = new ThriftStruct([
    { id: 1, type: ThriftType.Binary, value: Buffer.from(key, "utf8") },
    { id: 2, type: ThriftType.Binary, value: Buffer.from(value, "utf8") },
  ]);
  footer.set(FILE.keyValues, ThriftType.List, { type: ThriftType.Struct, items: [...others, entry] });
}

/** The pieces of one row group that wait for the footer. Kept as bytes: a large file has millions of them. */
interface JoinedColumn {
  /** The column chunk without where its indexes lie, and without its end. */
  readonly head: Uint8Array;
  readonly lastField: number;
  readonly offsetIndex: Uint8Array | null;
  readonly columnIndex: Uint8Array | null;
}

interface JoinedGroup {
  readonly columns: readonly JoinedColumn[];
  /** The fields of the row group behind its columns, with its end. */
  readonly rest: Uint8Array;
}

/** Collects the row groups of parts that have one schema, and makes the footer of the file that holds them all. */
export class FooterJoiner {
  readonly #groups: JoinedGroup[] = [];
  #first: ThriftStruct | null = null;
  #schema: Uint8Array | null = null;
  #rows = 0;

  /** Takes in a part whose pages will begin at `position`; gives the pages. */
  add(part: Uint8Array, position: number): Uint8Array {
    const { footer, start } = readFooter(part);
    const schema = fieldsAsBytes(footer, [FILE.schema, FILE.keyValues]);
    if (this.#schema !== null && !Buffer.from(schema).equals(this.#schema))
      throw new Error("Restage tried to join row groups of different schemas. This is a bug of Restage.");
    this.#schema = schema;
    const shift = position - MAGIC.length;
    let pagesEnd = start;
    for (const group of footer.structs(FILE.groups)) {
      const columns = group.structs(GROUP.columns).map((chunk) => {
        for (const id of [CHUNK.offsetIndexAt, CHUNK.columnIndexAt])
          pagesEnd = Math.min(pagesEnd, chunk.number(id) ?? pagesEnd);
        return moveChunk(chunk, part, shift);
      });
      if (group.field(GROUP.fileOffset) !== undefined) shiftField(group, GROUP.fileOffset, shift);
      // A 16-bit number, which very many groups would overflow.
      group.remove(GROUP.ordinal);
      this.#rows += group.number(GROUP.rows) ?? 0;
      group.remove(GROUP.columns);
      this.#groups.push({ columns, rest: restOfGroup(group) });
    }
    if (this.#first === null) {
      footer.remove(FILE.groups);
      this.#first = footer;
    }
    return part.subarray(MAGIC.length, pagesEnd);
  }

  /** What ends the file behind the pages, which end at `position`. */
  finish(position: number, entries: readonly (readonly [key: string, value: string])[]): Uint8Array[] {
    const footer = this.#first;
    if (footer === null) throw new Error("A Parquet file needs a first part.");
    const pieces: Uint8Array[] = [];
    let at = position;
    const place = (bytes: Uint8Array | null): { at: number; length: number } | null => {
      if (bytes === null) return null;
      const placed = { at, length: bytes.length };
      pieces.push(bytes);
      at += bytes.length;
      return placed;
    };
    const writer = new ThriftWriter();
    const groups = new ThriftWriter();
    groups.listHeader(ThriftType.Struct, this.#groups.length);
    for (const group of this.#groups) {
      const columnIndexes = group.columns.map((column) => place(column.columnIndex));
      const offsetIndexes = group.columns.map((column) => place(column.offsetIndex));
      groups.fieldHeader(GROUP.columns, ThriftType.List, 0);
      groups.listHeader(ThriftType.Struct, group.columns.length);
      group.columns.forEach((column, index) => {
        groups.raw(column.head);
        groups.raw(indexFields(column.lastField, offsetIndexes[index] ?? null, columnIndexes[index] ?? null));
      });
      groups.raw(group.rest);
    }
    footer.set(FILE.rows, ThriftType.I64, this.#rows);
    for (const [key, value] of entries) setKeyValue(footer, key, value);
    // The groups are bytes already: written between the fields before and behind them.
    const before = new ThriftStruct(footer.fields.filter((field) => field.id < FILE.groups));
    const behind = new ThriftStruct(footer.fields.filter((field) => field.id > FILE.groups));
    writer.raw(withoutStop(before));
    writer.fieldHeader(FILE.groups, ThriftType.List, before.fields.at(-1)?.id ?? 0);
    writer.raw(groups.take());
    writer.raw(following(behind, FILE.groups));
    pieces.push(withTail(writer.take()));
    return pieces;
  }
}

function moveChunk(chunk: ThriftStruct, part: Uint8Array, shift: number): JoinedColumn {
  const slice = (at: number | null, length: number | null): Uint8Array | null =>
    at === null || length === null ? null : part.slice(at, at + length);
  const offsetIndex = slice(chunk.number(CHUNK.offsetIndexAt), chunk.number(CHUNK.offsetIndexLength));
  const columnIndex = slice(chunk.number(CHUNK.columnIndexAt), chunk.number(CHUNK.columnIndexLength));
  if ((chunk.number(CHUNK.fileOffset) ?? 0) > 0) shiftField(chunk, CHUNK.fileOffset, shift);
  const metadata = chunk.struct(CHUNK.metadata);
  for (const id of COLUMN_OFFSETS) if (metadata?.field(id) !== undefined) shiftField(metadata, id, shift);
  const head = new ThriftStruct(chunk.fields.filter((field) => field.id < CHUNK.offsetIndexAt));
  return {
    head: withoutStop(head),
    lastField: head.fields.at(-1)?.id ?? 0,
    offsetIndex: offsetIndex === null ? null : moveOffsetIndex(offsetIndex, shift),
    columnIndex,
  };
}

/** Pages are found by their place in the file. */
function moveOffsetIndex(bytes: Uint8Array, shift: number): Uint8Array {
  const index = new ThriftReader(bytes).struct();
  for (const page of index.structs(1)) shiftField(page, 1, shift);
  const writer = new ThriftWriter();
  writer.struct(index);
  return writer.take();
}

function indexFields(
  last: number,
  offsetIndex: { at: number; length: number } | null,
  columnIndex: { at: number; length: number } | null,
): Uint8Array {
  const fields = new ThriftStruct([]);
  if (offsetIndex !== null) {
    fields.set(CHUNK.offsetIndexAt, ThriftType.I64, offsetIndex.at);
    fields.set(CHUNK.offsetIndexLength, ThriftType.I32, offsetIndex.length);
  }
  if (columnIndex !== null) {
    fields.set(CHUNK.columnIndexAt, ThriftType.I64, columnIndex.at);
    fields.set(CHUNK.columnIndexLength, ThriftType.I32, columnIndex.length);
  }
  return following(fields, last);
}

function restOfGroup(group: ThriftStruct): Uint8Array {
  return following(group, GROUP.columns);
}

/** The fields and the end of a struct, when field `last` of it was written before them. */
function following(fields: ThriftStruct, last: number): Uint8Array {
  const writer = new ThriftWriter();
  const [first, ...others] = fields.fields;
  if (first === undefined) {
    writer.stop();
    return writer.take();
  }
  // Written as if the fields were numbered on from `last`; only the distances are in the bytes.
  writer.struct(new ThriftStruct([first, ...others].map((field) => ({ ...field, id: field.id - last }))));
  return writer.take();
}

function withoutStop(struct: ThriftStruct): Uint8Array {
  const writer = new ThriftWriter();
  writer.struct(struct);
  return writer.take().subarray(0, -1);
}

function withTail(footer: Uint8Array): Uint8Array {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  return Buffer.concat([footer, length, MAGIC]);
}

function fieldsAsBytes(struct: ThriftStruct, ids: readonly number[]): Uint8Array {
  const writer = new ThriftWriter();
  writer.struct(new ThriftStruct(struct.fields.filter((field) => ids.includes(field.id))));
  return writer.take();
}

function shiftField(struct: ThriftStruct, id: number, shift: number): void {
  const field = struct.field(id);
  if (field !== undefined && typeof field.value === "number") field.value += shift;
}

function textOf(struct: ThriftStruct, id: number): string | null {
  const value = struct.field(id)?.value;
  return value instanceof Uint8Array ? Buffer.from(value).toString("utf8") : null;
}
