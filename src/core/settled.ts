import type { StageState } from "../protocol/status.js";

/** Nothing asks for a run: a true result, a frozen one, or none kept by choice. */
export function isSettled(state: StageState): boolean {
  return state === "fresh" || state === "frozen" || state === "uncached";
}
