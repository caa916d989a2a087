import { nearestName } from "../core/near-names.js";
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
  const near = nearestName(
    text,
    status.stages.map((s) => s.name),
  );
  const hint =
    near === null ? `The stages are: ${status.stages.map((s) => s.name).join(", ")}` : `Did you mean "${near}"?`;
  throw new UsageError(`There is no stage "${text}". ${hint}`);
}
