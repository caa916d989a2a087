import type { PreviewInfo, PreviewRows } from "./engine-api.js";

/** Preview panel: extension → webview. */
export type ToPreview =
  | { readonly type: "show"; readonly info: PreviewInfo; readonly title: string; readonly stale: string | null }
  | { readonly type: "rows"; readonly request: number; readonly digest: string; readonly rows: PreviewRows }
  | { readonly type: "error"; readonly message: string };

/** Preview panel: webview → extension. Checked at the boundary before use. */
export type FromPreview =
  | { readonly type: "ready" }
  | {
      readonly type: "read";
      readonly request: number;
      readonly digest: string;
      readonly start: number;
      readonly count: number;
    };
