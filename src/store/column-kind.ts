/** Which physical type holds a column of cells without changing one of them. */
import { isExactly, isPlainObject, isWellFormed, MISSING } from "./plain-values.js";

/** The logical type as written in the file's metadata: what a cell is in JavaScript. */
export type LogicalType = "number" | "string" | "boolean" | "date" | "bigint" | "bytes" | "buffer" | "json" | "null";

/** How a cell can be absent: in the order of the codes that the companion column holds (1, 2, 3; 0 is present). */
export const ABSENCES = ["null", "undefined", "missing"] as const;
export type Absence = (typeof ABSENCES)[number];

export interface ColumnKind {
  readonly logical: LogicalType;
  /** A short type name for people (see `ColumnInfo`). */
  readonly shown: string;
  /** All numbers are 32-bit integers and none is -0. */
  readonly int32: boolean;
  /** The distinct texts in order of appearance, when they are few. */
  readonly dictionary: ReadonlyMap<string, number> | null;
  readonly absences: readonly Absence[];
  /** An estimate for choosing the size of row groups. */
  readonly bytesPerRow: number;
}

const INT32 = 1;
const FLOAT64 = 2;
const STRING = 4;
const BOOLEAN = 8;
const DATE = 16;
const INT64 = 32;
const BYTES = 64;
const BUFFER = 128;
const LIST = 256;
const STRUCT = 512;
const OTHER = 1024;
const NULL = 2048;
const UNDEFINED = 4096;
const MISSED = 8192;
const ABSENT = NULL | UNDEFINED | MISSED;

const MAX_DICTIONARY = 4096;
const MAX_DICTIONARY_TEXT = 256;
const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;

/** Looks at all cells of one column, block by block. */
export class ColumnScanner {
  #seen = 0;
  #cells = 0;
  #strings = 0;
  #size = 0;
  #dictionary: Map<string, number> | null;

  /** `dictionary: false`: texts are stored one by one, which needs no look at all of them beforehand. */
  constructor({ dictionary }: { readonly dictionary: boolean } = { dictionary: true }) {
    this.#dictionary = dictionary ? new Map() : null;
  }

  /** For a column that begins late: the rows before had no such key. */
  scanMissing(): void {
    this.#seen |= MISSED;
  }

  scan(values: readonly unknown[]): void {
    let seen = this.#seen;
    for (let index = 0; index < values.length; index++) {
      const value = values[index];
      switch (typeof value) {
        case "number":
          seen |= (value | 0) === value && !Object.is(value, -0) ? INT32 : FLOAT64;
          break;
        case "string":
          this.#string(value);
          seen |= isWellFormed(value) ? STRING : OTHER;
          break;
        case "boolean":
          seen |= BOOLEAN;
          break;
        case "undefined":
          seen |= UNDEFINED;
          break;
        case "bigint":
          seen |= value >= MIN_INT64 && value <= MAX_INT64 ? INT64 : OTHER;
          break;
        case "object":
          seen |= this.#object(value);
          break;
        case "symbol":
          seen |= value === MISSING ? MISSED : OTHER;
          break;
        case "function":
          seen |= OTHER;
          break;
      }
    }
    this.#cells += values.length;
    this.#seen = seen;
  }

  kind(): ColumnKind {
    const present = this.#seen & ~ABSENT;
    const [logical, shown] = logicalType(present);
    const few =
      this.#dictionary !== null &&
      this.#dictionary.size > 0 &&
      this.#strings >= 64 &&
      this.#dictionary.size * 2 <= this.#strings;
    return {
      logical,
      shown,
      int32: present === INT32,
      dictionary: logical === "string" && few ? this.#dictionary : null,
      absences: ABSENCES.filter((_, index) => (this.#seen & (NULL << index)) !== 0),
      bytesPerRow: 8 + this.#size / Math.max(1, this.#cells),
    };
  }

  #string(value: string): void {
    this.#strings++;
    this.#size += value.length;
    const dictionary = this.#dictionary;
    if (dictionary === null) return;
    if (!dictionary.has(value)) {
      // Given up by content alone, never by where a block ends, so that equal columns are stored alike.
      if (
        value.length > MAX_DICTIONARY_TEXT ||
        dictionary.size >= MAX_DICTIONARY ||
        (dictionary.size >= 512 && dictionary.size * 2 > this.#strings)
      )
        this.#dictionary = null;
      else dictionary.set(value, dictionary.size);
    }
  }

  #object(value: object | null): number {
    if (value === null) return NULL;
    if (isExactly(value, Date) && !Number.isNaN(value.getTime()) && Object.keys(value).length === 0) return DATE;
    if (isExactly(value, Uint8Array) || isExactly(value, Buffer)) {
      this.#size += value.byteLength;
      return isExactly(value, Buffer) ? BUFFER : BYTES;
    }
    this.#size += 64;
    if (Array.isArray(value)) return LIST;
    return isPlainObject(value) ? STRUCT : OTHER;
  }
}

function logicalType(present: number): readonly [LogicalType, string] {
  switch (present) {
    case 0:
      return ["null", "null"];
    case INT32:
    case FLOAT64:
    case INT32 | FLOAT64:
      return ["number", "number"];
    case STRING:
      return ["string", "string"];
    case BOOLEAN:
      return ["boolean", "boolean"];
    case DATE:
      return ["date", "date"];
    case INT64:
      return ["bigint", "bigint"];
    case BYTES:
      return ["bytes", "bytes"];
    case BUFFER:
      return ["buffer", "bytes"];
    default:
      return ["json", present === LIST ? "list" : present === STRUCT ? "struct" : "mixed"];
  }
}
