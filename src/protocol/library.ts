/**
 * What a stage asks for when user code calls it (`await large()`). A process that runs stages itself sets a host under
 * `Symbol.for("restage.host")`; the symbol, and not an import, is what several loaded copies of the library share.
 */
export interface StageHost {
  /** `stage` is the called stage itself. */
  run(stage: unknown): Promise<unknown>;
}

/** Where a stage is declared, as its stack tells. */
export interface StagePlace {
  /** Absolute path. */
  readonly file: string;
  /** `line` and `column` count from 1 and lie inside the `stage(…)` call. */
  readonly line: number;
  readonly column: number;
  /** The name of the run function, for what its place alone cannot decide; `null` for an anonymous one. */
  readonly exportHint: string | null;
}

/** What `library-host.mjs`, loaded beside the library in a process without a host, exports. */
export interface LibraryHost {
  /** Runs what is needed and gives the stage's value. Rejects with an error that says what happened and what to do. */
  runStage(place: StagePlace): Promise<unknown>;
}
