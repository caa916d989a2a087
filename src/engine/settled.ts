/**
 * A status written down with everything it was computed from, so that the next process need only look whether all of that
 * is as it was: thousands of `lstat`s instead of reading, parsing and hashing. Invariant: it is used only where every place
 * and every variable gives the answer the engine got; a file that is damaged, or of another build, is as if it were not there.
 */
import { createHash } from "node:crypto";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { lookAt, stampOf } from "../store/file-stamp.js";
import type { Observed } from "./observations.js";

/** Texts that the face which wrote it wants back, by name. */
export type Pages = { readonly [name: string]: string };

/**
 * A folder, and in a row for each place in it four fields: its name, kind, stamp and evidence (see `Observation`). Not objects,
 * because there are thousands of them in a process that lives for milliseconds.
 */
export type FolderPlaces = readonly [folder: string, fields: (string | null)[]];
export const FIELDS = 4;

export interface Settled {
  readonly places: readonly FolderPlaces[];
  /** Digests of values by variable; `null`: not set. */
  readonly variables: readonly (readonly [string, string | null])[];
  /** Milliseconds since 1970: it holds from when it was written until a result outlives its time. `null`: none will. */
  readonly from: number;
  readonly until: number | null;
  readonly pages: Pages;
}

/** What it must have been written by and for, besides what was observed. */
export interface Maker {
  readonly root: string;
  /** Folder of the bundle that computes statuses: another build may compute another status. */
  readonly dist: string;
  /** Its version and kind: stages run on it. */
  readonly node: string;
}

const FORMAT = 1;
const NAME = "settled";

interface Header {
  readonly format: number;
  readonly maker: string;
  readonly from: number;
  readonly until: number | null;
  readonly variables: readonly (readonly [string, string | null])[];
  /** Bytes of the places, then of each page. */
  readonly places: number;
  readonly pages: readonly (readonly [string, number])[];
}

/** Writes it into the store's folder, where that exists. Losing it costs time only. */
export function writeSettled(store: string, maker: Maker, settled: Settled): void {
  const file = path.join(store, NAME);
  const temporary = `${file}.${process.pid}`;
  try {
    if (lookAt(store)?.isDirectory() !== true) return;
    writeFileSync(temporary, encode(maker, settled), { mode: 0o600 });
    renameSync(temporary, file);
  } catch {
    // A full or read-only disk.
    rmSync(temporary, { force: true });
  }
}

/** `null`: there is none, or not one of this maker that is whole. */
export function readSettled(store: string, maker: Maker): Settled | null {
  try {
    if (lookAt(store)?.isDirectory() !== true) return null;
    return decode(readFileSync(path.join(store, NAME)), maker);
  } catch {
    return null;
  }
}

function encode(maker: Maker, { places: found, variables, from, until, pages }: Settled): Buffer {
  const places = Buffer.from(JSON.stringify(found));
  const texts = Object.entries(pages).map(([name, text]) => [name, Buffer.from(text)] as const);
  const header: Header = {
    format: FORMAT,
    maker: describeMaker(maker),
    from,
    until,
    variables,
    places: places.length,
    pages: texts.map(([name, bytes]) => [name, bytes.length]),
  };
  const body = Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), places, ...texts.map(([, bytes]) => bytes)]);
  return Buffer.concat([body, createHash("sha256").update(body).digest()]);
}

function decode(file: Buffer, maker: Maker): Settled | null {
  const body = file.subarray(0, file.length - 32);
  if (
    file.length < 32 ||
    !createHash("sha256")
      .update(body)
      .digest()
      .equals(file.subarray(file.length - 32))
  )
    return null;
  const start = body.indexOf("\n") + 1;
  const header = JSON.parse(body.toString("utf8", 0, start)) as Header;
  if (header.format !== FORMAT || header.maker !== describeMaker(maker)) return null;
  let at = start + header.places;
  const places = JSON.parse(body.toString("utf8", start, at)) as readonly FolderPlaces[];
  const pages: Record<string, string> = {};
  for (const [name, length] of header.pages) {
    const from = at;
    // A page may be large and only one is asked for.
    Object.defineProperty(pages, name, { enumerable: true, get: () => body.toString("utf8", from, from + length) });
    at += length;
  }
  const { from, until, variables } = header;
  return { places, variables, from, until, pages };
}

function describeMaker({ root, dist, node }: Maker): string {
  const bundle = lookAt(path.join(dist, "cli.mjs"));
  return JSON.stringify([root, dist, bundle === null ? null : stampOf(bundle), node]);
}

/** What was observed, folder by folder in the order of names: neighbours on disk are looked at one after the other. */
export function byFolder(places: Observed["places"]): FolderPlaces[] {
  const folders = new Map<string, (string | null)[]>();
  for (const file of [...places.keys()].sort()) {
    const place = places.get(file);
    const folder = path.dirname(file);
    const fields = folders.get(folder) ?? [];
    folders.set(folder, fields);
    if (place !== undefined) fields.push(path.basename(file), place.kind, place.stamp, place.evidence);
  }
  return [...folders];
}
