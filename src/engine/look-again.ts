import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { lookAt, quietStamp, stampOf } from "../store/file-stamp.js";
import { kindOf, listingDigest, variableDigest, type Observation } from "./observations.js";
import type { Settled } from "./settled.js";

export interface Moment {
  /** Folder of the store, which is no part of what it lies in. */
  readonly store: string;
  readonly variables: { readonly [name: string]: string | undefined };
  readonly now: number;
}

/**
 * Whether everything a status was computed from is as it was: `null` when not. A file that was only touched is read and
 * compared by content; the answer has its new stamps then, so that it need not be read the next time.
 */
export function lookAgain(settled: Settled, { store, variables, now }: Moment): Settled | null {
  const { observed, from, until } = settled;
  // A clock that was set back makes every age wrong.
  if (now < from || (until !== null && now >= until)) return null;
  for (const [name, digest] of observed.variables) {
    const value = variables[name];
    if ((value === undefined ? null : variableDigest(name, value)) !== digest) return null;
  }
  const renewed = new Map<string, Observation>();
  try {
    for (const [file, place] of observed.places) {
      const seen = look(file, place, store);
      if (seen === null) return null;
      if (seen !== place) renewed.set(file, seen);
    }
  } catch {
    return null;
  }
  if (renewed.size === 0) return settled;
  return { ...settled, observed: { ...observed, places: new Map([...observed.places, ...renewed]) } };
}

/** The same observation, one with a new stamp, or `null`: something else is there. */
function look(file: string, place: Observation, store: string): Observation | null {
  const stat = lookAt(file);
  if (stat === null) return place.kind === "absent" ? place : null;
  if (kindOf(file, stat) !== place.kind) return null;
  if (place.stamp === null || stampOf(stat) === place.stamp) return place;
  if (place.evidence === null) return null;
  const at = Date.now();
  const evidence =
    place.kind === "folder"
      ? listingDigest(file, readdirSync(file, { withFileTypes: true }), store)
      : createHash("sha256").update(readFileSync(file)).digest("hex");
  if (evidence !== place.evidence) return null;
  // Too young still, or written to while it was read: the content was right, the stamp says nothing.
  const after = lookAt(file);
  const stamp = after !== null && stampOf(after) === stampOf(stat) ? quietStamp(stat, at) : null;
  return stamp === null ? place : { ...place, stamp };
}
