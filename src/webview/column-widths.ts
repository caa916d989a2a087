/** How wide columns are, in characters: from the names, the types and the first rows, within bounds. */
import type { PreviewCell } from "../protocol/engine-api.js";
import type { ColumnInfo } from "../protocol/record.js";

const NARROWEST = 8;
const WIDEST = 40;
const SAMPLE = 60;
const PADDING = 3;

export function columnWidths(
  columns: readonly ColumnInfo[],
  sample: readonly (readonly PreviewCell[])[],
): readonly number[] {
  return columns.map((column, index) => {
    let longest = column.name.length + column.type.length + 2;
    for (const row of sample.slice(0, SAMPLE)) longest = Math.max(longest, row[index]?.text.length ?? 0);
    return Math.min(WIDEST, Math.max(NARROWEST, longest)) + PADDING;
  });
}

/** Numbers stand to the right, so that their digits line up. */
export function isNumeric(column: ColumnInfo): boolean {
  return /^(number|bigint|u?int\d*|float\d*|decimal)/i.test(column.type);
}
