import type { Data, DataType, Field, RecordBatch, Struct, Vector } from "apache-arrow";
import { UnstorableValueError } from "./codec-errors.js";
import type { Arrow } from "./parquet-engine.js";

/** Types by the ids that Arrow's own format gives them. */
export const Id = {
  Null: 1, Int: 2, Float: 3, Binary: 4, Utf8: 5, Bool: 6, Decimal: 7, Date: 8, Time: 9, Timestamp: 10, Interval: 11, List: 12, Struct: 13,
  FixedSizeBinary: 15, FixedSizeList: 16, Map: 17, Duration: 18, LargeBinary: 19, LargeUtf8: 20, LargeList: 21, Dictionary: -1,
} as const; // prettier-ignore

const MONTH_DAY_NANO = 2;

/** Given a field's place and metadata, the metadata that the rebuilt field gets. */
export type ChooseMetadata = (path: readonly number[], metadata: ReadonlyMap<string, string>) => Map<string, string>;

interface Place {
  readonly name: string;
  readonly path: readonly number[];
}

/**
 * Makes fields and types of this copy of Arrow out of another copy's, by what they say of themselves. Only types that Parquet gives
 * back exactly are let through; any other is an `UnstorableValueError` that names the column.
 */
export class TypeRebuilder {
  readonly #arrow: Arrow;
  readonly #metadata: ChooseMetadata;
  #dictionaries = 0;

  constructor(arrow: Arrow, metadata: ChooseMetadata) {
    this.#arrow = arrow;
    this.#metadata = metadata;
  }

  field(field: Field, path: readonly number[], name: string = field.name): Field {
    // Arrow's reader takes a byte order mark off the beginning of a name.
    if (!field.name.isWellFormed() || field.name.startsWith("\uFEFF")) {
      throw new UnstorableValueError(
        `The column name ${JSON.stringify(field.name)} has half of a surrogate pair or begins with a byte order mark, and would not come back as it is. Rename it.`,
      );
    }
    // Old versions of Arrow leave it out.
    const { metadata } = field as { readonly metadata?: Map<string, string> };
    const kept = this.#metadata(path, metadata ?? new Map<string, string>());
    return new this.#arrow.Field(field.name, this.#type(field.type as DataType, { name, path }), field.nullable, kept);
  }

  #type(source: DataType, place: Place): DataType {
    const arrow = this.#arrow;
    // Only the parts that each id has are read below.
    const type = source as unknown as TypeParts;
    const child = (index: number): Field => {
      const field = type.children?.[index];
      if (field === undefined) {
        throw new UnstorableValueError(
          `Column ${JSON.stringify(place.name)}: its type ${typeText(source)} lacks a part.`,
        );
      }
      return this.field(field, [...place.path, index], place.name);
    };
    switch (type.typeId) {
      case Id.Null:
        return new arrow.Null();
      case Id.Int:
        return new arrow.Int(type.isSigned as never, type.bitWidth as never);
      case Id.Float:
        return new arrow.Float(type.precision as never);
      case Id.Binary:
        return new arrow.Binary();
      case Id.LargeBinary:
        return new arrow.LargeBinary();
      case Id.Utf8:
        return new arrow.Utf8();
      case Id.LargeUtf8:
        return new arrow.LargeUtf8();
      case Id.Bool:
        return new arrow.Bool();
      case Id.Decimal:
        return new arrow.Decimal(type.scale ?? 0, type.precision ?? 0, type.bitWidth ?? 128);
      case Id.Date:
        return new arrow.Date_(type.unit as never);
      case Id.Time:
        return new arrow.Time(type.unit as never, type.bitWidth as never);
      case Id.Timestamp:
        return new arrow.Timestamp(type.unit as never, type.timezone);
      case Id.Duration:
        return new arrow.Duration(type.unit as never);
      case Id.Interval:
        if (type.unit === MONTH_DAY_NANO) break;
        return new arrow.Interval(type.unit as never);
      case Id.List:
        return new arrow.List(child(0));
      case Id.LargeList:
        return new arrow.LargeList(child(0));
      case Id.FixedSizeList:
        return new arrow.FixedSizeList(type.listSize ?? 0, child(0));
      case Id.FixedSizeBinary:
        return new arrow.FixedSizeBinary(type.byteWidth ?? 0);
      case Id.Map:
        return new arrow.Map_(child(0) as never, type.keysSorted);
      case Id.Struct:
        if ((type.children ?? []).length === 0) break;
        return new arrow.Struct((type.children ?? []).map((_, index) => child(index)));
      case Id.Dictionary: {
        if (type.dictionary === undefined || type.indices === undefined) break;
        // Numbered in order of appearance: Arrow's own numbers count up through the life of the process.
        const id = this.#dictionaries++;
        const dictionary = this.#type(type.dictionary, place);
        return new arrow.Dictionary(dictionary, this.#type(type.indices, place) as never, id, type.isOrdered);
      }
      default:
        break;
    }
    throw new UnstorableValueError(
      `Column ${JSON.stringify(place.name)} has the Arrow type ${typeText(source)}, which Parquet cannot hold unchanged. Convert the column to another type before returning the table.`,
    );
  }
}

export function typeText(type: DataType): string {
  return (type as { toString(): string }).toString();
}

/** What types say of themselves; which parts there are depends on `typeId`. */
export interface TypeParts {
  readonly typeId: number;
  readonly isSigned?: boolean;
  readonly bitWidth?: number;
  readonly precision?: number;
  readonly scale?: number;
  readonly unit?: number;
  readonly timezone?: string | null;
  readonly listSize?: number;
  readonly byteWidth?: number;
  readonly keysSorted?: boolean;
  readonly children?: readonly Field[];
  readonly dictionary?: DataType;
  readonly indices?: DataType;
  readonly isOrdered?: boolean;
}

/** The same buffers under the rebuilt type. `dictionaries` lets columns that share a dictionary share it again. */
export function rebuildBatchData(
  arrow: Arrow,
  batch: RecordBatch,
  struct: Struct,
  dictionaries: Map<unknown, Vector>,
): Data<Struct> {
  return rebuildData(arrow, batch.data as Data, struct, dictionaries);
}

/** See `rebuildBatchData`. */
export function rebuildData<T extends DataType>(
  arrow: Arrow,
  source: Data,
  type: T,
  dictionaries: Map<unknown, Vector>,
): Data<T> {
  const parts = type as unknown as TypeParts;
  const children = source.children.map((child, index) =>
    rebuildData(arrow, child, (parts.children?.[index]?.type ?? child.type) as DataType, dictionaries),
  );
  let dictionary: Vector | undefined;
  if (source.dictionary !== undefined && parts.dictionary !== undefined) {
    dictionary = dictionaries.get(source.dictionary);
    if (dictionary === undefined) {
      const valueType = parts.dictionary;
      dictionary = new arrow.Vector(
        source.dictionary.data.map((part) => rebuildData(arrow, part as Data, valueType, dictionaries)),
      );
      dictionaries.set(source.dictionary, dictionary);
    }
  }
  const isNull = parts.typeId === Id.Null;
  // A slice of a null column loses its count and, with no bitmap to count in, writes a wrong one, which readers refuse.
  const bitmap = isNull ? new Uint8Array((source.offset + source.length + 7) >> 3) : source.nullBitmap;
  const nulls = isNull ? source.length : source.nullCount;
  const buffers = [source.valueOffsets, source.values, bitmap, source.typeIds] as unknown as Data<T>["buffers"];
  return new arrow.Data(type, source.offset, source.length, nulls, buffers, children, dictionary);
}
