import { isSettled } from "../core/settled.js";
import type { Project } from "../engine/project.js";
import { byFolder, writeSettled, type Maker } from "../engine/settled.js";
import { statusText, viewOf } from "./commands/status.js";

/**
 * Writes the newest status down for the next process, with all it was computed from. What a process that has done something
 * says of stages that are not settled may rest on what only it remembers, so that is not kept.
 */
export async function keepSettled(project: Project, maker: Maker): Promise<void> {
  const status = await project.status();
  const observed = project.observed();
  if (observed === null) return;
  if (status.revision > 1 && !status.stages.every(({ state }) => isSettled(state))) return;
  writeSettled(project.store.folder, maker, {
    places: byFolder(observed.places),
    variables: [...observed.variables],
    from: Date.now(),
    until: project.expiry(),
    pages: { view: JSON.stringify(viewOf(status)), json: statusText(status) },
  });
}
