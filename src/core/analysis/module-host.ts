import type { PackageEntry } from "../../protocol/fingerprint.js";
import type { Digest } from "../../protocol/ids.js";
import type { CompilerSettings } from "./compiler-settings.js";
import type { FileSummary } from "./file-summary.js";

/** Where an import leads. */
export type Resolution =
  /** Absolute path of a local or workspace-linked source file. */
  | { readonly to: "source"; readonly file: string }
  /** JSON, text or another asset: counts by content. */
  | { readonly to: "data"; readonly file: string; readonly digest: Digest }
  | ({ readonly to: "package" } & PackageEntry)
  | { readonly to: "builtin"; readonly name: string }
  /** Restage's own library (specifier `restage`): its version never counts. */
  | { readonly to: "runtime" }
  | { readonly to: "unresolved"; readonly message: string };

/** What the analysis needs to know of the world. Answers may be memoised; `Program.invalidate` says when to ask again. */
export interface ModuleHost {
  /** `null`: no such file. */
  summary(file: string): FileSummary | null;
  resolve(from: string, specifier: string, how: "import" | "require" | "asset"): Resolution;
  /** Without it every file has the defaults. */
  compilerSettings?(file: string): CompilerSettings;
  /** Project-relative with forward slashes; may start with `../`. */
  displayPath(file: string): string;
}
