/** What the lenses of one stage say: pure, so that every state can be tested without an editor. */
import {
  describeAccepted,
  describeCheck,
  describeHint,
  describeReason,
  describeState,
  stageName,
} from "../core/describe.js";
import { formatQuantity } from "../core/format.js";
import type { StageState, StageStatus } from "../protocol/status.js";

export type LensAction = "run" | "run-again" | "cancel" | "preview" | "why";

export interface LensText {
  readonly title: string;
  readonly tooltip: string;
  /** `null`: words only, nothing to click. */
  readonly action: LensAction | null;
}

/** The state first, then what can be done about it. `upstream`: how many stages must run before this one can. */
export function lensesOf(stage: StageStatus, upstream: number): readonly LensText[] {
  const lenses: LensText[] = [{ title: stateTitle(stage), tooltip: stateTooltip(stage), action: null }];
  if (stage.state === "queued" || stage.state === "running") {
    lenses.push({ title: label("debug-stop", "Cancel"), tooltip: "Stop this run", action: "cancel" });
  } else {
    lenses.push(runLens(stage, upstream));
  }
  if (stage.result !== null || stage.lastResult !== null) {
    const old = stage.result === null ? " (an older version of it)" : "";
    lenses.push({
      title: label("table", "Preview"),
      tooltip: `Show the result of ${stage.name}${old}`,
      action: "preview",
    });
  }
  if (stage.state !== "new" && stage.reasons.length > 0) {
    lenses.push({ title: label("question", "Why"), tooltip: `Show why ${stage.name} must run`, action: "why" });
  }
  return lenses;
}

/** The codicon of a state: the same in lenses, lists and the tree. */
export function stateIcon(state: StageState): string {
  return STATE_ICONS[state];
}

/** Text from a user's code or data for a label in which `$(name)` would become an icon. */
export function escapeIcons(text: string): string {
  return text.replaceAll("$(", "\\$(");
}

const STATE_ICONS: { readonly [state in StageState]: string } = {
  new: "circle-large-outline",
  fresh: "check",
  unknown: "question",
  stale: "history",
  blocked: "arrow-circle-up",
  queued: "clock",
  running: "sync~spin",
  failed: "error",
  uncached: "circle-slash",
  frozen: "lock",
};

function stateTitle(stage: StageStatus): string {
  const untracked = stage.fullyTracked ? "" : " · $(eye-closed)\u00a0not fully tracked";
  return label(stateIcon(stage.state), escapeIcons(describeState(stage)) + untracked);
}

function stateTooltip(stage: StageStatus): string {
  const lines = stage.reasons.map(describeReason);
  if (stage.accepted !== null) lines.push(describeAccepted(stage.accepted));
  if (stage.checked?.same === false) lines.push(describeCheck(stage.id, stage.checked));
  for (const hint of stage.hints) lines.push(describeHint(hint));
  for (const reason of stage.ignored) lines.push(`${describeReason(reason)} By its cue this does not count.`);
  for (const place of stage.untracked) {
    lines.push(`Not fully tracked: ${place.what} (line ${place.location.line}). A change there is not noticed.`);
  }
  if (lines.length === 0) lines.push(`${stage.name}: ${describeState(stage)}`);
  return lines.join("\n");
}

function runLens(stage: StageStatus, upstream: number): LensText {
  if (stage.state === "fresh") {
    return {
      title: label("refresh", "Run Again"),
      tooltip: `Run ${stage.name} although its result is fresh`,
      action: "run-again",
    };
  }
  if (upstream === 0) return { title: label("play", "Run"), tooltip: `Run ${stageName(stage.id)}`, action: "run" };
  return {
    title: label("play", `Run with ${upstream} upstream`),
    tooltip: `Run ${formatQuantity(upstream, "stage")} that ${stage.name} needs, then ${stage.name}`,
    action: "run",
  };
}

/** The editor drops an ordinary space between an icon and the text of a lens. */
function label(icon: string, text: string): string {
  return `$(${icon})\u00a0${text}`;
}
