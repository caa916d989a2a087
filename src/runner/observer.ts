/**
 * Notices what a stage's own code does that its key does not hold: chance, the clock, variables and files it did not
 * declare. Invariant: it watches and never interferes. What is watched gives the same values to everybody, calls from
 * packages and from Restage are left alone, and once a place is known it costs next to nothing.
 */
import type * as fs from "node:fs";
import type * as crypto from "node:crypto";
import { createRequire, findSourceMap, syncBuiltinESMExports } from "node:module";
import * as path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Job } from "../protocol/child.js";
import type { Observation } from "../protocol/record.js";

/** Looking at the stack costs a microsecond; a loop over millions of rows must not pay it each time. */
const MOST_LOOKS = 1000;
const MOST_KINDS = 100;

interface Noticed {
  readonly kind: Observation["kind"];
  readonly name: string;
  count: number;
  readonly place: Observation["place"];
}

type Callable = (...args: never[]) => unknown;
/** Tells of a call; `watch` is the function that was put in the way of it, which the stack is read below of. */
type Tell = (watch: Callable, args: readonly unknown[]) => void;

export class Observer {
  readonly #job: Job;
  readonly #code: string;
  readonly #seen = new Map<string, Noticed>();
  readonly #looks = new Map<string, number>();
  #looking = false;

  constructor(job: Job) {
    this.#job = job;
    this.#code = pathToFileURL(path.dirname(job.bundle)).href + "/";
  }

  /** Before the stage's code is loaded, because modules already act while they load. */
  install(): void {
    this.#watchChance();
    this.#watchClock();
    this.#watchEnvironment();
    this.#watchFiles();
    // `import { readFileSync } from "node:fs"` must lead here too.
    syncBuiltinESMExports();
  }

  /** In the order of first notice. */
  seen(): readonly Observation[] {
    return [...this.#seen.values()];
  }

  #watchChance(): void {
    const notice =
      (name: string): Tell =>
      (watch) =>
        this.#notice("random", name, { watch, find: this.#direct });
    this.#wrap(Math, "random", notice("Math.random()"));
    const node = builtin("node:crypto") as typeof crypto;
    for (const name of ["randomBytes", "randomInt", "randomUUID", "randomFillSync", "getRandomValues"] as const)
      this.#wrap(node, name, notice(`crypto.${name}()`));
    const web = Object.getPrototypeOf(globalThis.crypto) as object;
    for (const name of ["randomUUID", "getRandomValues"]) this.#wrap(web, name, notice(`crypto.${name}()`));
  }

