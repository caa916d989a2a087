/** Which values are plain data. Only these can come back as they were; a class instance would lose its class. */

/** The mark of "this row has no such key", which is neither `null` nor `undefined`. */
export const MISSING = Symbol("missing");

export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Exactly a `Date`, `Map`, `Uint8Array` …: an instance of a subclass is not, since it would come back as its parent. */
export function isExactly<T>(value: unknown, type: abstract new (...args: never) => T): value is T {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === type.prototype;
}

/** No half of a surrogate pair stands alone: only such text survives UTF-8. */
export function isWellFormed(text: string): boolean {
  return text.isWellFormed();
}

/** Sets an own property, also one named `__proto__`, for which an assignment would change the prototype instead. */
export function setOwn(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
}

/** What a value is, in words for an error text. */
export function describeValue(value: unknown): string {
  if (value === null) return "null";
  switch (typeof value) {
    case "string":
      return `the text ${JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)}`;
    case "function":
      return value.name === "" ? "a function" : `the function ${value.name}`;
    case "symbol":
      return "a symbol";
    case "bigint":
      return `the bigint ${value.toString().slice(0, 60)}`;
    case "object":
      return Array.isArray(value) ? "an array" : `an object of class ${className(value)}`;
    case "number":
    case "boolean":
      return `the ${typeof value} ${value}`;
    case "undefined":
      break;
  }
  return "undefined";
}

export function className(value: object): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || typeof prototype !== "object") return "Object";
  const maker: unknown = Object.getOwnPropertyDescriptor(prototype, "constructor")?.value;
  return typeof maker === "function" && maker.name !== "" ? maker.name : "unknown";
}

declare global {
  interface String {
    /** In Node since 20; the library types of ES2023 do not have it. */
    isWellFormed(): boolean;
  }
}
