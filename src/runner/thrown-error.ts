import { inspect } from "node:util";
import type { ThrownError } from "../protocol/child.js";

const MAX_TEXT = 64 * 1024;
const MAX_CAUSES = 10;
const MAX_INNER_ERRORS = 5;

/**
 * What user code threw, as data. It may be anything (null, a string, an error with a getter that throws, a chain of causes
 * that is a ring, a message of a gigabyte), and telling of it must neither fail nor flood the channel.
 */
export function describeThrown(thrown: unknown): ThrownError {
  return describe(thrown, MAX_CAUSES);
}

function describe(thrown: unknown, causesLeft: number): ThrownError {
  if (!looksLikeError(thrown)) {
    return {
      name: "NonError",
      message: cut(`${kindOf(thrown)} was thrown, not an Error: ${show(thrown)}`),
      stack: "",
      cause: null,
    };
  }
  const inner = innerErrors(thrown);
  const cause = read(thrown, "cause") ?? inner[0];
  return {
    name: nameOf(thrown),
    message: cut(textOf(thrown, "message") + summary(inner)),
    stack: cut(textOf(thrown, "stack")),
    cause: cause === undefined || causesLeft === 0 ? null : describe(cause, causesLeft - 1),
  };
}

/** By shape: errors of other realms and libraries' own error objects count too. */
function looksLikeError(value: unknown): value is object {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof read(value, "message") === "string" &&
    typeof read(value, "stack") === "string"
  );
}

function nameOf(error: object): string {
  const name = textOf(error, "name");
  const made = read(error, "constructor");
  // `class BadOrder extends Error {}` leaves the name "Error"; the class says more.
  return name === "Error" && typeof made === "function" && made.name !== "" ? made.name : name || "Error";
}

function innerErrors(error: object): readonly unknown[] {
  const errors = read(error, "errors");
  return Array.isArray(errors) ? errors : [];
}

function summary(inner: readonly unknown[]): string {
  if (inner.length === 0) {
    return "";
  }
  const told = inner.slice(0, MAX_INNER_ERRORS).map((error) => {
    const { name, message } = describe(error, 0);
    return `${name}: ${message.slice(0, 1000)}`;
  });
  const more = inner.length > told.length ? `; and ${inner.length - told.length} more` : "";
  return ` (${inner.length} errors: ${told.join("; ")}${more})`;
}

function read(object: object, property: string): unknown {
  try {
    return Reflect.get(object, property);
  } catch {
    return undefined;
  }
}

function textOf(object: object, property: string): string {
  const value = read(object, property);
  return typeof value === "string" ? value : "";
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) {
    return String(value);
  }
  return `a value of type ${typeof value}`;
}

function show(value: unknown): string {
  if (typeof value === "string") {
    return value;
  }
  try {
    return inspect(value, { depth: 2, maxArrayLength: 20, maxStringLength: 2000, breakLength: Infinity });
  } catch {
    return "(it cannot be shown)";
  }
}

function cut(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}
