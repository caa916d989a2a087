import type { Data, RecordBatch } from "apache-arrow";
import { MISSING } from "./plain-values.js";
import { makeMaker, type RowMaker } from "./row-shapes.js";
import type { RowsMetadata, StoredColumn } from "./table-metadata.js";
import { parseTagged } from "./tagged-json.js";
import { decodeTexts } from "./text-column.js";

type Cells = ArrayLike<unknown>;

/** The Parquet columns that must be read to have the logical `columns`. */
export function storedColumnsFor(metadata: RowsMetadata, columns: readonly StoredColumn[], whole: boolean): string[] {
  const names = columns.map((column) => column.stored);
  for (const { absentColumn } of columns) if (absentColumn !== null) names.push(absentColumn);
  if (whole && metadata.keysColumn !== null) names.push(metadata.keysColumn);
  return names;
}

/** Turns record batches back into the rows they were made of, or into rows that have only some of the columns. */
export class RowReader {
  readonly #columns: readonly StoredColumn[];
  readonly #keysColumn: string | null;
  readonly #makers = new Map<string, RowMaker>();

  /** `whole`: the rows as they were; otherwise plain objects with just these columns, in this order. */
  constructor(metadata: RowsMetadata, columns: readonly StoredColumn[], whole: boolean) {
    this.#columns = columns;
    this.#keysColumn = whole ? metadata.keysColumn : null;
  }

  /** Appends the batch's rows to `rows`. */
  read(batch: RecordBatch, rows: unknown[]): void {
    const columns = this.#columns.map((column) => decodeColumn(batch, column));
    const count = batch.numRows;
    const at = rows.length;
    // Rows are appended one by one: an array whose length is set first becomes a slow one.
    if (this.#keysColumn !== null) {
      const signatures = decodeTextData(dataOf(batch, this.#keysColumn));
      this.#readByShape(columns, count, rows, at, (index) => signatures[index] ?? "");
      return;
    }
    const gaps = columns.flatMap((cells, index) =>
      this.#canBeMissing(index) && hasMissing(cells, count) ? [index] : [],
    );
    const all = this.#columns.map((_, index) => index).join(",");
    if (gaps.length === 0) {
      this.#maker(all)(columns, 0, count, rows, at);
      return;
    }
    this.#readByShape(columns, count, rows, at, (index) => {
      const lacking = new Set(gaps.filter((gap) => columns[gap]?.[index] === MISSING));
      return lacking.size === 0
        ? all
        : this.#columns.flatMap((_, column) => (lacking.has(column) ? [] : [column])).join(",");
    });
  }

  #readByShape(
    columns: readonly Cells[],
    count: number,
    rows: unknown[],
    at: number,
    signatureOf: (index: number) => string,
  ): void {
    let index = 0;
    let signature = count > 0 ? signatureOf(0) : "";
    while (index < count) {
      let end = index + 1;
      let next = "";
      while (end < count && (next = signatureOf(end)) === signature) end++;
      const wanted = keyIndexes(signature).map((column) => columns[column] ?? []);
      this.#maker(signature)(wanted, index, end - index, rows, at + index);
      index = end;
      signature = next;
    }
  }

  #maker(signature: string): RowMaker {
    let maker = this.#makers.get(signature);
    if (maker === undefined) {
      const keys = keyIndexes(signature).map((index) => this.#columns[index]?.name ?? "");
      maker = makeMaker({ keys, nullPrototype: signature.startsWith("n:") });
      this.#makers.set(signature, maker);
    }
    return maker;
  }

  #canBeMissing(index: number): boolean {
    const column = this.#columns[index];
    return column?.absent === "missing" || column?.absentColumn !== null;
  }
}

