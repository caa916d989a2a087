/**
 * What a stored table is in JavaScript, written under one key, `restage`, in the Parquet file's metadata. Version 1:
 *
 * - `kind: "rows"`: `columns` in order, each with its logical `name`, the Parquet column `stored` that holds it, its logical `type`
 *   (`json` is JSON text with tags, see tagged-json.ts), and what an empty cell means: `absent` when it is the same for all, else
 *   `absentColumn`, a column of codes (0 present, 1 null, 2 undefined, 3 missing). `keysColumn`, where rows differ in the order of
 *   their keys, holds for each row the indexes of its keys as text (`n:` before them: no prototype).
 * - `kind: "table"`: `schemaMetadata` and `fieldMetadata`, kept here because the order in which the writer would put them into
 *   the file is not fixed, and the same table must give the same bytes; `required`, in a stream's file, whose columns are all
 *   nullable, names the positions of those that are not.
 */
import { ABSENCES, type Absence, type LogicalType } from "./column-kind.js";

export const METADATA_KEY = "restage";
const METADATA_VERSION = 1;

export interface StoredColumn {
  readonly name: string;
  readonly stored: string;
  readonly type: LogicalType;
  readonly absent: Absence | null;
  readonly absentColumn: string | null;
}

export interface RowsMetadata {
  readonly kind: "rows";
  readonly columns: readonly StoredColumn[];
  readonly keysColumn: string | null;
}

type Entries = readonly (readonly [string, string])[];

export interface ArrowMetadata {
  readonly kind: "table";
  readonly schemaMetadata: Entries;
  /** By path of field positions: `[0, 2]` is the third child of the first field. */
  readonly fieldMetadata: readonly { readonly path: readonly number[]; readonly metadata: Entries }[];
  /** Positions of columns that are not nullable although the file's are, as in a stream; `null`: as the file says. */
  readonly required: readonly number[] | null;
}

export type TableMetadata = RowsMetadata | ArrowMetadata;

export function formatTableMetadata(metadata: TableMetadata): string {
  return JSON.stringify({ version: METADATA_VERSION, ...metadata });
}

const LOGICAL_TYPES: ReadonlySet<unknown> = new Set<LogicalType>([
  "number",
  "string",
  "boolean",
  "date",
  "bigint",
  "bytes",
  "buffer",
  "json",
  "null",
]);

/** `null` for text that is not this version's metadata. */
export function parseTableMetadata(text: string): TableMetadata | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(value) || value["version"] !== METADATA_VERSION) return null;
  if (value["kind"] === "rows") {
    const { columns, keysColumn } = value;
    if (!Array.isArray(columns) || !columns.every(isStoredColumn) || !isNullableText(keysColumn)) return null;
    return { kind: "rows", columns, keysColumn };
  }
  if (value["kind"] === "table") {
    const { schemaMetadata, fieldMetadata, required = null } = value;
    if (required !== null && !(Array.isArray(required) && required.every((index) => Number.isSafeInteger(index))))
      return null;
    if (!isEntries(schemaMetadata) || !Array.isArray(fieldMetadata) || !fieldMetadata.every(isFieldMetadata))
      return null;
    return { kind: "table", schemaMetadata, fieldMetadata, required };
  }
  return null;
}

function isStoredColumn(value: unknown): value is StoredColumn {
  return (
    isRecord(value) &&
    typeof value["name"] === "string" &&
    typeof value["stored"] === "string" &&
    LOGICAL_TYPES.has(value["type"]) &&
    (value["absent"] === null || ABSENCES.some((absence) => absence === value["absent"])) &&
    isNullableText(value["absentColumn"])
  );
}

function isFieldMetadata(value: unknown): value is ArrowMetadata["fieldMetadata"][number] {
  return (
    isRecord(value) &&
    Array.isArray(value["path"]) &&
    value["path"].every((step) => Number.isSafeInteger(step)) &&
    isEntries(value["metadata"])
  );
}

function isEntries(value: unknown): value is Entries {
  return (
    Array.isArray(value) &&
    value.every(
      (entry) => Array.isArray(entry) && entry.length === 2 && entry.every((item) => typeof item === "string"),
    )
  );
}

function isNullableText(value: unknown): value is string | null {
  return value === null || typeof value === "string";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
