import { describeFailure, describeState } from "../../core/describe.js";
import { formatBytes, formatQuantity } from "../../core/format.js";
import type { PreviewCell } from "../../protocol/engine-api.js";
import { EXIT, UsageError, type ExitCode } from "../exit-codes.js";
import { selectStage } from "../select-stage.js";
import { printJson, type Session } from "../session.js";
import { cut, paint, table } from "../terminal.js";

const WIDEST = 32;

export async function previewCommand(session: Session, name: string, count: number): Promise<ExitCode> {
  const status = await session.status();
  const id = selectStage(status, name);
  const stage = status.stages.find((s) => s.id === id);
  const info = await session.engine.openPreview({ root: session.root, stage: id, digest: null });
  if (!("type" in info)) throw new UsageError(describeFailure(info));
  const page =
    info.rows === null
      ? null
      : await session.engine.readRows({ root: session.root, digest: info.digest, start: 0, count });
  if (page !== null && !("type" in page)) throw new UsageError(describeFailure(page));
  if (session.json) {
    printJson(session, {
      version: 1,
      stage: id,
      current: info.current,
      digest: info.digest,
      kind: info.kind,
      rows: info.rows,
      columns: info.columns,
      text: info.text,
      head: page?.rows.map((row) => row.map(jsonCell)) ?? null,
    });
    return EXIT.ok;
  }
  const { terminal } = session;
  if (!info.current && stage !== undefined)
    terminal.err(paint(terminal, "yellow", `This result is not current: ${describeState(stage)}`));
  if (page === null) {
    terminal.out(info.text ?? "");
    return EXIT.ok;
  }
  const columns = info.columns ?? [];
  const numeric = new Set(columns.flatMap((c, i) => (["number", "bigint"].includes(c.type) ? [i] : [])));
  const cells = page.rows.map((row) => row.map((cell) => cut(oneLine(cell), WIDEST)));
  for (const line of table([columns.map((c) => cut(c.name, WIDEST)), columns.map((c) => c.type), ...cells], {
    right: numeric,
  }))
    terminal.out(cut(line, terminal.width));
  terminal.out(
    paint(
      terminal,
      "dim",
      `${formatQuantity(info.rows ?? 0, "row")}, ${formatQuantity(columns.length, "column")}, ${formatBytes(info.bytes)}`,
    ),
  );
  return EXIT.ok;
}

function oneLine(cell: PreviewCell): string {
  return cell.type === "missing" ? "" : cell.text.replace(/\s+/g, " ");
}

function jsonCell(cell: PreviewCell): unknown {
  if (cell.type === "number") return Number(cell.text);
  return cell.type === "value" ? cell.text : null;
}
