/**
 * JSON that keeps what JSON loses. Ordinary JSON is written as ordinary JSON; anything else becomes
 * `{ "$restage": [tag, …] }`, and a user's own object that has the key `$restage` is itself tagged, so the two cannot be confused.
 *
 * Tags (version 1): `undefined`, `number` (NaN, Infinity, -Infinity, -0), `bigint`, `date` (ms, `null` when invalid), `map`, `set`,
 * `bytes` (class name, base64), `regexp`, `array` (with holes: length, then index and item), `object` (prototype kept: `plain` or
 * `null`; then key and value).
 */
import { className, describeValue, isExactly, isPlainObject, setOwn } from "./plain-values.js";
import { UnstorableValueError } from "./codec-errors.js";

const TAG = "$restage";
const MAX_DEPTH = 1000;

const BINARY = {
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
} as const;

/** The value as JSON text. `where` begins the sentence of an error, for example `Row 3, column "total"`. */
export function stringifyTagged(value: unknown, where: string): string {
  const tagged = tag(value, where, "", 0);
  let text: string | undefined;
  try {
    text = JSON.stringify(tagged);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UnstorableValueError(
      `${where}: the value is too large for JSON (${error.message}). Return rows (an array of plain objects) or bytes instead.`,
    );
  }
  return text;
}

/** The value that `stringifyTagged` was given. */
export function parseTagged(text: string): unknown {
  const value: unknown = JSON.parse(text);
  return text.includes(`"${TAG}"`) ? untag(value) : value;
}

/** Copies only where something must be tagged, so that ordinary JSON costs one walk and no memory. */
function tag(value: unknown, where: string, path: string, depth: number): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { [TAG]: ["number", Object.is(value, -0) ? "-0" : String(value)] };
    case "undefined":
      return { [TAG]: ["undefined"] };
    case "bigint":
      return { [TAG]: ["bigint", value.toString()] };
    case "object":
      return value === null ? null : tagObject(value, where, path, depth + 1);
    case "function":
    case "symbol":
      throw refuse(where, path, value, "only data can be stored: leave it out of what the stage returns");
  }
}

function tagObject(value: object, where: string, path: string, depth: number): unknown {
  if (depth > MAX_DEPTH) {
    throw new UnstorableValueError(
      `${where}${at(path.slice(0, 80))} refers to itself or is nested deeper than ${MAX_DEPTH} levels, which cannot be stored. Return it flat, with identifiers instead of references.`,
    );
  }
  if (Object.getOwnPropertySymbols(value).length > 0) {
    throw refuse(
      where,
      path,
      value,
      "it has a property whose name is a symbol, which would be lost: use a text as its name",
    );
  }
  if (Array.isArray(value)) return tagArray(value, where, path, depth);
  if (isPlainObject(value)) return tagPlain(value, where, path, depth);
  const extra = Object.keys(value).length;
  if (isExactly(value, Map) && extra === 0) {
    const entries = [...value].map(([key, item], index) => [
      tag(key, where, `${path}.key(${index})`, depth),
      tag(item, where, `${path}.value(${index})`, depth),
    ]);
    return { [TAG]: ["map", ...entries] };
  }
  if (isExactly(value, Set) && extra === 0) {
    return { [TAG]: ["set", ...[...value].map((item, index) => tag(item, where, `${path}.item(${index})`, depth))] };
  }
  if (isExactly(value, Date) && extra === 0) {
    const time = value.getTime();
    return { [TAG]: ["date", Number.isNaN(time) ? null : time] };
  }
  if (isExactly(value, RegExp) && extra === 0 && value.lastIndex === 0)
    return { [TAG]: ["regexp", value.source, value.flags] };
  const binary = tagBinary(value);
  if (binary !== null) return binary;
  if (value instanceof Promise) throw refuse(where, path, value, "it was not awaited: write `await` before it");
  throw refuse(
    where,
    path,
    value,
    "an instance of a class would come back without its class: return a plain object with its data, for example { ...instance }",
  );
}

function tagArray(value: readonly unknown[], where: string, path: string, depth: number): unknown {
  if (Object.getPrototypeOf(value) !== Array.prototype) {
    throw refuse(
      where,
      path,
      value,
      `an instance of ${className(value)} would come back as a plain array: return Array.from(it)`,
    );
  }
  const keys = Object.keys(value);
  if (keys.length !== value.length || (keys.length > 0 && keys[keys.length - 1] !== String(value.length - 1))) {
    if (keys.some((key) => String(Number(key) >>> 0) !== key)) {
      throw refuse(
        where,
        path,
        value,
        "it has named properties beside its items, which would be lost: return an object",
      );
    }
    return {
      [TAG]: [
        "array",
        value.length,
        ...keys.map((key) => [Number(key), tag(value[Number(key)], where, `${path}[${key}]`, depth)]),
      ],
    };
  }
  let copy: unknown[] | null = null;
  for (let index = 0; index < value.length; index++) {
    const item = value[index];
    const tagged = tag(
      item,
      where,
      typeof item === "object" || typeof item === "function" ? `${path}[${index}]` : path,
      depth,
    );
    if (copy === null && tagged !== item) copy = value.slice(0, index);
    copy?.push(tagged);
  }
  return copy ?? value;
}

