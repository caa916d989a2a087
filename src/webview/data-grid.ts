/**
 * A table of any length: only the rows in view exist as elements. Browsers cannot make an element taller than some
 * 16 million pixels, so a table beyond `SEGMENT` rows is shown one segment at a time, with buttons between them.
 */
import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  Virtualizer,
  type VirtualItem,
} from "@tanstack/virtual-core";
import type { PreviewCell, PreviewRows } from "../protocol/engine-api.js";
import type { ColumnInfo } from "../protocol/record.js";
import { columnWidths, isNumeric } from "./column-widths.js";
import { el } from "./elements.js";
import { nextCell, type Cell } from "./grid-keys.js";
import { RowCache } from "./row-cache.js";

export interface DataGridOptions {
  readonly columns: readonly ColumnInfo[];
  readonly rows: number;
  readonly label: string;
  readonly read: (request: number, start: number, count: number) => void;
}

/** Where a person is in a table; kept when a new result takes its place. */
export interface GridPlace {
  readonly cell: Cell;
  readonly top: number;
  readonly left: number;
}

export const SEGMENT = 400_000;
const ROW_HEIGHT = 24;

export class DataGrid {
  readonly element: HTMLElement;
  readonly #options: DataGridOptions;
  readonly #cache: RowCache;
  readonly #scroller: HTMLElement;
  readonly #head: HTMLElement;
  readonly #body: HTMLElement;
  readonly #pager: HTMLElement;
  readonly #elements = new Map<number, HTMLElement>();
  #virtualizer: Virtualizer<HTMLElement, HTMLElement>;
  #stop: () => void = () => undefined;
  #segment = 0;
  #active: Cell = { row: 0, column: 0 };
  #measured = false;

