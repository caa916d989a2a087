/**
 * Stages summed up in a few words: pure, so that every mix of states can be tested without an editor. "Fresh" is said
 * only of stages that are all known to be: one whose code does not parse is neither waiting for a run nor fresh.
 */
import { formatQuantity } from "../core/format.js";
import type { StageStatus } from "../protocol/status.js";
import { standingOf, type Standing } from "./status-model.js";

/** The status bar's text while no run of this window is going on. */
export function statusBarText(stages: readonly StageStatus[]): string {
  const failed = stages.filter((stage) => stage.state === "failed").length;
  if (failed > 0) return `$(error) Restage: ${failed} failed`;
  const [waiting, unknown, running] = [count(stages, "must-run"), count(stages, "unknown"), count(stages, "running")];
  if (waiting > 0) return `$(history) Restage: ${waiting} stale`;
  if (unknown > 0) return `$(question) Restage: ${unknown} unknown`;
  if (running > 0) return `$(sync~spin) Restage: ${running} running`;
  return "$(check) Restage: fresh";
}

/** The status bar's tooltip. */
export function statusBarTooltip(stages: readonly StageStatus[]): string {
  const unknown = count(stages, "unknown");
  const parts = [formatQuantity(stages.length, "stage"), `${count(stages, "must-run")} to run`];
  if (unknown > 0) parts.push(`${unknown} unknown`);
  return `${parts.join(", ")}. Click for a list.`;
}

/** Why "Run All Stale" has nothing to run, where there are stages. */
export function nothingToRunText(stages: readonly StageStatus[]): string {
  const unknown = count(stages, "unknown");
  if (unknown > 0) {
    const whose = unknown === 1 ? "its" : "their";
    return `No stage is known to be stale, but the state of ${formatQuantity(unknown, "stage")} is unknown: ${whose} code does not parse or resolve. The Problems view shows where.`;
  }
  return count(stages, "running") > 0 ? "All stages are fresh or running already." : "Every stage is fresh.";
}

function count(stages: readonly StageStatus[], standing: Standing): number {
  return stages.filter((stage) => standingOf(stage) === standing).length;
}
