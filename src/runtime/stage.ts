import type { View } from "../protocol/stage.js";
import { checkStageArguments } from "./check-arguments.js";
import type { StageContext } from "./context.js";
import { callStage } from "./host.js";
import { INPUT_MARK, makeInput } from "./input.js";
import type { Input, Inputs, InputValues } from "./input.js";
import type { StageOptions } from "./options.js";
import type { StageValue } from "./stage-value.js";
import type { FileView, RowOf, TableViews } from "./views.js";

/** Any run function. */
export type RunFunction = (inputs: never, context: never) => unknown;

/**
 * One step of a pipeline, with the value type `T`. Name it as another stage's input, call it to get its value
 * (`await large()`), or test its function alone (`large.fn({ orders, min: 1 })`).
 */
export type Stage<T, Run extends RunFunction = RunFunction> = StageBase<T, Run> &
  FileView &
  ([RowOf<T>] extends [never] ? unknown : TableViews<T>);

export interface StageBase<T, Run extends RunFunction> extends Input<T> {
  /** Gives the stage's value: from the cache where that is true, else by running what is needed. */
  (): Promise<T>;
  /** The run function as written, for unit tests: no cache, no other process. */
  readonly fn: Run;
  readonly options: StageOptions;
}

/**
 * Declares a stage: a function whose result is kept, and made again only when its code, an input or a parameter changed.
 * Export it from its module.
 *
 * @param inputs what the function gets, by name: other stages, `file`, `files`, `param`, `env`.
 * @param run gets the inputs' values under the same names, and a `StageContext`. Returns rows, an Arrow table, bytes, text or
 *   any JSON-like value, or a promise of one; or it is an `async function*` that yields rows or record batches, for data larger than
 *   memory, which other stages get as an async iterable.
 * @example
 * export const orders = stage({ raw: file("data/orders.csv") }, async ({ raw }) => parseOrders(await readFile(raw, "utf8")));
 *
 * export const large = stage({ orders, min: param("min", 100) }, ({ orders, min }) =>
 *   orders.filter((order) => order.total >= min));
 */
export function stage<I extends Inputs, Run extends (inputs: InputValues<I>, context: StageContext) => unknown>(
  inputs: I,
  run: Run,
  options?: StageOptions,
): Stage<StageValue<Awaited<ReturnType<Run>>>, Run> {
  checkStageArguments(inputs, run, options);
  // Made here and not in a helper: `findPlace` counts frames.
  const here = new Error("stage() was called here");
  const view = (seen: View): Input<unknown> => makeInput({ kind: "view", stage: self, view: seen });
  const self = Object.assign(() => callStage(self, here, run.name), {
    [INPUT_MARK]: true,
    [STAGE_MARK]: true,
    fn: run,
    inputs,
    options: options ?? {},
    rows: () => view({ as: "rows" }),
    table: () => view({ as: "table" }),
    stream: () => view({ as: "stream" }),
    path: () => view({ as: "path" }),
    columns: (...columns: readonly string[]) => view({ as: "columns", columns }),
  });
  return Object.freeze(self) as unknown as Stage<StageValue<Awaited<ReturnType<Run>>>, Run>;
}

/** On every stage, whichever copy of this library made it. */
const STAGE_MARK = Symbol.for("restage.stage");

/** True for a stage, whichever copy of this library made it. */
export function isStage(value: unknown): value is { readonly fn: (inputs: object, context: StageContext) => unknown } {
  return typeof value === "function" && STAGE_MARK in value && "fn" in value && typeof value.fn === "function";
}
