/**
 * The keys of rows, and fast ways in and out of them.
 *
 * Rows of one shape (the same keys in the same order) are read and made by small functions written for that shape, which the
 * engine can optimise; generic `row[key]` is several times slower. Keys enter that code only as JSON string literals.
 */
import { compileFunction } from "node:vm";
import { MISSING, setOwn } from "./plain-values.js";

export type Row = Readonly<Record<string, unknown>>;
type Columns = readonly (readonly unknown[])[];

export interface RowShape {
  readonly keys: readonly string[];
  readonly nullPrototype: boolean;
}

/** More keys than this make the generated code larger than what the engine optimises. */
const MAX_COMPILED_KEYS = 250;

/** Copies `rows[start…end)` into `columns[k][at…]`, one column for each key, in the order of the keys. */
export type RowTaker = (
  rows: readonly Row[],
  start: number,
  end: number,
  columns: readonly unknown[][],
  at: number,
) => void;
/** Makes `count` rows from the columns (one for each key) into `rows[at…]`, beginning at item `from` of each column. */
export type RowMaker = (
  columns: readonly ArrayLike<unknown>[],
  from: number,
  count: number,
  rows: unknown[],
  at: number,
) => void;

export function makeTaker(keys: readonly string[]): RowTaker {
  if (keys.length > MAX_COMPILED_KEYS) {
    return (rows, start, end, columns, at) => {
      keys.forEach((key, k) => {
        const column = columns[k] ?? [];
        for (let i = start; i < end; i++) column[at + i - start] = rows[i]?.[key];
      });
    };
  }
  const declare = keys.map((_, k) => `const c${k} = columns[${k}];`).join("\n");
  const copy = keys.map((key, k) => `c${k}[j] = r[${JSON.stringify(key)}];`).join("\n");
  const body = `${declare}\nfor (let i = start, j = at; i < end; i++, j++) { const r = rows[i];\n${copy}\n}`;
  return compileFunction(body, ["rows", "start", "end", "columns", "at"]) as unknown as RowTaker;
}

export function makeMaker({ keys, nullPrototype }: RowShape): RowMaker {
  if (keys.length > MAX_COMPILED_KEYS || nullPrototype) {
    return (columns, from, count, rows, at) => {
      for (let i = 0; i < count; i++) {
        const row: object = nullPrototype ? (Object.create(null) as object) : {};
        for (let k = 0; k < keys.length; k++) setOwn(row, keys[k] ?? "", columns[k]?.[from + i]);
        rows[at + i] = row;
      }
    };
  }
  const declare = keys.map((_, k) => `const c${k} = columns[${k}];`).join("\n");
  // A computed key: plain `"__proto__": x` in a literal would set the prototype.
  const fields = keys
    .map((key, k) => `${key === "__proto__" ? `["__proto__"]` : JSON.stringify(key)}: c${k}[j]`)
    .join(", ");
  const body = `${declare}\nfor (let i = at, j = from, end = from + count; j < end; i++, j++) rows[i] = { ${fields} };`;
  return compileFunction(body, ["columns", "from", "count", "rows", "at"]) as unknown as RowMaker;
}

/** The shapes of an array of rows, and all their keys in one order that agrees with as many rows as possible. */
export interface RowLayout {
  readonly names: readonly string[];
  readonly shapes: readonly RowShape[];
  /** The shape of each row; `null` when there is only one. */
  readonly shapeOf: Uint32Array | null;
}

/**
 * All keys of many rows, in one order. New keys go behind the key they follow in their own row, so that `{a, c}` then `{a, b, c}` gives
 * a, b, c; keys that are there already never change places among each other.
 */
export class KeyOrder {
  readonly #next = new Map<string, string | null>();
  #head: string | null = null;

  add(keys: readonly string[]): void {
    let before: string | null = null;
    for (const key of keys) {
      if (!this.#next.has(key)) {
        this.#next.set(key, before === null ? this.#head : (this.#next.get(before) ?? null));
        if (before === null) this.#head = key;
        else this.#next.set(before, key);
      }
      before = key;
    }
  }

