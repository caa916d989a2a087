import assert from "node:assert/strict";
import { previewHtml } from "../../../src/extension/preview-html.js";
import type { PreviewRows } from "../../../src/protocol/engine-api.js";
import { columnWidths, isNumeric } from "../../../src/webview/column-widths.js";
import { nextCell } from "../../../src/webview/grid-keys.js";
import { PAGE, RowCache } from "../../../src/webview/row-cache.js";
import { digest } from "./statuses.js";

const rowsFrom = (start: number, count: number): PreviewRows => ({
  type: "rows",
  start,
  rows: Array.from({ length: count }, (_, index) => [{ text: String(start + index), type: "number" }]),
});

describe("rows of the preview (F94)", () => {
  it("are asked for in pages, each once while it is on its way, and never past the end", () => {
    const asked: [number, number][] = [];
    const cache = new RowCache({ rows: 250, read: (_, start, count) => asked.push([start, count]) });
    cache.want(0, 30);
    cache.want(5, 120);
    cache.want(200, 400);
    assert.deepEqual(asked, [
      [0, 100],
      [100, 100],
      [200, 50],
    ]);
  });

  it("are found by number once they came, and an answer nobody asked for is dropped", () => {
    const requests: number[] = [];
    const cache = new RowCache({ rows: 1000, read: (request) => requests.push(request) });
    cache.want(150, 150);
    assert.equal(cache.row(150), null);
    assert.equal(cache.receive(99, rowsFrom(0, PAGE)), false);
    assert.equal(cache.receive(requests[0] ?? 0, rowsFrom(100, PAGE)), true);
    assert.equal(cache.row(150)?.[0]?.text, "150");
  });

  it("are not taken from an answer to a request of an earlier table that had the same number", () => {
    const requests: number[] = [];
    const cache = new RowCache({ rows: 1000, read: (request) => requests.push(request) });
    cache.want(150, 150);
    assert.equal(cache.receive(requests[0] ?? 0, rowsFrom(500, PAGE)), false);
    assert.equal(cache.row(150), null);
    assert.equal(cache.receive(requests[0] ?? 0, rowsFrom(100, PAGE)), true, "its own answer still counts");
    assert.equal(cache.row(150)?.[0]?.text, "150");
  });

  it("do not pile up while a person scrolls through millions, and come back when wanted again", () => {
    let asked = 0;
    const cache: RowCache = new RowCache({
      rows: 10_000_000,
      read: (request, start, count) => {
        asked++;
        queueMicrotask(() => cache.receive(request, rowsFrom(start, count)));
      },
    });
    return (async () => {
      for (let first = 0; first < 20_000; first += PAGE) {
        cache.want(first, first + 10);
        await Promise.resolve();
      }
      assert.equal(cache.row(0), null);
      cache.want(0, 0);
      await Promise.resolve();
      assert.deepEqual([cache.row(0)?.[0]?.text, asked], ["0", 201]);
    })();
  });
});

describe("the keyboard in the preview", () => {
  const size = { rows: 100, columns: 3, page: 10 };
  const press = (key: string, toEdge = false): unknown => nextCell({ row: 50, column: 1 }, { key, toEdge }, size);

  it("moves by cells, pages and edges", () => {
    assert.deepEqual(
      [press("ArrowDown"), press("PageUp"), press("Home"), press("End", true), press("ArrowUp", true), press("x")],
      [
        { row: 51, column: 1 },
        { row: 40, column: 1 },
        { row: 50, column: 0 },
        { row: 99, column: 2 },
        { row: 0, column: 1 },
        null,
      ],
    );
  });

  it("stays inside of the table, also of an empty one", () => {
    assert.deepEqual(nextCell({ row: 99, column: 2 }, { key: "PageDown", toEdge: false }, size), {
      row: 99,
      column: 2,
    });
    const empty = { rows: 0, columns: 0, page: 10 };
    assert.deepEqual(nextCell({ row: 0, column: 0 }, { key: "ArrowDown", toEdge: false }, empty), {
      row: 0,
      column: 0,
    });
  });
});

describe("columns of the preview", () => {
  const column = (name: string, type: string): Parameters<typeof isNumeric>[0] => ({
    name,
    type,
    digest: digest("0"),
    nulls: 0,
  });

  it("are as wide as their names and first rows, within bounds", () => {
    const columns = [column("id", "number"), column("a long column name", "string"), column("text", "string")];
    const row = ["1", "x", "y".repeat(500)].map((text) => ({ text, type: "value" }) as const);
    assert.deepEqual(columnWidths(columns, [row]), [13, 29, 43]);
  });

  it("of numbers stand to the right", () => {
    const types = ["number", "bigint", "Int32", "Float64", "string", "date", "list"];
    assert.deepEqual(
      types.filter((type) => isNumeric(column("c", type))),
      ["number", "bigint", "Int32", "Float64"],
    );
  });
});

describe("the page of the preview (security row 4)", () => {
  it("allows its own script and styles and nothing else", () => {
    const html = previewHtml({
      nonce: "N",
      cspSource: "https://host",
      script: "https://host/p.js",
      style: "https://host/p.css",
    });
    const policy = /content="(default-src[^"]*)"/.exec(html)?.[1];
    assert.equal(policy, "default-src 'none'; style-src https://host; script-src 'nonce-N';");
    assert.doesNotMatch(html, /unsafe|onclick|style=/);
  });
});
