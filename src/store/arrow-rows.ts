import type { DataType, RecordBatch } from "apache-arrow";
import { makeMaker } from "./row-shapes.js";

/**
 * An Arrow batch as rows, with the values JavaScript has for them: dates and timestamps as `Date` (to the millisecond), 64-bit integers
 * as `bigint`, decimals as text, lists as arrays, structs as objects, maps as `Map`, bytes as copies.
 */
export function arrowBatchToRows(batch: RecordBatch, names: readonly string[] | null, rows: unknown[]): void {
  const wanted = names ?? batch.schema.fields.map((field) => field.name);
  const columns = arrowBatchToColumns(batch, wanted);
  const at = rows.length;
  makeMaker({ keys: wanted, nullPrototype: false })(columns, 0, batch.numRows, rows, at);
}

/** The columns of an Arrow batch as JavaScript values. */
export function arrowBatchToColumns(
  batch: RecordBatch,
  names: readonly string[] | null,
): readonly (readonly unknown[])[] {
  return (names ?? batch.schema.fields.map((field) => field.name)).map((name) => {
    const vector = batch.getChild(name);
    if (vector === null) throw new TypeError(`The stored table has no column ${JSON.stringify(name)}.`);
    return Array.from({ length: batch.numRows }, (_, index) => convert(vector.type as DataType, vector.get(index)));
  });
}

function convert(type: DataType, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  switch (type.typeId as number) {
    case -1: {
      return convert((type as unknown as { dictionary: DataType }).dictionary, value);
    }
    case 8: // Date
    case 10: // Timestamp
      return new Date(Math.trunc(Number(value)));
    case 7: // Decimal
      return decimalText(value as Uint32Array, (type as unknown as { scale: number }).scale);
    case 12: // List
    case 16: // FixedSizeList
    case 21: {
      const items = value as { readonly type: DataType; readonly length: number; get(index: number): unknown };
      return Array.from({ length: items.length }, (_, index) => convert(items.type, items.get(index)));
    }
    case 13: {
      // By position: a field may be called `constructor` or `toJSON`, and reading by name would give the row's own member.
      const values = [...(value as Iterable<[string, unknown]>)];
      const fields = type.children as readonly { name: string; type: DataType }[];
      return Object.fromEntries(fields.map((field, index) => [field.name, convert(field.type, values[index]?.[1])]));
    }
    case 17: {
      const [keyType, valueType] = (
        type as unknown as { children: [{ type: { children: [{ type: DataType }, { type: DataType }] } }] }
      ).children[0].type.children;
      return new Map(
        [...(value as Iterable<[unknown, unknown]>)].map(([key, item]) => [
          convert(keyType.type, key),
          convert(valueType.type, item),
        ]),
      );
    }
    default:
      // Views into the batch's memory become copies, so that no reader sees another's changes.
      return ArrayBuffer.isView(value) && "slice" in value ? (value as Uint8Array).slice() : value;
  }
}

/** Little-endian words of a two's-complement integer, as decimal text with `scale` digits behind the point. */
export function decimalText(words: Uint32Array, scale: number): string {
  let integer = 0n;
  for (let index = words.length - 1; index >= 0; index--) integer = (integer << 32n) | BigInt(words[index] ?? 0);
  integer = BigInt.asIntN(words.length * 32, integer);
  const digits = (integer < 0n ? -integer : integer).toString().padStart(scale + 1, "0");
  const text = scale > 0 ? `${digits.slice(0, -scale)}.${digits.slice(-scale)}` : digits;
  return integer < 0n ? `-${text}` : text;
}