  names(): string[] {
    const names: string[] = [];
    for (let key = this.#head; key !== null; key = this.#next.get(key) ?? null) names.push(key);
    return names;
  }
}

/**
 * Reads the keys of every row and adds them to `order`. Rows that have a property named by a symbol are reported by `onSymbol`,
 * which throws.
 */
export function layOutRows(
  rows: readonly Row[],
  onSymbol: (index: number) => never,
  order: KeyOrder = new KeyOrder(),
): RowLayout {
  const shapes: RowShape[] = [];
  const bySignature = new Map<string, number>();
  let shapeOf: Uint32Array | null = null;
  let current = -1;
  let keys: readonly string[] = [];
  let nullPrototype = false;
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index] ?? {};
    const own = Object.keys(row);
    if (Object.getOwnPropertySymbols(row).length > 0) onSymbol(index);
    const bare = Object.getPrototypeOf(row) === null;
    if (current < 0 || bare !== nullPrototype || !sameKeys(own, keys)) {
      const signature = `${bare ? "n" : "p"}${JSON.stringify(own)}`;
      const known = bySignature.get(signature);
      current = known ?? shapes.length;
      if (known === undefined) {
        bySignature.set(signature, current);
        shapes.push({ keys: own, nullPrototype: bare });
        order.add(own);
        if (current === 1) shapeOf = new Uint32Array(rows.length);
      }
      keys = own;
      nullPrototype = bare;
    }
    if (shapeOf !== null) shapeOf[index] = current;
  }
  return { names: order.names(), shapes, shapeOf };
}

/** The places of the layout's names. */
export function positionsOf(layout: Pick<RowLayout, "names">): ReadonlyMap<string, number> {
  return new Map(layout.names.map((name, index) => [name, index]));
}

/** True when the shape's keys come in the order of `names`, so that the order need not be written down. */
export function followsOrder(shape: RowShape, position: ReadonlyMap<string, number>): boolean {
  let last = -1;
  for (const key of shape.keys) {
    const at = position.get(key) ?? -1;
    if (at < last) return false;
    last = at;
  }
  return !shape.nullPrototype;
}

/** Fills one array for each name with the cells of `rows[start…end)`; `MISSING` where a row has no such key. */
export class RowTransposer {
  readonly #rows: readonly Row[];
  readonly #layout: RowLayout;
  readonly #takers: Map<string, RowTaker>;
  readonly #columnsOfShape: number[][] = [];
  readonly #complete: boolean;

  /** `takers`: code made for shapes, to be shared between parts of one table. */
  constructor(rows: readonly Row[], layout: RowLayout, takers = new Map<string, RowTaker>()) {
    this.#rows = rows;
    this.#layout = layout;
    this.#takers = takers;
    this.#complete = layout.shapeOf === null && (layout.shapes[0]?.keys.length ?? 0) === layout.names.length;
    const position = positionsOf(layout);
    for (const shape of layout.shapes) this.#columnsOfShape.push(shape.keys.map((key) => position.get(key) ?? 0));
  }

  take(start: number, end: number): Columns {
    const { names, shapeOf } = this.#layout;
    const columns = names.map(() =>
      this.#complete ? new Array<unknown>(end - start) : new Array<unknown>(end - start).fill(MISSING),
    );
    let from = start;
    while (from < end) {
      const shape = shapeOf?.[from] ?? 0;
      let to = shapeOf === null ? end : from + 1;
      while (to < end && shapeOf?.[to] === shape) to++;
      const wanted = (this.#columnsOfShape[shape] ?? []).map((index) => columns[index] ?? []);
      this.#taker(shape)(this.#rows, from, to, wanted, from - start);
      from = to;
    }
    return columns;
  }

  #taker(shape: number): RowTaker {
    const keys = this.#layout.shapes[shape]?.keys ?? [];
    const signature = JSON.stringify(keys);
    let taker = this.#takers.get(signature);
    if (taker === undefined) this.#takers.set(signature, (taker = makeTaker(keys)));
    return taker;
  }
}

function sameKeys(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}
