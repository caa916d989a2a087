/** Where the commands write. Tests give their own; colours only where a person looks. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly color: boolean;
  /** Shows a text in place of the one before, until an empty one. Only there where a person looks. */
  readonly progress?: (text: string) => void;
  /** Columns a line may have. */
  readonly width: number;
}

type Style = "green" | "yellow" | "red" | "dim" | "bold" | "cyan";
const CODES: Readonly<Record<Style, readonly [number, number]>> = {
  green: [32, 39],
  yellow: [33, 39],
  red: [31, 39],
  cyan: [36, 39],
  dim: [2, 22],
  bold: [1, 22],
};

export function paint(terminal: Terminal, style: Style, text: string): string {
  const [on, off] = CODES[style];
  return terminal.color ? `\u001b[${on}m${text}\u001b[${off}m` : text;
}

/** Lines of a table whose columns are as wide as their widest cell; numbers go right. */
export function table(
  rows: readonly (readonly string[])[],
  options: { readonly right?: ReadonlySet<number>; readonly gap?: number } = {},
): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  return rows.map((row) =>
    row
      .map((cell, i) => {
        const width = widths[i] ?? 0;
        if (options.right?.has(i) === true) return cell.padStart(width);
        return i === row.length - 1 ? cell : cell.padEnd(width);
      })
      .join(" ".repeat(options.gap ?? 2)),
  );
}

/** `text` in at most `width` characters. */
export function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

export function processTerminal(): Terminal {
  const color = process.stdout.isTTY && process.env["NO_COLOR"] === undefined;
  return {
    out: (text) => void process.stdout.write(`${text}\n`),
    err: (text) => void process.stderr.write(`${text}\n`),
    color,
    ...(process.stderr.isTTY ? { progress: (text) => void process.stderr.write(`\r\u001b[K${text}`) } : {}),
    width: process.stdout.columns > 0 ? process.stdout.columns : 120,
  };
}