function tagPlain(value: Readonly<Record<string, unknown>>, where: string, path: string, depth: number): unknown {
  const keys = Object.keys(value);
  const ordinary = Object.getPrototypeOf(value) === Object.prototype && !keys.includes(TAG);
  const items = keys.map((key) => tag(value[key], where, `${path}.${key}`, depth));
  // `toJSON` as data would not reach here: a function is refused above, and JSON.stringify calls only functions.
  if (ordinary && items.every((item, index) => item === value[keys[index] ?? ""])) return value;
  if (ordinary) {
    const copy = {};
    keys.forEach((key, index) => setOwn(copy, key, items[index]));
    return copy;
  }
  return {
    [TAG]: [
      "object",
      Object.getPrototypeOf(value) === null ? "null" : "plain",
      ...keys.map((key, index) => [key, items[index]]),
    ],
  };
}

function tagBinary(value: object): unknown {
  if (isExactly(value, ArrayBuffer)) return { [TAG]: ["bytes", "ArrayBuffer", Buffer.from(value).toString("base64")] };
  if (!ArrayBuffer.isView(value)) return null;
  const name = className(value);
  const known =
    name === "Buffer"
      ? Object.getPrototypeOf(value) === Buffer.prototype
      : Object.hasOwn(BINARY, name) && Object.getPrototypeOf(value) === BINARY[name as keyof typeof BINARY].prototype;
  if (!known) return null;
  return { [TAG]: ["bytes", name, Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64")] };
}

function untag(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) value[index] = untag(value[index]);
    return value;
  }
  const tagged: unknown = Object.hasOwn(value, TAG) ? (value as Record<string, unknown>)[TAG] : undefined;
  if (Array.isArray(tagged)) return untagOne(tagged);
  for (const [key, item] of Object.entries(value))
    if (typeof item === "object" && item !== null) setOwn(value, key, untag(item));
  return value;
}

function untagOne(tagged: readonly unknown[]): unknown {
  const [name, first, second] = tagged;
  switch (name) {
    case "undefined":
      return undefined;
    case "number":
      return Number(first);
    case "bigint":
      return BigInt(String(first));
    case "date":
      return new Date(first === null ? Number.NaN : Number(first));
    case "regexp":
      return new RegExp(String(first), String(second));
    case "map":
      return new Map(tagged.slice(1).map((entry) => pair(entry)));
    case "set":
      return new Set(tagged.slice(1).map(untag));
    case "bytes":
      return untagBytes(String(first), String(second));
    case "array": {
      const array: unknown[] = [];
      array.length = Number(first);
      for (const entry of tagged.slice(2)) {
        const [index, item] = pair(entry);
        array[Number(index)] = item;
      }
      return array;
    }
    case "object": {
      const object: object = first === "null" ? (Object.create(null) as object) : {};
      for (const entry of tagged.slice(2)) {
        const [key, item] = pair(entry);
        setOwn(object, String(key), item);
      }
      return object;
    }
    default:
      throw new TypeError(`Unknown tag ${describeValue(name)}: the value was written by a newer version of Restage.`);
  }
}

function untagBytes(name: string, base64: string): unknown {
  const bytes = Buffer.from(base64, "base64");
  if (name === "Buffer") return bytes;
  // A copy of its own: Node's Buffer pool is shared, and a typed array must start at a multiple of its item size.
  const copy = new ArrayBuffer(bytes.byteLength);
  new Uint8Array(copy).set(bytes);
  if (name === "ArrayBuffer") return copy;
  if (!Object.hasOwn(BINARY, name)) throw new TypeError(`Unknown kind of bytes ${JSON.stringify(name)}.`);
  return new BINARY[name as keyof typeof BINARY](copy);
}

function pair(entry: unknown): [unknown, unknown] {
  if (!Array.isArray(entry)) throw new TypeError("A tagged value is not well formed.");
  return [untag(entry[0]), untag(entry[1])];
}

function refuse(where: string, path: string, value: unknown, advice: string): UnstorableValueError {
  return new UnstorableValueError(`${where}${at(path)} is ${describeValue(value)}, which cannot be stored: ${advice}.`);
}

function at(path: string): string {
  return path === "" ? "" : `, at ${path}`;
}
