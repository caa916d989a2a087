/** One record of a CSV file, by column name. */
export type CsvRecord = Readonly<Record<string, string>>;

/** Reads CSV text whose first line names the columns. Fields may be quoted, with "" for a quote; a field ends on its line. */
export function parseCsv(text: string): CsvRecord[] {
  const [header, ...lines] = text.split(/\r?\n/).filter((line) => line !== "");
  const names = splitLine(header ?? "");
  return lines.map((line) => {
    const fields = splitLine(line);
    return Object.fromEntries(names.map((name, i) => [name, fields[i] ?? ""]));
  });
}

/** The column's value, or an error that names the column: a missing column must not turn into NaN further down. */
export function number(record: CsvRecord, column: string): number {
  const value = Number(record[column] || NaN);
  if (Number.isNaN(value)) {
    throw new Error(`Column "${column}" is not a number in ${JSON.stringify(record)}`);
  }
  return value;
}

export function text(record: CsvRecord, column: string): string {
  const value = record[column];
  if (value === undefined) {
    throw new Error(`There is no column "${column}", only ${Object.keys(record).join(", ")}`);
  }
  return value;
}

function splitLine(line: string): string[] {
  return Array.from(`,${line}`.matchAll(/,(?:"((?:[^"]|"")*)"|([^,]*))/g), ([, quoted, plain]) =>
    quoted !== undefined ? quoted.replaceAll('""', '"') : (plain ?? ""),
  );
}
