/** Keyboard movement in the table: pure. */
export interface Cell {
  readonly row: number;
  readonly column: number;
}

export interface GridKey {
  readonly key: string;
  /** With Ctrl or Cmd: to the edge of the table. */
  readonly toEdge: boolean;
}

export interface GridSize {
  readonly rows: number;
  readonly columns: number;
  /** Rows that fit into the view. */
  readonly page: number;
}

/** The cell that a key moves to; `null` for keys that do not move. */
export function nextCell({ row, column }: Cell, { key, toEdge }: GridKey, size: GridSize): Cell | null {
  const lastRow = Math.max(0, size.rows - 1);
  const lastColumn = Math.max(0, size.columns - 1);
  const at = (nextRow: number, nextColumn: number): Cell => ({
    row: Math.min(lastRow, Math.max(0, nextRow)),
    column: Math.min(lastColumn, Math.max(0, nextColumn)),
  });
  switch (key) {
    case "ArrowDown":
      return toEdge ? at(lastRow, column) : at(row + 1, column);
    case "ArrowUp":
      return toEdge ? at(0, column) : at(row - 1, column);
    case "ArrowRight":
      return toEdge ? at(row, lastColumn) : at(row, column + 1);
    case "ArrowLeft":
      return toEdge ? at(row, 0) : at(row, column - 1);
    case "PageDown":
      return at(row + size.page, column);
    case "PageUp":
      return at(row - size.page, column);
    case "Home":
      return toEdge ? at(0, 0) : at(row, 0);
    case "End":
      return toEdge ? at(lastRow, lastColumn) : at(row, lastColumn);
    default:
      return null;
  }
}
