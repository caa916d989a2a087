import { createHash } from "node:crypto";
import type { Data, DataType } from "apache-arrow";
import type { Digest } from "../protocol/ids.js";
import type { ColumnKind } from "./column-kind.js";
import type { Arrow } from "./parquet-engine.js";
import { MISSING } from "./plain-values.js";
import { stringifyTagged } from "./tagged-json.js";
import { encodeTexts } from "./text-column.js";

/** One column of one row group, built but not yet counted into the column's digest. */
export interface BuiltColumn {
  readonly data: Data;
  readonly bytes: number;
  readonly absent: number;
  /** Adds this part's content to the column's digest. Parts come in order; where they end does not matter. */
  commit(): void;
}

/**
 * Builds the parts of one column as Arrow data and digests its content on the way.
 *
 * Invariant: the digest depends on the column's cells and on nothing else, neither on other columns nor on where row groups end
 * (which other columns decide). Therefore lengths, contents and absences are hashed as three streams, never as Arrow buffers.
 */
export class ColumnBuilder {
  readonly name: string;
  readonly type: DataType;
  readonly nullable: boolean;
  #kind: ColumnKind;
  readonly #arrow: Arrow;
  readonly #content = createHash("sha256");
  readonly #lengths = createHash("sha256");
  readonly #absences = createHash("sha256");
  #nulls = 0;

  /**
   * `position` among the table's columns numbers the dictionary: two with one number would be taken for one. `nullable` where cells
   * can still turn out to be absent.
   */
  constructor(
    arrow: Arrow,
    name: string,
    {
      kind,
      position,
      nullable = kind.absences.length > 0,
    }: { readonly kind: ColumnKind; readonly position: number; readonly nullable?: boolean },
  ) {
    this.#arrow = arrow;
    this.name = name;
    this.#kind = kind;
    this.nullable = nullable;
    this.type = arrowType(arrow, kind, position);
  }

  get kind(): ColumnKind {
    return this.#kind;
  }

  /** More was seen of the column; how it is stored must be the same (see `isStoredAlike`). */
  refine(kind: ColumnKind): void {
    this.#kind = kind;
  }

  get nulls(): number {
    return this.#nulls;
  }

  /** `firstRow` is only for error texts. Throws `UnstorableValueError` for a cell that cannot be stored. */
  build(values: readonly unknown[], firstRow: number): BuiltColumn {
    const absent = this.nullable ? absenceOf(values) : null;
    const body = this.#body(values, firstRow);
    const data = this.#arrow.makeData({
      ...body.buffers,
      type: this.type,
      length: values.length,
      nullCount: absent?.count ?? 0,
      nullBitmap: absent === null ? undefined : absent.bitmap,
    } as never) as Data;
    return {
      data,
      bytes: body.bytes,
      absent: absent?.count ?? 0,
      commit: () => {
        this.#nulls += absent?.count ?? 0;
        if (absent !== null) this.#absences.update(absent.codes);
        for (const part of body.content) this.#content.update(part);
        if (body.lengths !== null) this.#lengths.update(body.lengths);
      },
    };
  }

  digest(): Digest {
    const { logical, int32, dictionary, absences } = this.#kind;
    const hash = createHash("sha256");
    hash.update(
      JSON.stringify({
        column: 1,
        logical,
        int32,
        dictionary: dictionary === null ? null : [...dictionary.keys()],
        absences,
      }),
    );
    for (const part of [this.#content, this.#lengths, this.#absences]) hash.update(part.digest());
    return hash.digest("hex") as Digest;
  }

  #body(values: readonly unknown[], firstRow: number): ColumnBody {
    switch (this.#kind.logical) {
      case "number":
        return fixed(this.#kind.int32 ? int32s(values) : float64s(values));
      case "boolean":
        return booleans(values);
      case "date":
        return fixed(timestamps(values));
      case "bigint":
        return fixed(int64s(values));
      case "null":
        return fixed(new Int32Array(values.length));
      case "bytes":
      case "buffer":
        return binary(values);
      case "string":
        return this.#kind.dictionary === null
          ? texts(values.map((value) => (typeof value === "string" ? value : "")))
          : this.#codes(values, this.#kind.dictionary);
      case "json":
        return texts(
          values.map((value, index) =>
            isAbsent(value)
              ? ""
              : stringifyTagged(value, `Row ${firstRow + index}, column ${JSON.stringify(this.name)}`),
          ),
        );
    }
  }

  #codes(values: readonly unknown[], dictionary: ReadonlyMap<string, number>): ColumnBody {
    const codes = new Int32Array(values.length);
    for (let index = 0; index < values.length; index++) codes[index] = dictionary.get(values[index] as string) ?? 0;
    return { ...fixed(codes), buffers: { data: codes, dictionary: this.#dictionaryVector(dictionary) } };
  }

  #dictionaryVector(dictionary: ReadonlyMap<string, number>): unknown {
    const { data, offsets } = encodeTexts([...dictionary.keys()]);
    return this.#arrow.makeVector(
      this.#arrow.makeData({
        type: new this.#arrow.Utf8(),
        length: dictionary.size,
        nullCount: 0,
        data,
        valueOffsets: offsets,
      }),
    );
  }
}

