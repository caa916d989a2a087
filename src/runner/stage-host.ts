import type { StageHost } from "../protocol/library.js";
import { HOST_SYMBOL } from "../runtime/host.js";

/**
 * Makes `await large()` fail inside a run: the value would come in by a way that no key sees, and the stage would be shown
 * as fresh when `large` changes. `nameOf` finds a stage's name once the bundle is loaded.
 */
export function installStageHost(nameOf: (stage: unknown) => string | null): void {
  const host: StageHost = {
    run: (stage) => {
      const name = nameOf(stage);
      const what = name === null ? "A stage" : `The stage "${name}"`;
      const input = name === null || name === "default" ? "orders" : name;
      return Promise.reject(
        new Error(
          `${what} was called while Restage runs the pipeline. Inside a stage, declare it as an input: stage({ ${input} }, ({ ${input} }) => …). ` +
            "In a module's own code, move the call to a script that imports the pipeline.",
        ),
      );
    },
  };
  // User code must not put another host in its place by accident, for example by loading a second copy of a tool.
  Object.defineProperty(globalThis, HOST_SYMBOL, { value: host, enumerable: false });
}
