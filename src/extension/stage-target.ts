/**
 * Arguments of commands and messages of panels come from outside (keybindings, other extensions, a webview): they are
 * checked here, and the ids in them are only ever looked up, never used as paths or commands.
 */
import * as v from "valibot";
import type { FromPreview, PreviewState } from "../protocol/preview-messages.js";

const targetSchema = v.object({
  root: v.string(),
  stage: v.string(),
  digest: v.optional(v.nullable(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)))),
});

/** A stage that a command was asked to work on. */
export interface StageTarget {
  readonly root: string;
  readonly stage: string;
  /** A stored version; absent for the newest. */
  readonly digest: string | null;
}

export function parseStageTarget(value: unknown): StageTarget | null {
  const result = v.safeParse(targetSchema, value);
  return result.success ? { ...result.output, digest: result.output.digest ?? null } : null;
}

/** Most rows that one message may ask for. */
export const MAX_ROWS_PER_READ = 500;

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const fromPreviewSchema = v.variant("type", [
  v.strictObject({ type: v.literal("ready") }),
  v.strictObject({
    type: v.literal("read"),
    request: whole,
    digest: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
    start: whole,
    count: v.pipe(whole, v.minValue(1), v.maxValue(MAX_ROWS_PER_READ)),
  }),
  v.strictObject({ type: v.literal("run") }),
  v.strictObject({ type: v.literal("why") }),
]);

/** A message of the preview panel, or `null` for anything that is none. */
export function parseFromPreview(value: unknown): FromPreview | null {
  const result = v.safeParse(fromPreviewSchema, value);
  return result.success ? result.output : null;
}

const previewStateSchema = v.object({
  root: v.string(),
  stage: v.string(),
  digest: v.nullable(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))),
});

/** What a preview panel kept across a reload of the window. */
export function parsePreviewState(value: unknown): PreviewState | null {
  const result = v.safeParse(previewStateSchema, value);
  return result.success ? result.output : null;
}
