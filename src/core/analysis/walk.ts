/** The state of one walk over a unit, and the small steps from which the canonical text is written. */
import type { Node } from "@babel/types";
import { sha256 } from "../hashing.js";
import { Captures } from "./captures.js";
import type { CodeSummary, NestedCall, Seen, UnitActions, UntrackedSummary } from "./file-summary.js";
import type { ConfiguredSyntax } from "./compiler-settings.js";
import { maySeeGlobals } from "./global-names.js";
import { moreSeen, ReferenceList } from "./reference-list.js";
import { Scope, type Local, type WordOf } from "./scope.js";
import { sourceOf, spanOf } from "./syntax.js";
import { untrackedValue } from "./untracked.js";

/** What the walk must know of the module around the unit. */
export interface ModuleNames {
  /** Every top-level name that exists when the code runs. */
  readonly values: ReadonlySet<string>;
  /** Names bound by imports, with what they import. */
  readonly imported: ReadonlyMap<string, { readonly specifier: string; readonly imported: string }>;
  /** Constants that are made by `createRequire`. */
  readonly requirers: ReadonlySet<string>;
  /** Constants that may be other names of what is imported. */
  readonly aliases: ReadonlySet<string>;
  /** A script without "use strict". */
  readonly sloppy: boolean;
  /** Constants that hold a text written in the code. */
  readonly writtenNames: ReadonlySet<string>;
  /** Comments such as `@jsx h`, which say what elements call: name of the setting and its value. */
  readonly pragmas: readonly (readonly [name: string, value: string])[];
  readonly text: string;
}

export interface Walked extends CodeSummary {
  readonly writes: readonly string[];
  readonly nestedCalls: readonly NestedCall[];
  /** Something outside functions is called, assigned or awaited: running the unit may have an effect. */
  readonly acts: boolean;
  /** Changes something that outlives it, when it runs: what it was given, the module, a global. */
  readonly mutates: boolean;
  /** Changes the object a method is called on. */
  readonly mutatesThis: boolean;
  /** Calls methods, which may be of the project's classes, on something it did not make itself. */
  readonly invokesMethods: boolean;
  /** Mentions `module` or `exports` as CommonJS does. */
  readonly commonJs: boolean;
  readonly changesWhenRead: boolean;
  readonly reads: readonly number[];
  readonly readsGlobals: UnitActions["readsGlobals"];
}

export interface WalkOptions {
  readonly module: ModuleNames;
  /** The unit's own stage call, which is not a nested one. */
  readonly own: Node | null;
  readonly unitName: string;
  /** Top-level names that need not be in the text, since what they stand for has no identity that could be observed. */
  readonly unnamed: ReadonlySet<string>;
  readonly emit: (walk: Walk, node: Node | null | undefined) => void;
}

export class Walk {
  readonly module: ModuleNames;
  readonly own: Node | null;
  readonly references = new ReferenceList();
  readonly writes = new Set<string>();
  readonly nestedCalls: NestedCall[] = [];
  /** The variable or unit that a nested stage call belongs to, for its name. */
  nearestName: string;
  functionDepth = 0;
  /** Inside a constructor `this` is new. */
  constructing = false;
  invokesMethods = false;
  /** Inside getters and what conversions and loops call by themselves. */
  readingDepth = 0;
  readonly captures = new Captures(() => this.mutate("outer"));
  readonly configured = new Set<ConfiguredSyntax>();
  /** Callbacks of `reduce`, until they are walked. */
  readonly accumulators = new Set<Node>();
  /** Labels around the statement, outermost first. */
  readonly labels: string[] = [];
  readonly #unnamed: ReadonlySet<string>;
  /** Functions that take their `.name` from a local, and where in the text it stands if it turns out to be seen. */
  readonly #namings: { readonly at: number; readonly local: Local; readonly name: string; readonly value: Node }[] = [];
  readonly #emit: WalkOptions["emit"];
  readonly #untracked: UntrackedSummary[] = [];
  #scope = new Scope(null, [], 0);
  #locals = 0;
  #out = "";
  #acts = false;
  #commonJs = false;
  #mutates = false;
  #mutatesThis = false;
  #changesWhenRead = false;
  readonly #reads = new Set<number>();
  #readsGlobals: UnitActions["readsGlobals"] = "no";

  constructor(options: WalkOptions) {
    this.module = options.module;
    this.own = options.own;
    this.nearestName = options.unitName;
    this.#emit = options.emit;
    this.#unnamed = options.unnamed;
    if (options.module.sloppy) this.word("sloppy");
  }

