import type { StaticValue } from "../protocol/stage.js";

/**
 * The run function's second argument: what a stage may need beside its inputs.
 *
 * @example
 * export const clean = stage({ orders }, ({ orders }, { log, progress }) => {
 *   log.info("cleaning", orders.length, "orders");
 *   return orders.map((order, i) => {
 *     progress(i / orders.length);
 *     return tidy(order);
 *   });
 * });
 */
export interface StageContext {
  /** Aborted when the run is cancelled. Hand it to `fetch` and the like, or check `signal.aborted` in long loops. */
  readonly signal: AbortSignal;
  /** Lines for the stage's log, formatted as `console.log` does. */
  readonly log: StageLog;
  /** Shows how far the stage is: `fraction` from 0 to 1, with a few words if you like. Cheap to call often. */
  readonly progress: (fraction: number, message?: string) => void;
  /** Like `Math.random()`, but seeded from the stage's code and inputs: the same stage draws the same numbers. */
  readonly random: () => number;
  /** A folder for temporary files, removed when the stage ends. */
  readonly tmp: string;
  /** The project's parameters. Prefer `param(…)` as an input: only then is the stage stale when one changes. */
  readonly params: { readonly [name: string]: StaticValue };
}

/** See `StageContext.log`. */
export interface StageLog {
  readonly info: (...what: readonly unknown[]) => void;
  readonly warn: (...what: readonly unknown[]) => void;
  readonly error: (...what: readonly unknown[]) => void;
}