  #watchClock(): void {
    const notice =
      (name: string): Tell =>
      (watch) =>
        this.#notice("clock", name, { watch, find: this.#direct });
    this.#wrap(Date, "now", notice("Date.now()"));
    this.#wrap(Object.getPrototypeOf(performance) as object, "now", notice("performance.now()"));
    const [made, called] = [notice("new Date()"), notice("Date()")];
    const construct = (target: DateConstructor, args: unknown[], newTarget: Callable): object => {
      if (args.length === 0) made(construct, args);
      return Reflect.construct(target, args, newTarget) as object;
    };
    const apply = (target: DateConstructor, self: unknown, args: unknown[]): unknown => {
      called(apply, args);
      return Reflect.apply(target as unknown as Callable, self, args as never[]);
    };
    const watched = new Proxy(Date, { construct, apply });
    // `value.constructor === Date` holds as before.
    Object.defineProperty(Date.prototype, "constructor", { value: watched, configurable: true, writable: true });
    globalThis.Date = watched;
  }

  #watchEnvironment(): void {
    const declared = new Set(this.#job.observe.variables);
    const find = this.#direct;
    const get = (target: NodeJS.ProcessEnv, name: string | symbol): unknown => {
      if (typeof name === "string" && !declared.has(name)) this.#notice("env", name, { watch: get, find });
      return Reflect.get(target, name);
    };
    // A proxy would by itself hand on half a descriptor, which the real object refuses.
    process.env = new Proxy(process.env, { get, set: (target, name, value) => Reflect.set(target, name, value) });
  }

  #watchFiles(): void {
    const plain = builtin("node:fs") as typeof fs;
    const notice: Tell = (watch, [file]) => this.#noticeFile(file, watch);
    for (const name of ["readFileSync", "readFile", "createReadStream", "openSync", "open", "readdirSync", "readdir"])
      this.#wrap(plain, name, notice);
    for (const name of ["readFile", "open", "readdir"]) this.#wrap(plain.promises, name, notice);
  }

  #noticeFile(given: unknown, watch: Callable): void {
    const { root, declared, cache } = this.#job.observe;
    const file = pathOf(given);
    if (file === null || !isInside(file, root) || file.includes(`${path.sep}node_modules${path.sep}`)) return;
    if ([...declared, cache, this.#job.tmp].some((folder) => isInside(file, folder))) return;
    const name = path.relative(root, file).split(path.sep).join("/");
    if (name !== "") this.#notice("file", name, { watch, find: this.#anywhere });
  }

  /** Replaces a function by one that tells first. To code that looks at it, it is the same function. */
  #wrap(owner: object, name: string, tell: Tell): void {
    const found: unknown = Reflect.get(owner, name);
    if (typeof found !== "function") return;
    const apply = (target: unknown, self: unknown, args: unknown[]): unknown => {
      tell(apply, args);
      return Reflect.apply(target as Callable, self, args as never[]);
    };
    const value: unknown = new Proxy(found, { apply });
    const descriptor = Object.getOwnPropertyDescriptor(owner, name) ?? { configurable: true, enumerable: false };
    if (descriptor.configurable === true) Object.defineProperty(owner, name, { ...descriptor, value, writable: true });
  }

  #notice(
    kind: Observation["kind"],
    name: string,
    { watch, find }: { watch: Callable; find: (sites: readonly NodeJS.CallSite[]) => NodeJS.CallSite | null },
  ): void {
    // What looking itself calls does not count.
    if (this.#looking) return;
    const key = `${kind} ${name}`;
    const looks = this.#looks.get(key) ?? 0;
    if (looks >= MOST_LOOKS || (looks === 0 && this.#looks.size >= MOST_KINDS)) return;
    this.#looks.set(key, looks + 1);
    this.#looking = true;
    try {
      const site = find(callSites(watch));
      if (site === null) return;
      const known = this.#seen.get(key);
      if (known === undefined) this.#seen.set(key, { kind, name, count: 1, place: this.#placeOf(site) });
      else known.count++;
    } catch {
      // Watching must not fail a stage.
    } finally {
      this.#looking = false;
    }
  }

  /** The user's code called it itself, at most through a built-in such as `map`. */
  readonly #direct = (sites: readonly NodeJS.CallSite[]): NodeJS.CallSite | null => {
    const first = sites.find((site) => fileOf(site) !== null);
    return first !== undefined && this.#isUsers(first) ? first : null;
  };

  /** The user's code led to it, maybe through a package; not Node's own reading on behalf of another call. */
  readonly #anywhere = (sites: readonly NodeJS.CallSite[]): NodeJS.CallSite | null => {
    const callers = sites.filter((site) => fileOf(site) !== null);
    if (fileOf(callers[0])?.startsWith("node:") === true) return null;
    return callers.find((site) => this.#isUsers(site)) ?? null;
  };

  #isUsers(site: NodeJS.CallSite): boolean {
    return fileOf(site)?.startsWith(this.#code) === true;
  }

  #placeOf(site: NodeJS.CallSite): Observation["place"] {
    const url = fileOf(site) ?? "";
    const origin = (findSourceMap(url) ?? findSourceMap(fileURLToPath(url)))?.findOrigin(
      site.getLineNumber() ?? 1,
      site.getColumnNumber() ?? 1,
    );
    if (origin === undefined || !("fileName" in origin)) return null;
    const source = origin.fileName.startsWith("file:")
      ? fileURLToPath(origin.fileName)
      : path.resolve(path.dirname(fileURLToPath(url)), origin.fileName);
    const file = path.relative(this.#job.observe.root, source).split(path.sep).join("/");
    return { file, line: origin.lineNumber, column: origin.columnNumber };
  }
}

const LIMIT = 40;

/** The frames below `watch`. */
function callSites(watch: Callable): readonly NodeJS.CallSite[] {
  const { stackTraceLimit } = Error;
  const before = Object.getOwnPropertyDescriptor(Error, "prepareStackTrace");
  try {
    Error.stackTraceLimit = LIMIT;
    Error.prepareStackTrace = (_error, sites) => sites;
    const holder: { stack?: readonly NodeJS.CallSite[] } = {};
    Error.captureStackTrace(holder, watch);
    return holder.stack ?? [];
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    if (before === undefined) Reflect.deleteProperty(Error, "prepareStackTrace");
    else Object.defineProperty(Error, "prepareStackTrace", before);
  }
}

function fileOf(site: NodeJS.CallSite | undefined): string | null {
  return site?.getFileName() ?? null;
}

function builtin(name: string): unknown {
  return createRequire(import.meta.url)(name);
}

function pathOf(given: unknown): string | null {
  try {
    if (typeof given === "string") return path.resolve(given);
    if (given instanceof URL) return fileURLToPath(given);
    return Buffer.isBuffer(given) ? path.resolve(given.toString()) : null;
  } catch {
    return null;
  }
}

function isInside(file: string, folder: string): boolean {
  return file === folder || file.startsWith(folder.endsWith(path.sep) ? folder : `${folder}${path.sep}`);
}
