/**
 * What other stages get of a stage that returns `T`: the same, except that a generator, which can be read only once, comes as an
 * async iterable, which every reader reads from its beginning, as often as it likes.
 */
export type StageValue<T> = 0 extends 1 & T
  ? T
  : T extends AsyncIterable<infer Item>
    ? AsyncIterable<Item>
    : T extends Iterator<infer Item, unknown, never> & Iterable<unknown>
      ? AsyncIterable<Item>
      : T;
