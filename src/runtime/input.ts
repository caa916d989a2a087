import type { StaticValue, View } from "../protocol/stage.js";
import type { StageValue } from "./stage-value.js";

declare const valueType: unique symbol;

/**
 * Something a stage can name as an input. `T` is what the run function gets for it. Made by `file`, `files`, `param`, `env`,
 * or by naming another stage, as it is or through a view such as `.columns(…)`.
 */
export interface Input<out T> {
  /** Exists for the type checker only. */
  readonly [valueType]: T;
}

/**
 * A stage in the plain form: an exported function with a `@stage` comment. That it has one is read from the source: naming
 * another function as an input is an error that Restage shows there.
 */
export type PlainStage = (...inputs: never) => unknown;

/** The first argument of `stage`: inputs by the name under which the run function gets them. */
export interface Inputs {
  readonly [name: string]: Input<unknown> | PlainStage;
}

/** What the run function gets for its inputs: the same names, with the values' types. */
export type InputValues<I> = { readonly [Name in keyof I]: InputValue<I[Name]> };

type InputValue<I> =
  I extends Input<infer T> ? T : I extends (...inputs: never) => infer R ? StageValue<Awaited<R>> : never;

/** What an input is at run time. Nothing here is read from it to decide freshness: that is read from the source. */
export type InputSpec =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "files"; readonly pattern: string }
  | { readonly kind: "param"; readonly param: string; readonly default: StaticValue }
  | { readonly kind: "env"; readonly variable: string; readonly default: string | null }
  | { readonly kind: "view"; readonly stage: unknown; readonly view: View };

/** On every input and stage. A registered symbol, because a program may hold two copies of this library. */
export const INPUT_MARK = Symbol.for("restage.input");

/** The only place that claims a value's type for an input: what keeps the claim is the host that passes the value. */
export function makeInput<T>(spec: InputSpec): Input<T> {
  return Object.freeze({ ...spec, [INPUT_MARK]: true }) as unknown as Input<T>;
}

/** True for anything made by this library that can stand in an inputs object. */
export function isInput(value: unknown): value is Input<unknown> {
  return (typeof value === "object" || typeof value === "function") && value !== null && INPUT_MARK in value;
}
