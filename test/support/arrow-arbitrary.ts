/**
 * Random Arrow tables, made buffer by buffer: Arrow's own builders do not make every table that other programs make (garbage under
 * nulls, shared and unused dictionary words, offsets that do not begin at 0, batches of different sizes).
 */
import * as arrow from "apache-arrow";
import fc from "fast-check";
import { Id, typeText, type TypeParts } from "../../src/store/arrow-rebuild.js";

const name = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.constantFrom("a", "A", "a.b", "a b", "ü", "__proto__", "constructor", "restage", "", '"quoted"', "😀"),
);
const metadata = fc.oneof(
  { weight: 3, arbitrary: fc.constant(new Map<string, string>()) },
  fc
    .uniqueArray(fc.tuple(fc.string({ maxLength: 4 }), fc.string({ maxLength: 6 })), {
      maxLength: 3,
      selector: ([key]) => key,
    })
    .map((entries) => new Map(entries)),
);
const zone = fc.constantFrom(null, "UTC", "Europe/Zurich", "+05:30");
const timeUnit = fc.constantFrom(
  arrow.TimeUnit.SECOND,
  arrow.TimeUnit.MILLISECOND,
  arrow.TimeUnit.MICROSECOND,
  arrow.TimeUnit.NANOSECOND,
);

const flat: fc.Arbitrary<arrow.DataType> = fc.oneof(
  fc.constantFrom(
    new arrow.Null(),
    new arrow.Bool(),
    new arrow.Int8(),
    new arrow.Int16(),
    new arrow.Int32(),
    new arrow.Int64(),
    new arrow.Uint8(),
    new arrow.Uint16(),
    new arrow.Uint32(),
    new arrow.Uint64(),
    new arrow.Float16(),
    new arrow.Float32(),
    new arrow.Float64(),
    new arrow.Utf8(),
    new arrow.LargeUtf8(),
    new arrow.Binary(),
    new arrow.LargeBinary(),
    new arrow.DateDay(),
    new arrow.DateMillisecond(),
    new arrow.TimeSecond(),
    new arrow.TimeMillisecond(),
    new arrow.TimeMicrosecond(),
    new arrow.TimeNanosecond(),
    new arrow.IntervalYearMonth(),
    new arrow.IntervalDayTime(),
  ),
  fc.tuple(timeUnit, zone).map(([unit, timezone]) => new arrow.Timestamp(unit, timezone)),
  timeUnit.map((unit) => new arrow.Duration(unit)),
  fc.integer({ min: 1, max: 20 }).map((width) => new arrow.FixedSizeBinary(width)),
  fc
    .tuple(fc.constantFrom(128, 256), fc.integer({ min: 1, max: 38 }), fc.integer({ min: 0, max: 38 }))
    .map(([bits, precision, scale]) => new arrow.Decimal(Math.min(scale, precision), precision, bits)),
);

const word: fc.Arbitrary<arrow.DataType> = fc.constantFrom(
  new arrow.Utf8(),
  new arrow.Binary(),
  new arrow.Int32(),
  new arrow.Int64(),
  new arrow.Float64(),
  new arrow.LargeUtf8(),
);
const index: fc.Arbitrary<arrow.DataType> = fc.constantFrom(
  new arrow.Int8(),
  new arrow.Int16(),
  new arrow.Int32(),
  new arrow.Uint8(),
  new arrow.Uint16(),
  new arrow.Uint32(),
);

const { field: anyField } = fc.letrec<{ type: arrow.DataType; field: arrow.Field }>((tie) => ({
  field: fc
    .record({ name, type: tie("type"), nullable: fc.boolean(), metadata })
    .map((f) => new arrow.Field(f.name, f.type, f.nullable || partsOf(f.type).typeId === Id.Null, f.metadata)),
  type: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    flat,
    tie("field").map((child) => new arrow.List(child)),
    tie("field").map((child) => new arrow.LargeList(child)),
    fc.tuple(fc.integer({ min: 1, max: 4 }), tie("field")).map(([size, child]) => new arrow.FixedSizeList(size, child)),
    fc
      .uniqueArray(tie("field"), { minLength: 1, maxLength: 3, selector: (child) => child.name })
      .map((children) => new arrow.Struct(children)),
    tie("field").map((value) => {
      const key = new arrow.Field("key", new arrow.Utf8(), false);
      const entries = new arrow.Struct([key, new arrow.Field("value", value.type, value.nullable)]);
      return new arrow.Map_(new arrow.Field("entries", entries, false) as never);
    }),
    fc
      .tuple(word, index, fc.boolean())
      .map(([dictionary, indices, ordered]) => new arrow.Dictionary(dictionary, indices as never, null, ordered)),
  ),
}));

/** Says what comes next, out of fast-check's own stream, so that a failing table is made smaller. */
interface Source {
  integer(min: number, max: number): number;
  bytes(length: number): Uint8Array;
  text(): string;
}

