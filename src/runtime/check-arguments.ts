import { isInput } from "./input.js";

/**
 * What the types say, said again at run time for JavaScript and for code that does not type-check. Each message says what
 * to write instead.
 */
export function checkStageArguments(inputs: unknown, run: unknown, options: unknown): void {
  if (typeof inputs === "function" && !isInput(inputs)) {
    throw new TypeError("stage() takes its inputs first. Write stage({}, run) for a stage without inputs.");
  }
  if (!isPlainObject(inputs) || isInput(inputs)) {
    throw new TypeError(
      `stage(): the first argument must be an object that names the inputs, for example stage({ orders, raw: file("data/raw.csv") }, run); got ${describe(inputs)}.`,
    );
  }
  for (const [name, value] of Object.entries(inputs)) {
    // A function may be a stage in the plain form, which only its comment tells: the source was read for that.
    if (!isInput(value) && typeof value !== "function") {
      throw new TypeError(`stage(): input "${name}" is ${describe(value)}. ${adviceFor(name, value)}`);
    }
  }
  if (typeof run !== "function" || isInput(run)) {
    throw new TypeError(
      `stage(): the second argument must be the function to run, for example stage({ orders }, ({ orders }) => orders.length); got ${describe(run)}.`,
    );
  }
  if (options !== undefined && !isPlainObject(options)) {
    throw new TypeError(
      `stage(): the third argument must be an object of options, for example { ttl: "1h" }; got ${describe(options)}.`,
    );
  }
}

function adviceFor(name: string, value: unknown): string {
  if (value === undefined) {
    return "A stage must be declared before the stages that use it, and two modules must not import each other's stages.";
  }
  if (value instanceof Promise) {
    return `Name the stage itself: write ${name}, not ${name}().`;
  }
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
    return `Write param("${name}", ${JSON.stringify(value)}) for a value that can change, or file("…") for a file; constants can simply be used inside the run function.`;
  }
  return "An input is a stage, a view of a stage, or one of file(), files(), param() and env().";
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== "object" || value === null) {
    return false;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function describe(value: unknown): string {
  if (value === null || value === undefined) {
    return String(value);
  }
  if (isInput(value)) {
    return typeof value === "function" ? "a stage" : "a single input";
  }
  if (Array.isArray(value)) {
    return "an array";
  }
  return value instanceof Promise ? "a promise" : `a value of type ${typeof value}`;
}
