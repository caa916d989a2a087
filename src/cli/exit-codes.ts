/** Documented in README and `restage --help`; programs rely on them. */
export const EXIT = { ok: 0, failed: 1, usage: 2, stale: 3, different: 4 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Wrong use: what to type instead goes to stderr, and the exit code is 2. */
export class UsageError extends Error {}
