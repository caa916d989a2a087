/** Ends a `switch` over a union: a new member that is not handled is a compile error, and at run time a clear one. */
export function unreachable(value: never): never {
  throw new Error(`Unexpected value: ${JSON.stringify(value)}`);
}
