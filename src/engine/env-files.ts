/** Variables from the files that `envFiles` in restage.json names. They are declared and counted as those of the environment. */
import * as path from "node:path";
import { parse } from "dotenv";
import type { Disk } from "./disk.js";

type Variables = { readonly [name: string]: string | undefined };

/**
 * A file overrides those before it, and the real environment all of them, as with dotenv: what a person or a CI sets for one
 * command wins. A file that is not there is no problem (`.env.local` often is not); one that cannot be read is.
 */
export function withEnvFiles(
  real: Variables,
  project: { readonly root: string; readonly envFiles: readonly string[]; readonly disk: Disk },
): { readonly variables: Variables; readonly problems: readonly string[] } {
  if (project.envFiles.length === 0) return { variables: real, problems: [] };
  const problems: string[] = [];
  const found: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const name of project.envFiles) {
    const file = path.resolve(project.root, name);
    const read = project.disk.read(file);
    if (read !== null) Object.assign(found, parse(read.bytes));
    else if (project.disk.exists(file)) problems.push(`"envFiles" names ${name}, which is there but cannot be read.`);
  }
  // Asked one by one, because who keeps note of the real ones must not see them all asked for.
  const variables = new Proxy<Variables>(found, {
    get: (files, name) => (typeof name === "string" ? (real[name] ?? files[name]) : undefined),
    has: (files, name) => name in real || name in files,
    ownKeys: (files) => [...new Set([...Reflect.ownKeys(real), ...Reflect.ownKeys(files)])],
    getOwnPropertyDescriptor: (files, name) => {
      const value = typeof name === "string" ? (real[name] ?? files[name]) : undefined;
      return value === undefined ? undefined : { value, enumerable: true, configurable: true, writable: false };
    },
  });
  return { variables, problems };
}
