import type { PreviewInfo, PreviewRows } from "./engine-api.js";

/** What a preview panel shows, kept by the panel itself so that it survives a reload of the window. */
export interface PreviewState {
  readonly root: string;
  readonly stage: string;
  /** A stored version; `null` for the newest result. */
  readonly digest: string | null;
}

/** Preview panel: extension → webview. */
export type ToPreview =
  | {
      readonly type: "show";
      readonly info: PreviewInfo;
      readonly title: string;
      /** Facts in words: `344 rows · 12.3 KB · 2 min ago`. */
      readonly facts: string;
      /** Why what is shown is not the current result; `null` when it is. */
      readonly stale: string | null;
      /** Whether "Run" makes sense now. */
      readonly canRun: boolean;
      readonly state: PreviewState;
    }
  | { readonly type: "rows"; readonly request: number; readonly digest: string; readonly rows: PreviewRows }
  | { readonly type: "error"; readonly message: string; readonly state: PreviewState };

/** Preview panel: webview → extension. Checked at the boundary before use. */
export type FromPreview =
  | { readonly type: "ready" }
  | {
      readonly type: "read";
      readonly request: number;
      readonly digest: string;
      readonly start: number;
      readonly count: number;
    }
  | { readonly type: "run" }
  | { readonly type: "why" };
