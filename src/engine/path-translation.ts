/**
 * A folder may be opened through a symbolic link. The engine works on real paths, because that is what imports resolve
 * to; the editor must hear the paths it knows, or its documents would not be found.
 */
import * as path from "node:path";
import { realPath } from "./project-root.js";

export class PathTranslation {
  /** Given path and real path, of folders where they differ. */
  readonly #links: readonly (readonly [string, string])[];

  constructor(folders: readonly string[]) {
    this.#links = folders
      .map((folder) => [path.resolve(folder), realPath(folder)] as const)
      .filter(([given, real]) => given !== real);
  }

  /** A message from the editor, with real paths. */
  inward<T>(value: T): T {
    return this.#links.length === 0 ? value : (mapStrings(value, (text) => this.#replace(text, 0, 1)) as T);
  }

  /** A message to the editor, with the paths it opened. */
  outward<T>(value: T): T {
    return this.#links.length === 0 ? value : (mapStrings(value, (text) => this.#replace(text, 1, 0)) as T);
  }

  #replace(text: string, from: 0 | 1, to: 0 | 1): string {
    for (const link of this.#links) {
      if (text === link[from]) return link[to];
      if (text.startsWith(link[from] + path.sep)) return link[to] + text.slice(link[from].length);
    }
    return text;
  }
}

function mapStrings(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapStrings(item, change)]));
}
