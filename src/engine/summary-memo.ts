/**
 * Summaries of files by the digest of their text, kept on disk so that a start does not parse everything again. Losing it
 * costs time only. It lives in the cache folder and is written only where that already exists: opening a folder makes no
 * files.
 */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { ANALYSIS_VERSION, type FileSummary } from "../core/analysis/file-summary.js";
import type { Digest } from "../protocol/ids.js";
import { seal, unseal } from "../store/sealed-json.js";

export class SummaryMemo {
  readonly #folder: string;
  readonly #version: string;
  #known = new Map<string, FileSummary>();
  #used = new Map<string, FileSummary>();
  #changed = false;

  constructor(cacheFolder: string, producer: string) {
    this.#folder = cacheFolder;
    this.#version = `${ANALYSIS_VERSION}/${producer}`;
    try {
      const saved = unseal(readFileSync(this.#file(), "utf8")) as
        { version?: unknown; summaries?: unknown } | undefined;
      if (saved?.version === this.#version && typeof saved.summaries === "object" && saved.summaries !== null) {
        this.#known = new Map(Object.entries(saved.summaries as Record<string, FileSummary>));
      }
    } catch {
      // No memo, or a damaged one: everything is parsed again.
    }
  }

  /** The summary of a text with this digest in a file with this extension, made by `make` when it is not known. */
  get(digest: Digest, extension: string, make: () => FileSummary): FileSummary {
    const key = `${digest}${extension}`;
    let summary = this.#used.get(key) ?? this.#known.get(key);
    if (summary === undefined) {
      summary = make();
      this.#changed = true;
    }
    this.#used.set(key, summary);
    return summary;
  }

  /** Writes what was used since the start; other entries belong to text that is gone. */
  save(): void {
    if (!this.#changed || !existsSync(this.#folder)) return;
    const temporary = `${this.#file()}.${process.pid}`;
    try {
      writeFileSync(temporary, seal({ version: this.#version, summaries: Object.fromEntries(this.#used) }));
      renameSync(temporary, this.#file());
      this.#changed = false;
    } catch {
      // A full or read-only disk: the memo is only for speed.
      rmSync(temporary, { force: true });
    }
  }

  #file(): string {
    return path.join(this.#folder, "summaries.json");
  }
}
