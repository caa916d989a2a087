import type { StaticValue } from "../protocol/stage.js";
import { makeInput } from "./input.js";
import type { Input } from "./input.js";

/**
 * A file the stage reads. The run function gets its absolute path; the stage is stale when the file's content changes.
 *
 * @param path relative to the project root (the folder of the nearest `package.json`), written as a literal.
 * @example
 * export const orders = stage({ raw: file("data/orders.csv") }, async ({ raw }) => parseCsv(await readFile(raw, "utf8")));
 */
export function file(path: string): Input<string> {
  requireText(path, "file", "a path", 'file("data/orders.csv")');
  return makeInput({ kind: "file", path });
}

/**
 * All files that match a glob pattern. The run function gets their absolute paths, sorted; the stage is stale when a file
 * is added, removed or changed.
 *
 * @param pattern relative to the project root, written as a literal.
 * @example
 * export const logs = stage({ paths: files("data/logs/*.json") }, async ({ paths }) => Promise.all(paths.map(readJson)));
 */
export function files(pattern: string): Input<readonly string[]> {
  requireText(pattern, "files", "a glob pattern", 'files("data/*.csv")');
  return makeInput({ kind: "files", pattern });
}

/**
 * A parameter: its value comes from `params` in `restage.json` or from the command line, else it is the default. The stage
 * is stale when the value changes.
 *
 * @param defaultValue a literal (text, number, boolean, `null`, or an array or object of these); its type is the parameter's type.
 * @example
 * export const large = stage({ orders, min: param("min", 100) }, ({ orders, min }) => orders.filter((o) => o.total >= min));
 */
export function param<T>(name: string, defaultValue: T): Input<T> {
  requireText(name, "param", "a name", 'param("min", 100)');
  if (!isStaticValue(defaultValue)) {
    throw new TypeError(
      `param("${name}", …): the default must be a string, number, boolean, null, or an array or plain object of these; got ${nameOf(defaultValue)}.`,
    );
  }
  return makeInput({ kind: "param", param: name, default: defaultValue });
}

/**
 * An environment variable. The stage is stale when its value changes; the value itself is never written to the cache.
 * Without a default the run function gets `undefined` where the variable is not set.
 *
 * @example
 * export const rates = stage({ url: env("RATES_URL", "https://example.org/rates.json") }, async ({ url }) => (await fetch(url)).json());
 */
export function env(variable: string): Input<string | undefined>;
export function env(variable: string, defaultValue: string): Input<string>;
export function env(variable: string, defaultValue?: string): Input<string | undefined> {
  requireText(variable, "env", "a variable's name", 'env("REGION", "eu")');
  if (defaultValue !== undefined && typeof (defaultValue as unknown) !== "string") {
    throw new TypeError(
      `env("${variable}", …): the default must be a string, as variables are; got ${nameOf(defaultValue)}.`,
    );
  }
  return makeInput({ kind: "env", variable, default: defaultValue ?? null });
}

function requireText(value: unknown, maker: string, what: string, example: string): void {
  if (typeof value === "string" && value !== "") {
    return;
  }
  throw new TypeError(`${maker}() needs ${what}, for example ${example}; got ${nameOf(value)}.`);
}

function isStaticValue(value: unknown): value is StaticValue {
  if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
    return true;
  }
  if (typeof value !== "object") {
    return false;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  const plain = Array.isArray(value) || prototype === Object.prototype || prototype === null;
  return plain && Object.values(value).every(isStaticValue);
}

function nameOf(value: unknown): string {
  if (value === "") {
    return "an empty string";
  }
  if (value === null || value === undefined) {
    return String(value);
  }
  return Array.isArray(value) ? "an array" : `a value of type ${typeof value}`;
}
