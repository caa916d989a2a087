/** A value that would not come back identical, refused when written. The message names row, column and value. */
export class UnstorableValueError extends Error {
  override readonly name = "UnstorableValueError";
}

/** A stored value whose bytes are not the ones that were filed: damaged, cut short, replaced or gone. */
export class CorruptObjectError extends Error {
  override readonly name = "CorruptObjectError";
  readonly path: string;

  constructor(path: string, problem: string) {
    super(`The stored result ${path} is damaged: ${problem}. Run the stage again to make it anew.`);
    this.path = path;
  }
}

/** A value was asked for in a form that its kind does not have, for example a text as a table. */
export class UnsuitableViewError extends Error {
  override readonly name = "UnsuitableViewError";
}

/** A stored table in a form that does not fit into memory. The message says in which form it can be read. */
export class TooLargeError extends Error {
  override readonly name = "TooLargeError";
}
