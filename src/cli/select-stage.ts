import type { StageId } from "../protocol/ids.js";
import type { ProjectStatus } from "../protocol/status.js";
import { UsageError } from "./exit-codes.js";

/** The stage a person means: its id, or its export name where that is unique. */
export function selectStage(status: ProjectStatus, text: string): StageId {
  const exact = status.stages.find((s) => s.id === text);
  if (exact !== undefined) return exact.id;
  const named = status.stages.filter((s) => s.name === text);
  const only = named[0];
  if (named.length === 1 && only !== undefined) return only.id;
  if (named.length > 1)
    throw new UsageError(
      `"${text}" is the name of ${named.length} stages. Say which: ${named.map((s) => s.id).join(", ")}`,
    );
  if (status.stages.length === 0) throw new UsageError(`There is no stage "${text}": this project has no stages yet.`);
  const near = nearest(
    text,
    status.stages.map((s) => s.name),
  );
  const hint =
    near === null ? `The stages are: ${status.stages.map((s) => s.name).join(", ")}` : `Did you mean "${near}"?`;
  throw new UsageError(`There is no stage "${text}". ${hint}`);
}

/** The name nearest to what was typed, when it is near enough to be meant. */
export function nearest(text: string, names: readonly string[]): string | null {
  let best: { name: string; distance: number } | null = null;
  for (const name of names) {
    const distance = editDistance(text.toLowerCase(), name.toLowerCase());
    if (best === null || distance < best.distance) best = { name, distance };
  }
  return best !== null && best.distance <= Math.max(2, Math.floor(text.length / 3)) ? best.name : null;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(substitution, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}
