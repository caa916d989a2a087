import { createHash } from "node:crypto";
import { readdirSync, readFileSync, type BigIntStats } from "node:fs";
import * as path from "node:path";
import { lookAt, quietStamp, stampOf } from "../store/file-stamp.js";
import { kindOf, listingDigest, variableDigest } from "./observations.js";
import { FIELDS, type Settled } from "./settled.js";

export interface Moment {
  /** Folder of the store, which is no part of what it lies in. */
  readonly store: string;
  readonly variables: { readonly [name: string]: string | undefined };
  readonly now: number;
}

export type Look =
  | "changed"
  | "same"
  /** The same, and places that were only touched have their new stamps now: worth writing down. */
  | "renewed";

const LARGE = 16n << 20n;

/** Whether everything a status was computed from is as it was. A file that was only touched is compared by content. */
export function lookAgain(settled: Settled, moment: Moment): Look {
  const { places, variables, from, until } = settled;
  // A clock that was set back makes every age wrong.
  if (moment.now < from || (until !== null && moment.now >= until)) return "changed";
  for (const [name, digest] of variables) {
    const value = moment.variables[name];
    if ((value === undefined ? null : variableDigest(name, value)) !== digest) return "changed";
  }
  let renewed = false;
  try {
    for (const [folder, fields] of places) {
      const before = folder.endsWith(path.sep) ? folder : folder + path.sep;
      for (let i = 0; i < fields.length; i += FIELDS) {
        const file = before + (fields[i] ?? "");
        const stat = lookAt(file);
        const stamp = fields[i + 2] ?? null;
        // The inode and its time of change are in the stamp: what it is has not changed either.
        if (stat !== null && stamp !== null && stampOf(stat) === stamp) continue;
        const kind = fields[i + 1] ?? "";
        if ((stat === null ? "absent" : kindOf(file, stat)) !== kind) return "changed";
        if (stat === null || stamp === null) continue;
        const found = compare(file, stat, { kind, evidence: fields[i + 3] ?? null }, moment.store);
        if (found === null) return "changed";
        renewed ||= found.stamp !== "";
        if (found.stamp !== "") fields[i + 2] = found.stamp;
      }
    }
  } catch {
    return "changed";
  }
  return renewed ? "renewed" : "same";
}

/** `null`: another content, or other names. Else the stamp it has now; empty while that proves nothing. */
function compare(
  file: string,
  stat: BigIntStats,
  { kind, evidence }: { readonly kind: string; readonly evidence: string | null },
  store: string,
): { readonly stamp: string } | null {
  // A large file takes long enough that it should show how far it is, which the engine does.
  if (evidence === null || stat.size > LARGE) return null;
  const at = Date.now();
  const found =
    kind === "folder"
      ? listingDigest(file, readdirSync(file, { withFileTypes: true }), store)
      : createHash("sha256").update(readFileSync(file)).digest("hex");
  if (found !== evidence) return null;
  // Written to while it was read: the content was right, the stamp says nothing.
  const after = lookAt(file);
  const unmoved = after !== null && stampOf(after) === stampOf(stat);
  return { stamp: (unmoved ? quietStamp(stat, at) : null) ?? "" };
}
