import type { LibraryHost, StageHost } from "../protocol/library.js";
import { findPlace } from "./stage-place.js";

/** Where a process that runs stages itself puts its host. */
export const HOST_SYMBOL = Symbol.for("restage.host");

/** What a stage does when it is called: asks this process's host, or loads the engine and asks that. */
export async function callStage(stage: unknown, madeByStage: Error, runName: string): Promise<unknown> {
  const host = findHost();
  if (host !== null) {
    return host.run(stage);
  }
  const place = findPlace(madeByStage, runName === "" ? null : runName);
  if (place === null) {
    throw new Error(
      "This stage cannot be run by calling it: its place in the source is not known here, as in bundled code or with Error.stackTraceLimit = 0. " +
        "Run the program unbundled, or run the stage with `npx restage run <name>`.",
    );
  }
  const engine = await loadEngine();
  return engine.runStage(place);
}

function findHost(): StageHost | null {
  const host: unknown = Reflect.get(globalThis, HOST_SYMBOL);
  return typeof host === "object" && host !== null && "run" in host && typeof host.run === "function"
    ? (host as StageHost)
    : null;
}

/** The engine lies beside the built library. Nothing loads it until a stage is called: declaring stages costs nothing. */
async function loadEngine(): Promise<LibraryHost> {
  try {
    return (await import(new URL("./library-host.mjs", import.meta.url).href)) as LibraryHost;
  } catch (cause) {
    throw new Error(
      "Restage's engine could not be loaded from beside its library. " +
        "If this program is bundled, leave `restage` out of the bundle (mark it external); else install `restage` again.",
      { cause },
    );
  }
}
