import { createHash } from "node:crypto";
import { readdirSync, type BigIntStats, type Dirent } from "node:fs";
import { isAbsence, listFolder, readPlain } from "./durable-file.js";
import { lookAt, stampOf } from "./file-stamp.js";
import type { Witness } from "./witness.js";

/** Reading of the store's own files for a status: the witness, if there is one, is told of each. */
export class WitnessedFiles {
  readonly #witness: Witness | null;

  constructor(witness: Witness | null) {
    this.#witness = witness;
  }

  get watched(): boolean {
    return this.#witness !== null;
  }

  /** As `readPlain`. */
  async read(path: string): Promise<string | null> {
    if (this.#witness === null) return readPlain(path);
    const at = Date.now();
    const before = this.#look(path);
    const text = await readPlain(path);
    if (before === null && text === null) return null;
    const after = this.#look(path);
    if (text !== null && before !== null && after !== null && stampOf(before) === stampOf(after))
      this.#witness.read(path, before, at, createHash("sha256").update(text, "utf8").digest("hex"));
    else this.#witness.cannotTell();
    return text;
  }

  /** As `listFolder`. */
  list(path: string): Promise<readonly string[]> {
    return this.#list(path, (stat, at, entries) => this.#witness?.listed(path, stat, at, entries));
  }

  /** As `listFolder`, of a stage's history. */
  history(path: string): Promise<readonly string[]> {
    return this.#list(path, (stat, at, entries) => this.#witness?.history(path, stat, at, entries));
  }

  async #list(
    path: string,
    tell: (stat: BigIntStats, at: number, entries: readonly Dirent[]) => void,
  ): Promise<readonly string[]> {
    if (this.#witness === null) return listFolder(path);
    const at = Date.now();
    const before = this.#look(path);
    if (before === null) return [];
    try {
      const entries = readdirSync(path, { withFileTypes: true });
      tell(before, at, entries);
      return entries.map((entry) => entry.name);
    } catch (error) {
      this.#witness.cannotTell();
      if (isAbsence(error)) return [];
      throw error;
    }
  }

  verified(path: string, stat: BigIntStats, at: number): void {
    this.#witness?.verified(path, stat, at);
  }

  /** What was found cannot be told by looking at the file again: it was damaged, or it was gone. */
  cannotTell(): void {
    this.#witness?.cannotTell();
  }

  #look(path: string): BigIntStats | null {
    try {
      const stat = lookAt(path);
      this.#witness?.saw(path, stat);
      return stat;
    } catch {
      this.#witness?.cannotTell();
      return null;
    }
  }
}
