/**
 * What a status was computed from, as things that can be looked at again: each place on disk with what was there, and each
 * environment variable. Invariant: where the same place gave two answers while the status was computed, there are no
 * observations at all, because nobody knows which answer counted.
 */
import { createHash } from "node:crypto";
import { readdirSync, readlinkSync, type BigIntStats, type Dirent } from "node:fs";
import * as path from "node:path";
import { lookAt, quietStamp, storeStamp } from "../store/file-stamp.js";
import type { Witness } from "../store/witness.js";

/** What `lstat` finds: `>` and where it leads, for a link. */
export type Kind = "absent" | "file" | "folder" | "other" | `>${string}`;

export interface Observation {
  readonly kind: Kind;
  /** `null`: only the kind counts. Empty: too young to be told from a later change by its status. */
  readonly stamp: string | null;
  /** Digest of the content or of the names; `null`: the stamp alone vouches for it. */
  readonly evidence: string | null;
}

export interface Observed {
  readonly places: ReadonlyMap<string, Observation>;
  /** Digests of values by variable; `null`: not set. */
  readonly variables: ReadonlyMap<string, string | null>;
}

/** More names looked for in one folder in vain are told from its listing with one look. */
const FEW = 3;

export class Observations implements Witness {
  readonly #store: string;
  readonly #places = new Map<string, Observation>();
  readonly #variables = new Map<string, string | null>();
  readonly #histories = new Set<string>();
  #clear = true;

  /** `store`: folder of the results. It is written to while statuses are computed, and the last answer is the one that counted. */
  constructor(store: string) {
    this.#store = store;
  }

  saw(file: string, stat: BigIntStats | null): void {
    if (stat === null) this.#sawNothing(file);
    else this.#add(file, { kind: kindOf(file, stat), stamp: null, evidence: null });
  }

  read(file: string, stat: BigIntStats, at: number, digest: string): void {
    const stamp = this.#inStore(file) ? storeStamp(stat, at) : quietStamp(stat, at);
    this.#add(file, { kind: "file", stamp: stamp ?? "", evidence: digest });
  }

  listed(folder: string, stat: BigIntStats, at: number, entries: readonly Dirent[]): void {
    const evidence = listingDigest(folder, entries, this.#store);
    this.#add(folder, { kind: "folder", stamp: quietStamp(stat, at) ?? "", evidence });
  }

  history(folder: string, stat: BigIntStats, at: number, entries: readonly Dirent[]): void {
    this.#histories.add(folder);
    this.listed(folder, stat, at, entries);
  }

  verified(file: string, stat: BigIntStats, at: number): void {
    const stamp = storeStamp(stat, at);
    // Too young to be trusted by its status, and too large to be read each time.
    if (stamp === null) this.#clear = false;
    else this.#add(file, { kind: "file", stamp, evidence: null });
  }

  cannotTell(): void {
    this.#clear = false;
  }

  /** The variables, each noted when it is asked for. */
  watchVariables<T extends { readonly [name: string]: string | undefined }>(variables: T): T {
    return new Proxy(variables, {
      get: (target, name) => {
        const value = typeof name === "string" ? target[name] : undefined;
        if (typeof name === "string")
          this.#variables.set(name, value === undefined ? null : variableDigest(name, value));
        return value;
      },
    });
  }

  /** `null`: what the status was computed from cannot be told. `histories`: whether earlier results counted for any stage. */
  all({ histories }: { readonly histories: boolean }): Observed | null {
    try {
      const places = this.#clear ? this.#reduced() : null;
      if (places !== null && !histories) for (const folder of this.#histories) places.delete(folder);
      return places === null ? null : { places, variables: this.#variables };
    } catch {
      // A folder went at this moment.
      return null;
    }
  }

  #add(file: string, seen: Observation): void {
    const known = this.#places.get(file);
    if (this.#inStore(file)) {
      if (known !== undefined && seen.stamp === null && known.kind === seen.kind) return;
      this.#places.set(file, seen);
      // Made since it was looked for in vain.
      for (
        let folder = path.dirname(file);
        seen.kind !== "absent" && this.#inStore(folder);
        folder = path.dirname(folder)
      )
        if (this.#places.get(folder)?.kind === "absent") this.#places.delete(folder);
    } else if (known === undefined) this.#places.set(file, seen);
    else if (known.kind !== seen.kind) this.#clear = false;
    else if (seen.stamp === null) return;
    else if (known.evidence !== null && known.evidence !== seen.evidence) this.#clear = false;
    else this.#places.set(file, seen);
  }

  /** Where the folder is missing too, that says all. */
  #sawNothing(file: string): void {
    const folder = path.dirname(file);
    const known = this.#places.get(folder);
    if (known === undefined && folder !== file) this.saw(folder, lookAt(folder));
    const kind = this.#places.get(folder)?.kind;
    // A parent that is gone is itself in the list, or covered by one of its own.
    if (kind === undefined || kind === "absent") return;
    this.#add(file, { kind: "absent", stamp: null, evidence: null });
  }

  #inStore(file: string): boolean {
    return (
      file.startsWith(this.#store) && (file.length === this.#store.length || file[this.#store.length] === path.sep)
    );
  }

  /** Without what a listing of the folder says anyway. */
  #reduced(): Map<string, Observation> | null {
    const missing = new Map<string, string[]>();
    for (const [file, { kind }] of this.#places) {
      const folder = path.dirname(file);
      if (kind === "absent" && !this.#isListed(folder)) missing.set(folder, [...(missing.get(folder) ?? []), file]);
    }
    for (const [folder, files] of missing) {
      if (files.length <= FEW || this.#places.get(folder)?.kind !== "folder") continue;
      const at = Date.now();
      const stat = lookAt(folder);
      if (stat?.isDirectory() !== true) return null;
      const entries = readdirSync(folder, { withFileTypes: true });
      const names = new Set(entries.map((entry) => entry.name));
      if (files.some((file) => names.has(path.basename(file)))) return null;
      this.listed(folder, stat, at, entries);
    }
    if (!this.#clear) return null;
    return new Map(
      [...this.#places].filter(([file, { stamp }]) => stamp !== null || !this.#isListed(path.dirname(file))),
    );
  }

  #isListed(folder: string): boolean {
    const place = this.#places.get(folder);
    return place?.kind === "folder" && place.evidence !== null;
  }
}

export function kindOf(file: string, stat: BigIntStats): Kind {
  if (stat.isFile()) return "file";
  if (stat.isDirectory()) return "folder";
  return stat.isSymbolicLink() ? `>${readlinkSync(file)}` : "other";
}

/** One text for the names in a folder, what each is, and where links among them lead. */
export function listingDigest(folder: string, entries: readonly Dirent[], store: string): string {
  const lines = entries
    .filter((entry) => path.join(folder, entry.name) !== store)
    .map((entry) => {
      const kind = entry.isFile() ? "f" : entry.isDirectory() ? "d" : entry.isSymbolicLink() ? "l" : "o";
      return JSON.stringify([entry.name, kind, kind === "l" ? readlinkSync(path.join(folder, entry.name)) : ""]);
    })
    .sort();
  return createHash("sha256").update(lines.join("\n")).digest("hex");
}

export function variableDigest(name: string, value: string): string {
  return createHash("sha256").update(`${name}\0${value}`).digest("hex");
}