/** The cells of one logical column; `MISSING` where the row has no such key. */
export function decodeColumn(batch: RecordBatch, column: StoredColumn): Cells {
  const data = dataOf(batch, column.stored);
  const cells = decodePresent(data, column);
  if (column.absent === null && column.absentColumn === null) return cells;
  const codes = column.absentColumn === null ? null : (dataOf(batch, column.absentColumn).values as Uint8Array);
  const same = absenceValue(column.absent === "undefined" ? 2 : column.absent === "missing" ? 3 : 1);
  const { nullBitmap, offset, length } = data;
  if (data.nullCount === 0) return cells;
  const filled: unknown[] = Array.isArray(cells) ? cells : Array.from(cells);
  for (let index = 0; index < length; index++) {
    const bit = offset + index;
    if (((nullBitmap[bit >> 3] ?? 0) & (1 << (bit & 7))) === 0)
      filled[index] = codes === null ? same : absenceValue(codes[index] ?? 0);
  }
  return filled;
}

function absenceValue(code: number): unknown {
  return code === 3 ? MISSING : code === 2 ? undefined : null;
}

/** Cells by their physical bytes; what stands at an absent cell is replaced afterwards. */
function decodePresent(data: Data, column: StoredColumn): Cells {
  const { length } = data;
  switch (column.type) {
    case "number":
      return (data.values as Float64Array).subarray(0, length);
    case "bigint":
      return (data.values as BigInt64Array).subarray(0, length);
    case "null":
      return new Array<unknown>(length).fill(null);
    case "boolean": {
      const bits = data.values as Uint8Array;
      return Array.from(
        { length },
        (_, index) => ((bits[(data.offset + index) >> 3] ?? 0) & (1 << ((data.offset + index) & 7))) !== 0,
      );
    }
    case "date": {
      const values = data.values as BigInt64Array;
      const halves = new Int32Array(values.buffer, values.byteOffset, length * 2);
      return Array.from(
        { length },
        (_, index) => new Date((halves[2 * index + 1] ?? 0) * 4294967296 + ((halves[2 * index] ?? 0) >>> 0)),
      );
    }
    case "string":
      return decodeTextData(data);
    case "json": {
      const texts: unknown[] = decodeTextData(data);
      for (let index = 0; index < length; index++) {
        const text = texts[index];
        // The empty text stands where a cell is absent: JSON is never empty.
        if (typeof text === "string" && text !== "") texts[index] = parseTagged(text);
      }
      return texts;
    }
    case "bytes":
    case "buffer": {
      const values = data.values as Uint8Array;
      const offsets = data.valueOffsets as Int32Array;
      // Copies: cells that share one buffer would see each other's changes through `.buffer`.
      const copy = (start: number, end: number) =>
        column.type === "bytes"
          ? Uint8Array.from(values.subarray(start, end))
          : Buffer.from(values.subarray(start, end));
      return Array.from({ length }, (_, index) => copy(offsets[index] ?? 0, offsets[index + 1] ?? 0));
    }
  }
}

function decodeTextData(data: Data): string[] {
  const dictionary = data.dictionary as { readonly data: readonly Data[] } | undefined;
  if (dictionary === undefined)
    return decodeTexts(data.values as Uint8Array, data.valueOffsets as Int32Array, data.length);
  const words = dictionary.data.flatMap((part) => decodeTextData(part));
  const codes = data.values as Int32Array;
  const texts = new Array<string>(data.length);
  for (let index = 0; index < data.length; index++) texts[index] = words[codes[index] ?? 0] ?? "";
  return texts;
}

function dataOf(batch: RecordBatch, name: string): Data {
  const data = batch.data.children[batch.schema.fields.findIndex((field) => field.name === name)];
  if (data === undefined) throw new TypeError(`The stored table has no column ${JSON.stringify(name)}.`);
  return data;
}

function hasMissing(cells: Cells, count: number): boolean {
  for (let index = 0; index < count; index++) if (cells[index] === MISSING) return true;
  return false;
}

function keyIndexes(signature: string): readonly number[] {
  const list = signature.startsWith("n:") ? signature.slice(2) : signature;
  return list === "" ? [] : list.split(",").map(Number);
}
