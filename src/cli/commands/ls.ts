import { formatAge, formatBytes, formatDuration, formatCount } from "../../core/format.js";
import { EXIT, type ExitCode } from "../exit-codes.js";
import { selectStage } from "../select-stage.js";
import { printJson, type Session } from "../session.js";
import { paint, table } from "../terminal.js";
import { labels } from "./status.js";

/** Stored results, newest first: of one stage, or the newest of each. */
export async function lsCommand(session: Session, name: string | undefined): Promise<ExitCode> {
  const status = await session.status();
  const chosen = name === undefined ? status.stages : status.stages.filter((s) => s.id === selectStage(status, name));
  const listed = await Promise.all(
    chosen.map(async (stage) => ({
      stage,
      versions: await session.engine.versions({ root: session.root, stage: stage.id }),
    })),
  );
  if (session.json) {
    printJson(session, {
      version: 1,
      project: session.root,
      cache: status.cache,
      stages: listed.map(({ stage, versions }) => ({ id: stage.id, versions })),
    });
    return EXIT.ok;
  }
  const { terminal } = session;
  const label = labels(status);
  const rows = listed.flatMap(({ stage, versions }) =>
    versions.map((version) => [
      version.current ? "✓" : version.present ? " " : "✗",
      label(stage),
      version.result.digest.slice(0, 8),
      version.result.rows === null ? version.result.kind : formatCount(version.result.rows),
      formatBytes(version.result.bytes),
      formatDuration(version.result.durationMs),
      formatAge(version.result.createdAt, Date.now()),
    ]),
  );
  if (rows.length === 0) terminal.out("Nothing is stored yet. `restage run` makes results.");
  else
    for (const line of table([["", "stage", "result", "rows", "size", "took", "made"], ...rows], {
      right: new Set([3, 4, 5]),
    }))
      terminal.out(line);
  terminal.out("");
  terminal.out(
    paint(
      terminal,
      "dim",
      `${formatCount(status.cache.objects)} objects, ${formatBytes(status.cache.bytes)} of at most ${formatBytes(status.cache.maxBytes)} in ${status.cache.folder}`,
    ),
  );
  return EXIT.ok;
}
