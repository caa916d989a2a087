/** Pieces of code as people see them in a diff. Nothing here is hashed. */
import type { SliceEntry } from "../../protocol/fingerprint.js";
import type { Digest } from "../../protocol/ids.js";
import { sha256 } from "../hashing.js";
import type { UnitSummary } from "./file-summary.js";

export function unitEntry(unit: UnitSummary, part: "run" | "unit", file: string, hash: Digest): SliceEntry {
  return { kind: part === "run" ? "stage" : unit.kind, name: unit.name, file, line: unit.line, hash, text: unit.text };
}

export function effectsEntry(units: readonly UnitSummary[], file: string): SliceEntry {
  return {
    kind: "effects",
    name: `top level of ${file}`,
    file,
    line: units[0]?.line ?? 1,
    hash: sha256(JSON.stringify(units.map((unit) => unit.hash))),
    text: units.map((unit) => unit.text).join("\n"),
  };
}

export function dataEntry(file: string, digest: Digest): SliceEntry {
  return { kind: "data", name: file.slice(file.lastIndexOf("/") + 1), file, line: 1, hash: digest, text: "" };
}