  result(): Walked {
    return {
      hash: sha256(this.#withNames()),
      references: this.references.all(),
      untracked: this.#untracked,
      configured: [...this.configured].sort(),
      writes: [...this.writes].sort(),
      nestedCalls: this.nestedCalls,
      acts: this.#acts,
      mutates: this.#mutates,
      mutatesThis: this.#mutatesThis,
      invokesMethods: this.invokesMethods,
      commonJs: this.#commonJs,
      changesWhenRead: this.#changesWhenRead,
      reads: [...this.#reads].sort((a, b) => a - b),
      readsGlobals: this.#readsGlobals,
    };
  }

  emit(node: Node | null | undefined): void {
    this.#emit(this, node);
  }

  put(text: string): void {
    this.#out += text;
  }

  word(word: string): void {
    this.#out += `${word},`;
  }

  text(text: string): void {
    this.#out += `${JSON.stringify(text)},`;
  }

  open(type: string): void {
    this.#out += `(${type} `;
  }

  list(nodes: readonly (Node | null)[] | null | undefined): void {
    this.#out += "[";
    for (const node of nodes ?? []) this.emit(node);
    this.#out += "]";
  }

  inScope(names: Iterable<string>, body: () => void, wordOf?: WordOf): void {
    const outer = this.#scope;
    this.#scope = new Scope(outer, names, this.functionDepth, wordOf);
    body();
    this.#scope = outer;
  }

  isLocal(name: string): boolean {
    return this.#scope.find(name) !== null;
  }

  local(name: string): Local | null {
    return this.#scope.find(name);
  }

  isModules(name: string): boolean {
    return !this.isLocal(name) && this.module.values.has(name);
  }

  isGlobal(name: string): boolean {
    return !this.isLocal(name) && !this.module.values.has(name);
  }

  /** A name in use. `path` is the static member chain after it, kept apart to follow namespaces. */
  name(name: string, path: readonly string[], at: Node, seen: Seen = "value"): void {
    const local = this.#scope.find(name);
    if (local) {
      if (seen !== "call") this.captures.noteUse(local, at);
      if (local.word === null && local.number < 0) local.number = this.#locals++;
      local.seen = moreSeen(local.seen, seenThrough(path, seen));
      this.put(local.word ?? `L${local.number}`);
      this.#members(path);
    } else if (this.module.values.has(name)) {
      const requires = this.module.requirers.has(name) && !(seen === "call" && path.length === 0);
      if (requires) this.flag("require as a value", at);
      const position = this.references.add({ to: "name", name, path, seen, at: spanOf(at) });
      if (this.functionDepth === 0) this.#reads.add(position);
      this.put(`R${position},`);
    } else {
      const untracked = untrackedValue(name, path);
      if (untracked !== null && !(seen === "call" && untracked.startsWith("require"))) this.flag(untracked, at);
      if (name === "module" || name === "exports") this.#commonJs = true;
      if (maySeeGlobals(name)) this.#noteGlobal();
      this.put(`G${JSON.stringify(name)}`);
      this.#members(path);
    }
  }

  /**
   * A pattern in binding position. Names of top-level objects are kept: two equal ones are still two, and what fills one
   * does not fill the other.
   */
  binding(pattern: Node | null | undefined): void {
    if (pattern?.type !== "Identifier") this.emit(pattern);
    else if (this.isLocal(pattern.name)) this.name(pattern.name, [], pattern, "call");
    else this.put(this.#unnamed.has(pattern.name) ? "D," : `D${JSON.stringify(pattern.name)},`);
  }

  /** Here the function takes its `.name` from a local. */
  naming(local: Local, name: string, value: Node): void {
    this.#namings.push({ at: this.#out.length, local, name, value });
  }

  flag(what: string, at: Node): void {
    const [line, column] = spanOf(at);
    this.#untracked.push({ what, line, column });
  }

  /** Something happens here; it counts as an effect unless it is inside a function. */
  act(): void {
    if (this.functionDepth === 0) this.#acts = true;
  }

  mutate(what: "outer" | "this" | null): void {
    if (what === "outer") this.#mutates = true;
    if (what === "this") this.#mutatesThis = true;
    if (what !== null && this.readingDepth > 0) this.#changesWhenRead = true;
  }

  #noteGlobal(): void {
    if (this.functionDepth === 0) this.#readsGlobals = "now";
    else if (this.#readsGlobals === "no") this.#readsGlobals = "later";
  }

  freshness(name: string): Local["fresh"] {
    return this.#scope.find(name)?.fresh ?? "no";
  }

  noteFresh(name: string, fresh: Local["fresh"]): void {
    const local = this.#scope.find(name);
    if (local) local.fresh = fresh;
  }

  /** A local function's name or text counts only if something sees it, which is known at the end of the walk. */
  #withNames(): string {
    let text = "";
    let done = 0;
    for (const { at, local, name, value } of this.#namings) {
      text += this.#out.slice(done, at);
      done = at;
      if (local.seen !== "call") text += `${JSON.stringify(name)},`;
      if (local.seen === "text") text += `${JSON.stringify(sourceOf(value, this.module.text))},`;
    }
    return text + this.#out.slice(done);
  }

  #members(path: readonly string[]): void {
    for (const member of path) this.put(`.${JSON.stringify(member)}`);
    this.put(",");
  }
}

/** What a use of a member sees of the function itself: `f.call(x)` calls it, `f.toString()` reads its text. */
export function seenThrough(path: readonly string[], seen: Seen): Seen {
  const [member] = path;
  if (member === undefined) return seen;
  if (path.length > 1) return "value";
  return member === "toString" ? "text" : member === "call" || member === "apply" ? "call" : "value";
}
