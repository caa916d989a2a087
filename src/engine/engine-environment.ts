import { nodeMajor } from "../core/key.js";

/** What the engine is told of the place it runs in: given by the face that assembles it, replaced in tests. */
export interface EngineEnvironment {
  /** Files of the build: `runner.mjs` and `runtime.mjs` are in it. */
  readonly dist: string;
  /** The Node executable for stages; asked for when one starts. */
  readonly node: () => string;
  /** Restage's version, written into records. */
  readonly version: string;
  /** The environment stages may declare variables from. */
  readonly variables: { readonly [name: string]: string | undefined };
  /** Version of `node`, as `v24.1.0`; asked for when a record is written. */
  readonly nodeVersion: () => string;
  /** The same version for statuses, which may not start a process to learn it. */
  readonly peekNodeVersion: () => { readonly version: string } | { readonly unknown: string };
  readonly now: () => number;
}

/** The major version of the Node that would run stages, or why that cannot be told. */
export function presentNode(environment: EngineEnvironment): { readonly major: number } | { readonly unknown: string } {
  const peeked = environment.peekNodeVersion();
  if ("unknown" in peeked) return peeked;
  const major = nodeMajor(peeked.version);
  return major === null ? { unknown: `"${peeked.version}" is no version` } : { major };
}