interface ColumnBody {
  readonly buffers: Readonly<Record<string, unknown>>;
  readonly bytes: number;
  readonly content: readonly Uint8Array[];
  readonly lengths: Uint8Array | null;
}

export function isAbsent(value: unknown): boolean {
  return value === null || value === undefined || value === MISSING;
}

/** Absence codes (see `ABSENCES`) by cell, and as Arrow's bitmap of what is present. */
export function absenceOf(values: readonly unknown[]): {
  readonly codes: Uint8Array;
  readonly bitmap: Uint8Array;
  readonly count: number;
} {
  const codes = new Uint8Array(values.length);
  const bitmap = new Uint8Array(((values.length + 63) >> 6) << 3);
  let count = 0;
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    const code = value === null ? 1 : value === undefined ? 2 : value === MISSING ? 3 : 0;
    codes[index] = code;
    if (code === 0) bitmap[index >> 3] = (bitmap[index >> 3] ?? 0) | (1 << (index & 7));
    else count++;
  }
  return { codes, bitmap, count };
}

function arrowType(arrow: Arrow, kind: ColumnKind, position: number): DataType {
  switch (kind.logical) {
    case "number":
      return kind.int32 ? new arrow.Int32() : new arrow.Float64();
    case "boolean":
      return new arrow.Bool();
    case "date":
      // A JavaScript Date is an instant, so the column is one too: in UTC.
      return new arrow.TimestampMillisecond("UTC");
    case "bigint":
      return new arrow.Int64();
    case "null":
      return new arrow.Int32();
    case "bytes":
    case "buffer":
      return new arrow.Binary();
    case "string":
      return kind.dictionary === null
        ? new arrow.Utf8()
        : new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32(), position);
    case "json":
      return new arrow.Utf8();
  }
}

function fixed(data: Int32Array | Float64Array | BigInt64Array): ColumnBody {
  return { buffers: { data }, bytes: data.byteLength, content: [bytesOf(data)], lengths: null };
}

function int32s(values: readonly unknown[]): Int32Array {
  const data = new Int32Array(values.length);
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (typeof value === "number") data[index] = value;
  }
  return data;
}

function float64s(values: readonly unknown[]): Float64Array {
  const data = new Float64Array(values.length);
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    // NaN is written in one form: JavaScript cannot tell its forms apart, but the file's bytes would differ.
    if (typeof value === "number") data[index] = Number.isNaN(value) ? Number.NaN : value;
  }
  return data;
}

/** Milliseconds as 64-bit integers, written as two halves: a bigint for each cell would cost ten times as much. */
function timestamps(values: readonly unknown[]): BigInt64Array {
  const data = new BigInt64Array(values.length);
  const halves = new Int32Array(data.buffer);
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (!(value instanceof Date)) continue;
    const time = value.getTime();
    const high = Math.floor(time / 4294967296);
    halves[2 * index] = time - high * 4294967296;
    halves[2 * index + 1] = high;
  }
  return data;
}

function int64s(values: readonly unknown[]): BigInt64Array {
  const data = new BigInt64Array(values.length);
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (typeof value === "bigint") data[index] = value;
  }
  return data;
}

function booleans(values: readonly unknown[]): ColumnBody {
  const cells = new Uint8Array(values.length);
  const data = new Uint8Array(((values.length + 63) >> 6) << 3);
  for (let index = 0; index < values.length; index++) {
    if (values[index] !== true) continue;
    cells[index] = 1;
    data[index >> 3] = (data[index >> 3] ?? 0) | (1 << (index & 7));
  }
  return { buffers: { data }, bytes: data.byteLength, content: [cells], lengths: null };
}

function binary(values: readonly unknown[]): ColumnBody {
  const parts = values.map((value) => (value instanceof Uint8Array ? value : new Uint8Array(0)));
  const offsets = new Int32Array(values.length + 1);
  let position = 0;
  parts.forEach((part, index) => (offsets[index + 1] = position += part.byteLength));
  const data = Buffer.concat(parts);
  return {
    buffers: { data, valueOffsets: offsets },
    bytes: data.byteLength + offsets.byteLength,
    content: [data],
    lengths: lengthsOf(offsets),
  };
}

function texts(parts: readonly string[]): ColumnBody {
  const { data, offsets } = encodeTexts(parts);
  return {
    buffers: { data, valueOffsets: offsets },
    bytes: data.byteLength + offsets.byteLength,
    content: [data],
    lengths: lengthsOf(offsets),
  };
}

function lengthsOf(offsets: Int32Array): Uint8Array {
  const lengths = new Int32Array(offsets.length - 1);
  for (let index = 0; index < lengths.length; index++)
    lengths[index] = (offsets[index + 1] ?? 0) - (offsets[index] ?? 0);
  return bytesOf(lengths);
}

function bytesOf(data: Int32Array | Float64Array | BigInt64Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
