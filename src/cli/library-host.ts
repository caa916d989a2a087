/** `await large()` in a plain Node program: finds the stage that the call belongs to, runs what is needed, returns the value. */
import { randomUUID } from "node:crypto";
import * as path from "node:path";
import { describeFailure } from "../core/describe.js";
import type { Failure } from "../protocol/failure.js";
import type { RunId } from "../protocol/ids.js";
import type { LibraryHost, StagePlace } from "../protocol/library.js";
import type { StageStatus } from "../protocol/status.js";
import { realPath } from "../engine/project-root.js";
import type { Materialised } from "../engine/run-plan.js";
import { decodeValue } from "../store/codec.js";
import { StoredStream } from "../store/stored-stream.js";
import { locateProject, openEngine } from "./assemble.js";

/** A stage that could not give its value. `failure` is the same data the command line and the editor show. */
export class StageError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(describeFailure(failure));
    this.name = "StageError";
    this.failure = failure;
  }
}

export const runStage: LibraryHost["runStage"] = async (place) => {
  const file = realPath(place.file);
  const located = locateProject(path.dirname(file));
  if ("problem" in located) throw new Error(located.problem);
  const engine = await openEngine(located.root);
  try {
    const project = await engine.project(located.root);
    const stage = findStage((await project.status()).stages, { ...place, file });
    const { session, finish } = await project.startRun(
      { stages: [stage.id], downstream: false, force: false },
      randomUUID() as string as RunId,
    );
    const value = await session.value(stage.id);
    const kept =
      !("reason" in value) && value.path === project.store.objectPath(value.stored.digest, value.stored.format);
    const decoded = "reason" in value ? value : { value: await valueOf(value, { kept, projectRoot: located.root }) };
    await finish();
    if ("reason" in decoded) throw new StageError(decoded);
    return decoded.value;
  } finally {
    await engine.close();
  }
};

/** A stage without a cache leaves nothing on disk when the run ends: what would be read later is read now. */
async function valueOf(
  { stored, path }: Materialised,
  { kept, projectRoot }: { readonly kept: boolean; readonly projectRoot: string },
): Promise<unknown> {
  if (!kept && stored.kind === "file")
    throw new Error(
      "The stage has the option cache: false, so that its file is gone when the run has ended. Remove the option, or write the file to a place of your own.",
    );
  const value = await decodeValue(stored, path, { as: "value" }, { projectRoot });
  if (kept || stored.kind !== "stream") return value;
  const items: unknown[] = [];
  for await (const item of value as AsyncIterable<unknown>) items.push(item);
  return new StoredStream(async function* () {
    yield await Promise.resolve(items);
  });
}

/** The stage whose statement holds the place. Lines are the same under every loader; columns may not be. */
function findStage(stages: readonly StageStatus[], place: StagePlace): StageStatus {
  const inFile = stages.filter((s) => s.file === place.file);
  const here = inFile.filter((s) => s.range.line <= place.line && place.line <= s.range.endLine);
  // Several on one line are told apart by the function's name, or by the column where the loader kept it.
  const found =
    here.find((s) => s.name === place.exportHint) ??
    here.findLast((s) => s.range.line < place.line || s.range.column <= place.column) ??
    here[0];
  if (found !== undefined) return found;
  const known =
    inFile.length === 0
      ? "that file declares no stages that can be found by reading it"
      : `the stages there are ${inFile.map((s) => s.name).join(", ")}`;
  throw new Error(
    `The stage called at ${place.file}:${place.line} was not found in the source: ${known}. Declare it as an exported constant, and run the source itself and not a bundled copy.`,
  );
}
