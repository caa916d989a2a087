/**
 * Branded strings, so that a digest cannot be passed where a key is meant. All hashes are lower-case hexadecimal SHA-256
 * (64 characters), which is also what makes them safe as file names.
 */
declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** `<file relative to the project, with forward slashes>#<export name>`, for example `src/orders.ts#large`. */
export type StageId = Branded<"StageId">;
/** SHA-256 of bytes: a file's content, a stored object, a column. */
export type Digest = Branded<"Digest">;
/** SHA-256 over a stage's own code slice and the packages it reaches (see `FingerprintData`). */
export type Fingerprint = Branded<"Fingerprint">;
/** SHA-256 over everything that decides a stage's result; names a record in the store. */
export type Key = Branded<"Key">;
/** One run: a person's click or a command, which may execute several stages. */
export type RunId = Branded<"RunId">;

/** 64 lower-case hexadecimal digits: the only shape of name the store ever turns into a path. */
export const HASH_PATTERN = /^[0-9a-f]{64}$/;
