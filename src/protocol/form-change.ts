import type { StageForm } from "./stage.js";

/** A replacement in a text: `start` and `end` count UTF-16 units from its beginning. */
export interface OffsetEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** How a stage would be written in the other form, or why that cannot be done by itself. */
export type FormChange =
  | { readonly to: StageForm; readonly is: "possible"; readonly edits: readonly OffsetEdit[] }
  /** `why`: a whole sentence: what is in the way and what to do. */
  | { readonly to: StageForm; readonly is: "refused"; readonly why: string };
