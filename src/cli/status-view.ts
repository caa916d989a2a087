/** A status as the terminal shows it: small data that can be kept, and its lines. Which words is decided before it is kept. */
import type { SourceProblem } from "../protocol/stage.js";
import type { StageState } from "../protocol/status.js";
import { formatQuantity } from "../core/format.js";
import { isSettled } from "../core/settled.js";
import { cut, paint, type Terminal } from "./terminal.js";

export interface StatusView {
  readonly root: string;
  readonly stages: readonly { readonly label: string; readonly state: StageState; readonly text: string }[];
  readonly problems: readonly {
    readonly severity: SourceProblem["severity"];
    readonly place: string;
    readonly message: string;
  }[];
  /** How much is stored where, in words. */
  readonly cache: string;
}

const MARKS: Readonly<Record<StageState, readonly [string, "green" | "yellow" | "red" | "dim" | "cyan"]>> = {
  fresh: ["✓", "green"],
  new: ["○", "dim"],
  stale: ["●", "yellow"],
  blocked: ["◌", "yellow"],
  unknown: ["?", "red"],
  failed: ["✗", "red"],
  queued: ["…", "cyan"],
  running: ["▶", "cyan"],
  uncached: ["–", "dim"],
  frozen: ["❄", "cyan"],
};

export function printStatus(terminal: Terminal, { root, stages, problems, cache }: StatusView): void {
  const lines: string[] = [];
  if (stages.length === 0) {
    lines.push(
      `No stages in ${root}. A stage is an exported constant: export const name = stage({ …inputs }, (inputs) => …)`,
    );
  } else {
    const width = Math.max(...stages.map(({ label }) => label.length));
    for (const { label, state, text } of stages) {
      const [mark, style] = MARKS[state];
      const room = Math.max(20, terminal.width - width - 6);
      lines.push(`${paint(terminal, style, mark)} ${label.padEnd(width)}  ${cut(text, room)}`);
    }
    const waiting = stages.filter(({ state }) => !isSettled(state)).length;
    const toDo = waiting === 0 ? "all fresh" : `${waiting} to run`;
    lines.push("", paint(terminal, "dim", `${formatQuantity(stages.length, "stage")}, ${toDo} · ${cache}`));
  }
  terminal.out(lines.join("\n"));
  for (const { severity, place, message } of problems)
    terminal.err(`${paint(terminal, severity === "error" ? "red" : "yellow", severity)} ${place} ${message}`);
}

/** What `restage run` says when there is nothing to do. */
export function printNothingToRun(terminal: Terminal, reusable: number): void {
  terminal.out(`Everything is fresh: ${formatQuantity(reusable, "stage")} reused, nothing to run.`);
}
