/**
 * Puts pieces of Arrow columns together into one piece, by copying their content: how a table was cut, what slicing left in its
 * buffers, and what stands below a null no longer show. So equal columns give equal bytes and one digest, whoever made them.
 *
 * Invariant: the digest depends on the column's cells alone, neither on other columns nor on where pieces or row groups end.
 */
import { createHash } from "node:crypto";
import type { Data, DataType } from "apache-arrow";
import {
  BooleanBody,
  BytesBody,
  FixedBody,
  LengthsPart,
  NothingBody,
  type Body,
  type Offsets,
  type TypedArray,
} from "./arrow-body.js";
import { DictionaryBody } from "./arrow-dictionary.js";
import { Id, type TypeParts } from "./arrow-rebuild.js";
import { GrowingBits } from "./growing-buffers.js";
import type { Arrow } from "./parquet-engine.js";

export class ColumnAppender {
  readonly #arrow: Arrow;
  readonly #type: DataType;
  readonly #valid = new GrowingBits();
  readonly #validity = createHash("sha256");
  readonly #body: Body;
  #length = 0;
  #nulls = 0;

  /** `name` of the whole column, for error texts. */
  constructor(arrow: Arrow, type: DataType, name: string) {
    this.#arrow = arrow;
    this.#type = type;
    this.#body = bodyFor(arrow, type, name);
  }

  get weight(): number {
    return this.#body.weight + this.#length / 8;
  }

  /** Null cells of all that was taken. */
  get nulls(): number {
    return this.#nulls;
  }

  append(piece: Data, start: number, end: number): void {
    const count = end - start;
    this.#length += count;
    if ((this.#type.typeId as number) === Id.Null) {
      this.#valid.pushSame(false, count);
      return;
    }
    const { nullBitmap, offset } = piece;
    if (piece.nullCount === 0 || nullBitmap.length === 0) {
      this.#valid.pushSame(true, count);
      this.#body.append(piece, start, end);
      return;
    }
    this.#valid.push(nullBitmap, offset + start, offset + end);
    const isValid = (cell: number): boolean =>
      (((nullBitmap[(offset + cell) >> 3] ?? 0) >> ((offset + cell) & 7)) & 1) === 1;
    for (let from = start; from < end;) {
      const valid = isValid(from);
      let to = from + 1;
      while (to < end && isValid(to) === valid) to++;
      if (valid) this.#body.append(piece, from, to);
      else this.#body.appendEmpty(to - from);
      from = to;
    }
  }

  appendEmpty(count: number): void {
    this.#length += count;
    this.#valid.pushSame((this.#type.typeId as number) !== Id.Null, count);
    this.#body.appendEmpty(count);
  }

  /** All that was appended since the last time. */
  take(): Data {
    const length = this.#length;
    const { cells, bitmap, zeros } = this.#valid.take();
    this.#validity.update(cells);
    this.#nulls += zeros;
    this.#length = 0;
    const { values, offsets, bits, children, dictionary } = this.#body.take();
    const isNull = (this.#type.typeId as number) === Id.Null;
    const buffers = [offsets, bits ?? values, zeros === 0 || isNull ? undefined : bitmap, undefined];
    return new this.#arrow.Data(
      this.#type,
      0,
      length,
      zeros,
      buffers as unknown as Data["buffers"],
      children ?? [],
      dictionary,
    );
  }

  /** Of all that was taken. */
  digest(): string {
    return `${this.#validity.copy().digest("hex")},${this.#body.digest()}`;
  }
}

function bodyFor(arrow: Arrow, type: DataType, name: string): Body {
  const parts = type as unknown as TypeParts;
  const child = (index: number): ColumnAppender => {
    const field = parts.children?.[index];
    if (field === undefined) throw new TypeError(`Column ${JSON.stringify(name)} has a type without a part.`);
    return new ColumnAppender(arrow, field.type as DataType, name);
  };
  switch (parts.typeId) {
    case Id.Null:
      return new NothingBody();
    case Id.Bool:
      return new BooleanBody();
    case Id.Binary:
    case Id.Utf8:
      return new BytesBody(false);
    case Id.LargeBinary:
    case Id.LargeUtf8:
      return new BytesBody(true);
    case Id.List:
    case Id.Map:
      return new ListBody(child(0), false);
    case Id.LargeList:
      return new ListBody(child(0), true);
    case Id.FixedSizeList:
      return new StructBody([child(0)], parts.listSize ?? 0);
    case Id.Struct:
      return new StructBody(
        (parts.children ?? []).map((_, index) => child(index)),
        1,
      );
    case Id.Dictionary:
      if (parts.dictionary === undefined) throw new TypeError("A dictionary type without its words.");
      return new DictionaryBody(arrow, parts, { name, words: new ColumnAppender(arrow, parts.dictionary, name) });
    default:
      return new FixedBody(arrow, type);
  }
}

class ListBody implements Body {
  readonly #child: ColumnAppender;
  readonly #lengths = new LengthsPart();
  readonly #large: boolean;

  constructor(child: ColumnAppender, large: boolean) {
    this.#child = child;
    this.#large = large;
  }

  get weight(): number {
    return this.#child.weight + this.#lengths.weight;
  }

  append(piece: Data, start: number, end: number): void {
    const offsets = piece.valueOffsets as unknown as Offsets;
    this.#lengths.append(offsets, start, end);
    const [items] = piece.children;
    if (items !== undefined) this.#child.append(items, Number(offsets[start]), Number(offsets[end]));
  }

  appendEmpty(count: number): void {
    this.#lengths.appendEmpty(count);
  }

  take(): { readonly offsets: TypedArray; readonly children: Data[] } {
    return { offsets: this.#lengths.take(this.#large), children: [this.#child.take()] };
  }

  digest(): string {
    return `${this.#lengths.digest()},${this.#child.digest()}`;
  }
}

/** Structs, and lists of one size, which have `each` items of their child for a cell. */
class StructBody implements Body {
  readonly #children: readonly ColumnAppender[];
  readonly #each: number;

  constructor(children: readonly ColumnAppender[], each: number) {
    this.#children = children;
    this.#each = each;
  }

  get weight(): number {
    return this.#children.reduce((sum, child) => sum + child.weight, 0);
  }

  append(piece: Data, start: number, end: number): void {
    this.#children.forEach((child, index) => {
      const data = piece.children[index];
      if (data !== undefined) child.append(data, start * this.#each, end * this.#each);
    });
  }

  appendEmpty(count: number): void {
    for (const child of this.#children) child.appendEmpty(count * this.#each);
  }

  take(): { readonly children: Data[] } {
    return { children: this.#children.map((child) => child.take()) };
  }

  digest(): string {
    return `(${this.#children.map((child) => child.digest()).join(",")})`;
  }
}