function sourceOf(gen: fc.GeneratorValue): Source {
  return {
    integer: (min, max) => gen(fc.integer, { min, max }),
    bytes: (length) => gen(fc.uint8Array, { minLength: length, maxLength: length }),
    text: () => gen(fc.string, { unit: "grapheme" as const, maxLength: 8 }),
  };
}

function bitmap(source: Source, length: number, nullable: boolean): { bits: Uint8Array; nulls: number } {
  if (!nullable || source.integer(0, 2) === 0) return { bits: new Uint8Array(0), nulls: 0 };
  const bits = source.bytes(Math.ceil(length / 8));
  let valid = 0;
  for (let i = 0; i < length; i++) if (isSet(bits, i)) valid++;
  return { bits, nulls: length - valid };
}

function isSet(bits: Uint8Array, position: number): boolean {
  return (((bits[position >> 3] ?? 0) >> (position & 7)) & 1) === 1;
}

function offsetsOf(parts: readonly number[], large: boolean): Int32Array | BigInt64Array {
  const ends = parts.reduce<number[]>((all, part) => [...all, (all.at(-1) ?? 0) + part], [0]);
  return large ? BigInt64Array.from(ends, BigInt) : Int32Array.from(ends);
}

function partsOf(type: arrow.DataType): TypeParts {
  return type;
}

/** Widths in bytes; `null` where values have none. */
function widthOf(type: arrow.DataType): number | null {
  switch (partsOf(type).typeId) {
    case Id.Int:
      return (partsOf(type).bitWidth ?? 0) / 8;
    case Id.Float:
      return 2 << (partsOf(type).precision ?? 0);
    case Id.Decimal:
      return (partsOf(type).bitWidth ?? 0) / 8;
    case Id.Date:
      return partsOf(type).unit === arrow.DateUnit.DAY ? 4 : 8;
    case Id.Time:
      return (partsOf(type).bitWidth ?? 0) / 8;
    case Id.Timestamp:
    case Id.Duration:
      return 8;
    case Id.Interval:
      return partsOf(type).unit === arrow.IntervalUnit.YEAR_MONTH ? 4 : 8;
    case Id.FixedSizeBinary:
      return partsOf(type).byteWidth ?? 0;
    default:
      return null;
  }
}

type Offsets = Int32Array | BigInt64Array;

function build(source: Source, type: arrow.DataType, length: number, nullable: boolean): arrow.Data {
  const { bits, nulls } =
    partsOf(type).typeId === Id.Null ? { bits: new Uint8Array(0), nulls: length } : bitmap(source, length, nullable);
  const make = (parts: {
    offsets?: Offsets;
    values?: ArrayBufferView;
    children?: arrow.Data[];
    dictionary?: arrow.Vector;
  }): arrow.Data =>
    new arrow.Data(
      type,
      0,
      length,
      nulls,
      [parts.offsets, parts.values, bits, undefined] as unknown as arrow.Data["buffers"],
      parts.children ?? [],
      parts.dictionary,
    );
  const child = (index: number, count: number): arrow.Data => {
    const field = type.children[index];
    if (field === undefined) throw new Error(`${typeText(type)} has no part ${index}`);
    return build(source, field.type as arrow.DataType, count, field.nullable);
  };
  switch (partsOf(type).typeId) {
    case Id.Null:
      return make({});
    case Id.Bool:
      return make({ values: source.bytes(Math.ceil(length / 8)) });
    case Id.Utf8:
    case Id.LargeUtf8:
    case Id.Binary:
    case Id.LargeBinary: {
      const text = partsOf(type).typeId === Id.Utf8 || partsOf(type).typeId === Id.LargeUtf8;
      const large = partsOf(type).typeId === Id.LargeUtf8 || partsOf(type).typeId === Id.LargeBinary;
      const parts = Array.from({ length }, () =>
        text ? new TextEncoder().encode(source.text()) : source.bytes(source.integer(0, 5)),
      );
      const values = new Uint8Array(Buffer.concat(parts));
      return make({
        offsets: offsetsOf(
          parts.map((part) => part.length),
          large,
        ),
        values,
      });
    }
    case Id.List:
    case Id.LargeList:
    case Id.Map: {
      const parts = Array.from({ length }, () => source.integer(0, 3));
      const count = parts.reduce((sum, part) => sum + part, 0);
      return make({ offsets: offsetsOf(parts, partsOf(type).typeId === Id.LargeList), children: [child(0, count)] });
    }
    case Id.FixedSizeList:
      return make({ children: [child(0, length * (partsOf(type).listSize ?? 0))] });
    case Id.Struct:
      return make({ children: type.children.map((_, index) => child(index, length)) });
    case Id.Dictionary: {
      const { dictionary, indices } = partsOf(type);
      if (dictionary === undefined || indices === undefined) throw new Error("A dictionary lacks a part");
      const words = build(source, dictionary, source.integer(1, 6), false);
      const ArrayType = indices.ArrayType as unknown as { from(items: readonly number[]): ArrayBufferView };
      const values = ArrayType.from(Array.from({ length }, () => source.integer(0, words.length - 1)));
      return make({ values, dictionary: new arrow.Vector([words]) });
    }
    case Id.Decimal: {
      const { precision = 1, bitWidth = 128 } = partsOf(type);
      const bytes = bitWidth / 8;
      const values = Buffer.alloc(bytes * length);
      for (let i = 0; i < length; i++) {
        const digits = BigInt(`0x${Buffer.from(source.bytes(16)).toString("hex")}`) % 10n ** BigInt(precision);
        let rest = BigInt.asUintN(bitWidth, source.integer(0, 1) === 0 ? digits : -digits);
        for (let at = 0; at < bytes; at++, rest >>= 8n) values[i * bytes + at] = Number(rest & 255n);
      }
      return make({ values: new Uint32Array(new Uint8Array(values).buffer) });
    }
    default: {
      const width = widthOf(type);
      if (width === null) throw new Error(`No values are made for ${typeText(type)}`);
      const ArrayType = type.ArrayType as new (buffer: ArrayBufferLike) => ArrayBufferView;
      return make({ values: new ArrayType(Uint8Array.from(source.bytes(width * length)).buffer) });
    }
  }
}

