/**
 * Summaries of files by the digest of their text, kept on disk so that a start does not parse everything again. Losing it
 * costs time only. It lives in the cache folder and is written only where that already exists: opening a folder makes no
 * files.
 *
 * One line for each summary: its key, a seal over the line, the summary, and its texts after a tab. New ones are added at the end, and a line is read
 * when its summary is asked for. A line that is torn, or mixed with one of another process, does not fit its seal and counts
 * for nothing; the version of the analysis is in the seal.
 */
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { ANALYSIS_VERSION, type FileSummary } from "../core/analysis/file-summary.js";
import type { Digest } from "../protocol/ids.js";
import { packSummary, unpackSummary } from "./packed-summary.js";

/** Part of every seal: raise it when the lines are written otherwise. */
const LINE_VERSION = 2;
const TAB = 9;

/** So many lines for each one in use, and some: then the file is written anew, without those of text that is gone. */
const MOST_LINES_EACH = 3;
const MOST_LINES_MORE = 1000;

export class SummaryMemo {
  readonly #folder: string;
  readonly #version: string;
  readonly #saved = new Map<string, Buffer>();
  readonly #used = new Map<string, FileSummary>();
  #added: string[] = [];
  #lines = 0;

  constructor(cacheFolder: string, producer: string) {
    this.#folder = cacheFolder;
    this.#version = `${LINE_VERSION}/${ANALYSIS_VERSION}/${producer}`;
    try {
      this.#index(readFileSync(this.#file()));
    } catch {
      // No memo: everything is parsed again.
    }
  }

  /** The summary of a text with this digest in a file with this extension; `null`: not known. */
  find(digest: Digest, extension: string): FileSummary | null {
    const key = `${digest}${extension}`;
    const used = this.#used.get(key);
    if (used !== undefined) return used;
    const line = this.#saved.get(key);
    const summary = line === undefined ? null : this.#read(key, line);
    if (summary === null) this.#saved.delete(key);
    else this.#used.set(key, summary);
    return summary;
  }

  /** As `find`, made by `make` when it is not known. */
  get(digest: Digest, extension: string, make: () => FileSummary): FileSummary {
    const known = this.find(digest, extension);
    if (known !== null) return known;
    const key = `${digest}${extension}`;
    const summary = make();
    this.#used.set(key, summary);
    this.#added.push(key);
    return summary;
  }

  /** Writes what is new. */
  save(): void {
    if (this.#added.length === 0 || !existsSync(this.#folder)) return;
    const added = this.#added;
    this.#added = [];
    try {
      if (this.#lines + added.length > this.#used.size * MOST_LINES_EACH + MOST_LINES_MORE) this.#rewrite();
      else {
        appendFileSync(this.#file(), added.map((key) => this.#line(key)).join(""));
        this.#lines += added.length;
      }
    } catch {
      // A full or read-only disk: the memo is only for speed.
    }
  }

  #rewrite(): void {
    const temporary = `${this.#file()}.${process.pid}`;
    try {
      writeFileSync(temporary, [...this.#used.keys()].map((key) => this.#line(key)).join(""));
      renameSync(temporary, this.#file());
      this.#lines = this.#used.size;
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  }

  #index(bytes: Buffer): void {
    for (let start = 0; start < bytes.length; this.#lines++) {
      const found = bytes.indexOf(10, start);
      const end = found === -1 ? bytes.length : found;
      const space = bytes.indexOf(32, start);
      if (space > start && space < end)
        this.#saved.set(bytes.toString("latin1", start, space), bytes.subarray(start, end));
      start = end + 1;
    }
  }

  #line(key: string): string {
    const summary = this.#used.get(key);
    if (summary === undefined) return "";
    const { body, texts } = packSummary(summary);
    const written = `${body}\t${texts}`;
    return `${key} ${this.#seal(key, written)} ${written}\n`;
  }

  #read(key: string, line: Buffer): FileSummary | null {
    const start = line.indexOf(32, key.length + 1) + 1;
    const tab = line.indexOf(TAB, start);
    const seal = line.toString("latin1", key.length + 1, start - 1);
    if (tab === -1 || seal !== this.#seal(key, line.subarray(start))) return null;
    try {
      return unpackSummary(line.toString("utf8", start, tab), () => line.toString("utf8", tab + 1));
    } catch {
      return null;
    }
  }

  #seal(key: string, written: string | Buffer): string {
    return createHash("sha256").update(`${this.#version} ${key} `).update(written).digest("hex");
  }

  #file(): string {
    return path.join(this.#folder, "summaries");
  }
}
