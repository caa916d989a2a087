/**
 * The preview panel's page. It holds what it is sent and asks for rows by number as they come into view. Every text of
 * the user (names, types, cells) is set by `textContent` or as a property, never as markup.
 */
import type { FromPreview, ToPreview } from "../protocol/preview-messages.js";
import { unreachable } from "../protocol/unreachable.js";
import { DataGrid } from "./data-grid.js";
import { el } from "./elements.js";

interface Host {
  postMessage(message: FromPreview): void;
  setState(state: unknown): void;
}
declare function acquireVsCodeApi(): Host;

const host = acquireVsCodeApi();
const app = document.getElementById("app") ?? document.body.appendChild(el("main"));
let grid: DataGrid | null = null;
let shownDigest = "";

window.addEventListener("message", (event: MessageEvent<ToPreview>) => receive(event.data));
host.postMessage({ type: "ready" });

function receive(message: ToPreview): void {
  switch (message.type) {
    case "show":
      host.setState(message.state);
      {
        show(message);
        return;
      }
    case "rows":
      if (message.digest === shownDigest) grid?.receive(message.request, message.rows);
      return;
    case "error":
      host.setState(message.state);
      grid?.dispose();
      grid = null;
      shownDigest = "";
      {
        app.replaceChildren(el("div", { class: "notice", role: "alert" }, message.message));
        return;
      }
    default:
      unreachable(message);
  }
}

function show(message: Extract<ToPreview, { type: "show" }>): void {
  const head = header(message);
  // The same bytes: only the words around them changed, so what is scrolled and selected stays.
  if (message.info.digest === shownDigest && app.children.length > 1) {
    app.firstElementChild?.replaceWith(head);
    return;
  }
  const place = grid?.place ?? null;
  grid?.dispose();
  grid = null;
  shownDigest = message.info.digest;
  const { info } = message;
  if (info.columns === null || info.rows === null) {
    app.replaceChildren(head, textView(info.text ?? "", info.textCut));
    return;
  }
  const { digest } = info;
  grid = new DataGrid({
    columns: info.columns,
    rows: info.rows,
    label: message.title,
    read: (request, start, count) => host.postMessage({ type: "read", request, digest, start, count }),
  });
  app.replaceChildren(head, grid.element);
  grid.attached(place);
}

function header(message: Extract<ToPreview, { type: "show" }>): HTMLElement {
  const { info, facts, stale, title, canRun } = message;
  const columns =
    info.columns === null ? "" : ` · ${info.columns.length} ${info.columns.length === 1 ? "column" : "columns"}`;
  const bar = el(
    "header",
    {},
    el("div", { class: "title" }, el("h1", {}, title), el("span", { class: "facts" }, facts + columns)),
  );
  if (stale !== null) {
    const banner = el(
      "div",
      { class: "stale", role: "status" },
      el("span", { class: "stale-text" }, `Not current: ${stale}`),
    );
    if (canRun) banner.append(button("Why", "secondary", "why"), button("Run", "primary", "run"));
    bar.append(banner);
  }
  return bar;
}

function button(label: string, look: string, type: "run" | "why"): HTMLElement {
  const element = el("button", { class: look, type: "button" }, label);
  element.addEventListener("click", () => host.postMessage({ type }));
  return element;
}

function textView(text: string, cut: boolean): HTMLElement {
  const view = el("pre", { class: "text", tabindex: "0" }, text);
  if (cut) view.append(el("span", { class: "cut" }, "\n… The rest is not shown."));
  return view;
}