/** Tables of up to five columns and sixty rows in up to three batches, some of them empty or slices of longer ones. */
export const arrowTable: fc.Arbitrary<arrow.Table> = fc
  .tuple(fc.uniqueArray(anyField, { minLength: 1, maxLength: 5, selector: (field) => field.name }), metadata, fc.gen())
  .map(([fields, about, gen]) => {
    const source = sourceOf(gen);
    const schema = new arrow.Schema(fields, about);
    const batches = Array.from({ length: source.integer(1, 3) }, () => {
      const length = source.integer(0, 20);
      const children = fields.map((field) => build(source, field.type as arrow.DataType, length, field.nullable));
      const data = new arrow.Data(new arrow.Struct(fields), 0, length, 0, [] as never, children);
      const batch = new arrow.RecordBatch(schema, data);
      const from = source.integer(0, length);
      return source.integer(0, 2) === 0 ? batch.slice(from, source.integer(from, length)) : batch;
    });
    return new arrow.Table(schema, batches);
  });

/** Every cell by its bits, read from the buffers and not by Arrow's own getters, which round and lose some. What stands under a null does not count. */
export function cellsByBits(table: arrow.Table): string[] {
  return table.batches.flatMap((batch) =>
    Array.from({ length: batch.numRows }, (_, row) =>
      JSON.stringify(batch.data.children.map((column) => cell(column, row))),
    ),
  );
}

function cell(data: arrow.Data, row: number): unknown {
  const type = data.type;
  if (partsOf(type).typeId === Id.Null) return null;
  const bits = data.nullBitmap as Uint8Array | undefined;
  if (data.nullCount > 0 && bits !== undefined && bits.length > 0 && !isSet(bits, data.offset + row)) return null;
  const range = (): [number, number] => {
    const offsets = data.valueOffsets as unknown as Offsets;
    return [Number(offsets[row]), Number(offsets[row + 1])];
  };
  const items = (from: number, to: number): unknown[] =>
    Array.from({ length: to - from }, (_, index) => cell(data.children[0] as arrow.Data, from + index));
  switch (partsOf(type).typeId) {
    case Id.Bool:
      return isSet(data.values as Uint8Array, data.offset + row);
    case Id.Utf8:
    case Id.LargeUtf8:
    case Id.Binary:
    case Id.LargeBinary:
      return Buffer.from((data.values as Uint8Array).subarray(...range())).toString("hex");
    case Id.List:
    case Id.LargeList:
    case Id.Map:
      return items(...range());
    case Id.FixedSizeList: {
      const size = partsOf(type).listSize ?? 0;
      return items(row * size, (row + 1) * size);
    }
    case Id.Struct:
      return data.children.map((child) => cell(child, row));
    case Id.Dictionary: {
      let at = Number((data.values as ArrayLike<number | bigint>)[row]);
      for (const part of (data.dictionary as arrow.Vector).data as arrow.Data[]) {
        if (at < part.length) return cell(part, at);
        at -= part.length;
      }
      throw new Error("An index of a dictionary without a word");
    }
    default: {
      const width = widthOf(type);
      if (width === null) throw new Error(`No values are read of ${typeText(type)}`);
      const { buffer, byteOffset } = data.values as unknown as Uint8Array;
      return Buffer.from(buffer, byteOffset + row * width, width).toString("hex");
    }
  }
}

/** Schema as text: names, types, nullability and metadata, also inside nested types. */
export function schemaText(schema: arrow.Schema): string {
  const field = (f: arrow.Field): unknown => ({
    name: f.name,
    type: String(f.type),
    nullable: f.nullable,
    metadata: [...f.metadata],
    children: ((f.type as arrow.DataType).children as arrow.Field[] | null | undefined)?.map(field) ?? [],
    ordered: (f.type as Partial<arrow.Dictionary>).isOrdered ?? null,
  });
  return JSON.stringify([schema.fields.map(field), [...schema.metadata]], null, 1);
}