  constructor(options: DataGridOptions) {
    this.#options = options;
    this.#cache = new RowCache({ rows: options.rows, read: options.read });
    this.#head = el("div", { class: "row head", role: "row", "aria-rowindex": "1" });
    this.#head.append(el("div", { class: "cell number", role: "columnheader" }, "#"), ...options.columns.map(headCell));
    this.#body = el("div", { class: "body", role: "rowgroup" });
    this.#scroller = el(
      "div",
      {
        class: "scroller",
        role: "grid",
        tabindex: "0",
        "aria-label": `Rows of ${options.label}`,
        "aria-rowcount": String(options.rows + 1),
        "aria-colcount": String(options.columns.length + 1),
        "aria-readonly": "true",
      },
      el("div", { role: "rowgroup", class: "head-group" }, this.#head),
      this.#body,
    );
    this.#pager = el("nav", { class: "pager", "aria-label": "Segments of the table" });
    this.element = el("section", { class: "grid" }, this.#scroller, this.#pager);
    if (options.rows === 0) this.#body.append(el("div", { class: "empty" }, "The table has no rows."));
    this.#setWidths([]);
    this.#virtualizer = this.#createVirtualizer();
    this.#scroller.addEventListener("keydown", (event) => this.#keydown(event));
    this.#scroller.addEventListener("mousedown", (event) => this.#mousedown(event));
    this.#scroller.addEventListener("copy", (event) => this.#copy(event));
  }

  get place(): GridPlace {
    return { cell: this.#active, top: this.#scroller.scrollTop, left: this.#scroller.scrollLeft };
  }

  /** Call once the element is in the page; `place`: where the person was in the result before. */
  attached(place: GridPlace | null): void {
    if (place !== null) {
      const row = Math.min(place.cell.row, Math.max(0, this.#options.rows - 1));
      this.#active = { row, column: Math.min(place.cell.column, Math.max(0, this.#options.columns.length - 1)) };
      this.#segment = Math.floor(row / SEGMENT);
    }
    this.#restart();
    if (place !== null) this.#scroller.scrollTo({ top: place.top, left: place.left });
  }

  receive(request: number, rows: PreviewRows): void {
    if (!this.#cache.receive(request, rows)) return;
    if (!this.#measured) {
      this.#measured = true;
      this.#setWidths(rows.rows);
    }
    for (const element of this.#elements.values()) element.remove();
    this.#elements.clear();
    this.#render();
  }

  dispose(): void {
    this.#stop();
  }

  get #start(): number {
    return this.#segment * SEGMENT;
  }

  get #count(): number {
    return Math.min(SEGMENT, this.#options.rows - this.#start);
  }

  #createVirtualizer(): Virtualizer<HTMLElement, HTMLElement> {
    return new Virtualizer<HTMLElement, HTMLElement>({
      count: this.#count,
      getScrollElement: () => this.#scroller,
      estimateSize: () => ROW_HEIGHT,
      overscan: 12,
      // The sticky header covers the first row's height of the view.
      scrollPaddingStart: ROW_HEIGHT * 2,
      scrollToFn: elementScroll,
      observeElementRect,
      observeElementOffset,
      onChange: () => this.#render(),
    });
  }

  #restart(): void {
    this.#stop();
    for (const element of this.#elements.values()) element.remove();
    this.#elements.clear();
    this.#virtualizer = this.#createVirtualizer();
    this.#stop = this.#virtualizer._didMount();
    this.#virtualizer._willUpdate();
    this.#renderPager();
    this.#render();
  }

  #render(): void {
    const items = this.#virtualizer.getVirtualItems();
    this.#body.style.height = `${this.#virtualizer.getTotalSize()}px`;
    const first = items[0];
    const last = items.at(-1);
    if (first !== undefined && last !== undefined)
      this.#cache.want(this.#start + first.index, this.#start + last.index);
    const visible = new Set(items.map((item) => item.index));
    for (const [index, element] of this.#elements) {
      if (visible.has(index)) continue;
      element.remove();
      this.#elements.delete(index);
    }
    for (const item of items) if (!this.#elements.has(item.index)) this.#addRow(item);
    this.#markActive();
  }

  #addRow(item: VirtualItem): void {
    const index = this.#start + item.index;
    const row = this.#cache.row(index);
    const element = el("div", { class: "row", role: "row", "aria-rowindex": String(index + 2) });
    element.style.transform = `translateY(${item.start}px)`;
    element.classList.toggle("odd", index % 2 === 1);
    element.append(el("div", { class: "cell number", role: "rowheader" }, (index + 1).toLocaleString("en-US")));
    this.#options.columns.forEach((column, position) => {
      const cell = row?.[position];
      element.append(
        cell === undefined ? el("div", { class: "cell loading", role: "gridcell" }) : dataCell(cell, column),
      );
    });
    this.#elements.set(item.index, element);
    this.#body.append(element);
  }

  #markActive(): void {
    for (const old of this.#body.querySelectorAll(".active")) {
      old.classList.remove("active");
      old.removeAttribute("id");
    }
    const row = this.#elements.get(this.#active.row - this.#start);
    const cell = row?.children[this.#active.column + 1];
    if (cell === undefined) {
      this.#scroller.removeAttribute("aria-activedescendant");
      return;
    }
    cell.classList.add("active");
    cell.id = "active-cell";
    this.#scroller.setAttribute("aria-activedescendant", "active-cell");
  }

  #moveTo(cell: Cell): void {
    this.#active = cell;
    const segment = Math.floor(cell.row / SEGMENT);
    if (segment !== this.#segment) {
      this.#segment = segment;
      this.#restart();
    }
    this.#virtualizer.scrollToIndex(cell.row - this.#start, { align: "auto" });
    this.#markActive();
    this.#head.children[cell.column + 1]?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  #keydown(event: KeyboardEvent): void {
    const page = Math.max(1, Math.floor(this.#scroller.clientHeight / ROW_HEIGHT) - 3);
    const { key, ctrlKey, metaKey } = event;
    const size = { rows: this.#options.rows, columns: this.#options.columns.length, page };
    const next = nextCell(this.#active, { key, toEdge: ctrlKey || metaKey }, size);
    if (next === null) return;
    event.preventDefault();
    this.#moveTo(next);
  }

  #mousedown(event: MouseEvent): void {
    const cell = event.target instanceof Element ? event.target.closest('[role="gridcell"]') : null;
    const row = cell?.parentElement;
    if (cell === null || row === null || row === undefined) return;
    this.#active = { row: Number(row.getAttribute("aria-rowindex")) - 2, column: [...row.children].indexOf(cell) - 1 };
    this.#markActive();
  }

  /** With nothing selected, copying takes the whole text of the active cell, also what does not fit in it. */
  #copy(event: ClipboardEvent): void {
    const cell = this.#cache.row(this.#active.row)?.[this.#active.column];
    if (cell === undefined || window.getSelection()?.isCollapsed === false) return;
    event.clipboardData?.setData("text/plain", cell.text);
    event.preventDefault();
  }

  #setWidths(sample: readonly (readonly PreviewCell[])[]): void {
    const widths = columnWidths(this.#options.columns, sample);
    const number = `calc(${Math.max(4, this.#options.rows.toLocaleString("en-US").length)}ch + 22px)`;
    this.element.style.setProperty("--columns", [number, ...widths.map((width) => `${width}ch`)].join(" "));
  }

  #renderPager(): void {
    const segments = Math.ceil(this.#options.rows / SEGMENT);
    this.#pager.hidden = segments < 2;
    if (segments < 2) return;
    const go = (label: string, segment: number): HTMLElement => {
      const element = el("button", { type: "button", class: "secondary" }, label);
      element.toggleAttribute("disabled", segment < 0 || segment >= segments);
      element.addEventListener("click", () => {
        this.#segment = segment;
        this.#active = { row: segment * SEGMENT, column: this.#active.column };
        this.#restart();
        this.#scroller.scrollTop = 0;
      });
      return element;
    };
    const number = (value: number): string => value.toLocaleString("en-US");
    const range = `Rows ${number(this.#start + 1)} to ${number(this.#start + this.#count)} of ${number(this.#options.rows)}`;
    this.#pager.replaceChildren(
      go("Previous", this.#segment - 1),
      el("span", {}, range),
      go("Next", this.#segment + 1),
    );
  }
}

function headCell(column: ColumnInfo): HTMLElement {
  const nulls = column.nulls > 0 ? `, ${column.nulls.toLocaleString("en-US")} empty` : "";
  const cell = el(
    "div",
    { class: "cell", role: "columnheader" },
    el("span", { class: "name" }, column.name),
    el("span", { class: "type" }, column.type),
  );
  cell.classList.toggle("right", isNumeric(column));
  cell.title = `${column.name}: ${column.type}${nulls}`;
  return cell;
}

function dataCell(cell: PreviewCell, column: ColumnInfo): HTMLElement {
  const element = el("div", { class: "cell", role: "gridcell" }, cell.text === "" ? "" : cell.text);
  element.classList.toggle("right", isNumeric(column) || cell.type === "number");
  if (cell.type !== "value" && cell.type !== "number") element.classList.add("nothing");
  element.title = cell.text.length > 2000 ? `${cell.text.slice(0, 2000)}…` : cell.text;
  return element;
}
