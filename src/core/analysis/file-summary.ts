/**
 * What one source file contributes to the analysis, as plain data. It is a pure function of the file's name and text, so
 * it can be memoised by content and cross a worker boundary. It holds no path: which file a specifier leads to is decided
 * by the module graph, later.
 */
import type { Digest } from "../../protocol/ids.js";
import type { ConfiguredSyntax } from "./compiler-settings.js";
import type { StaticValue } from "../../protocol/stage.js";
import type { StageComment } from "../plain-form/stage-tags.js";

/**
 * Part of every fingerprint. Raise it whenever the canonical form, the references or the deep hash change meaning: an old
 * fingerprint must never equal a new one by accident, and a memoised summary of another version must not be read.
 */
export const ANALYSIS_VERSION: number = 8;

export type FileSummary = ParsedSummary | UnparsedSummary;

/** Where the text stops making sense. `line` and `column` count from 1. */
export interface UnparsedSummary {
  readonly ok: false;
  readonly message: string;
  readonly line: number;
  readonly column: number;
}

/** What else of the module its units were read with; for reading an older text in the place of one. */
export interface ReadingContext {
  readonly requirers: readonly string[];
  readonly aliases: readonly string[];
  readonly writtenNames: readonly string[];
  readonly sloppy: boolean;
}

export interface ParsedSummary {
  readonly ok: true;
  /** Not in summaries that were memoised before this was noted. */
  readonly context?: ReadingContext;
  readonly version: number;
  readonly units: readonly UnitSummary[];
  readonly bindings: readonly (readonly [name: string, binding: Binding])[];
  readonly exports: readonly (readonly [name: string, target: ExportTarget])[];
  /** `export * from` specifiers, in order. */
  readonly stars: readonly ModuleUse[];
  /** Modules that loading this one loads, in order of evaluation. */
  readonly imports: readonly ModuleUse[];
  /** Writes to `module.exports` or `exports`: names it exports are not known, importing any of them means all of it. */
  readonly commonJs: boolean;
  /** Top-level constants that can be inputs, options or parts of them. */
  readonly constants: readonly (readonly [name: string, value: StaticExpression])[];
  /** Calls of something named `stage` where a stage cannot be declared. */
  readonly nestedCalls: readonly NestedCall[];
  /** Names of type-only imports, kept where stages in the plain form may bind their parameters to them. */
  readonly typeBindings: readonly (readonly [name: string, from: ImportBinding])[];
  /** `@stage` comments that stand where no stage can be. */
  readonly lostMarks: readonly LostMark[];
}

/** Start line, start column, end line, end column; all from 1, the end exclusive. */
export type Span = readonly [line: number, column: number, endLine: number, endColumn: number];

/** A specifier as written, with the place to blame when it leads nowhere. */
export interface ModuleUse {
  readonly specifier: string;
  readonly how: "import" | "require";
  /** No name of it is bound: it is loaded for what loading it does. */
  readonly bare: boolean;
  /**
   * TypeScript that the compiler drops, unless settings keep it: an import or re-export none of whose names is used as a
   * value. It need not resolve.
   */
  readonly elidable: boolean;
  readonly at: Span;
}

/** What a top-level name stands for. */
export type Binding =
  { readonly is: "unit"; readonly units: readonly number[] } | ({ readonly is: "import" } & ImportBinding);

export interface ImportBinding {
  readonly specifier: string;
  /** The exported name, or `*` for the whole namespace. */
  readonly imported: string;
  readonly how: "import" | "require";
  readonly at: Span;
}

export type ExportTarget =
  | { readonly is: "local"; readonly name: string }
  | { readonly is: "from"; readonly specifier: string; readonly imported: string; readonly at: Span };

export type UnitKind = "function" | "class" | "variable" | "enum" | "namespace" | "effects";

/** A piece of code in canonical form: what a hash is made of. */
export interface CodeSummary {
  /** Hash of the canonical text; references count only by their position in `references`. */
  readonly hash: Digest;
  /** In the order of first use. */
  readonly references: readonly Reference[];
  readonly untracked: readonly UntrackedSummary[];
  /** What in it means what tsconfig.json says. Sorted. */
  readonly configured: readonly ConfiguredSyntax[];
}

/** One top-level declaration or statement. */
export interface UnitSummary extends CodeSummary {
  readonly kind: UnitKind;
  /** What people call it: the first declared name, or the beginning of the statement. */
  readonly name: string;
  readonly names: readonly string[];
  /** Runs for its effect when the module loads: belongs to the module's effects. */
  readonly effect: boolean;
  /** What running it may do; whether that concerns others is decided when the modules are linked. */
  readonly does: UnitActions;
  /** Top-level names of this module that it assigns to or mutates through a member. */
  readonly writes: readonly string[];
  readonly line: number;
  /** The whole statement, line ends normalised. */
  readonly text: string;
  /** The `.name` of the function it declares. It is not in the hash: it counts where the function is more than called. */
  readonly functionName: string | null;
  readonly call: StageCall | null;
  /** A `@stage` comment stands before it. */
  readonly plain: PlainStage | null;
}

export interface UnitActions {
  /** Calls or assigns something while the module loads. */
  readonly acts: boolean;
  /** Changes something that outlives it: what it was given, the module, a global. */
  readonly mutates: boolean;
  /** Has methods that change the object they are called on. */
  readonly mutatesThis: boolean;
  /** Calls methods of objects it did not make itself. */
  readonly invokesMethods: boolean;
  /** Has getters, or methods that conversions and loops call, that change something. */
  readonly changesWhenRead: boolean;
  /** Positions in `references` of what is used outside functions, while the module loads. */
  readonly reads: readonly number[];
  /** Uses what other code may have set on the global object: while the module loads, or when it is called. */
  readonly readsGlobals: "no" | "later" | "now";
  /** Of the module's units that running it may use, by order of reach: those that are made after it. */
  readonly early: readonly number[];
}

/** Something outside the unit that its code uses. The static member chain (`ns.a.b`) is kept to follow namespaces. */
export type Reference =
  | {
      readonly to: "name";
      readonly name: string;
      readonly path: readonly string[];
      readonly seen: Seen;
      readonly at: Span;
    }
  | { readonly to: "module"; readonly specifier: string; readonly how: "import" | "require"; readonly at: Span }
  | { readonly to: "asset"; readonly specifier: string; readonly at: Span };

/**
 * What the use of a function can see of it: what it does when called; its `.name` too, when it is handed on as a value; or
 * its source text. A later one sees all that the earlier ones see.
 */
export type Seen = "call" | "value" | "text";

export interface UntrackedSummary {
  readonly what: string;
  readonly line: number;
  readonly column: number;
}

/** A call that declares a stage if its callee turns out to be the runtime's `stage`. */
export interface StageCall {
  readonly callee: Callee;
  readonly inputs: StaticExpression | null;
  readonly run: CodeSummary | null;
  readonly options: StaticExpression | null;
  readonly at: Span;
  readonly statement: Span;
  readonly nameAt: Span;
}

/** A declaration with a `@stage` comment: a stage in the plain form. */
export interface PlainStage {
  /** `null`: it is no function. */
  readonly run: CodeSummary | null;
  readonly parameters: readonly PlainParameter[];
  readonly comment: StageComment;
  readonly statement: Span;
  readonly nameAt: Span;
}

/** A parameter as written. Only `name` and `members` can be given a value. */
export type PlainParameter =
  | { readonly is: "name"; readonly name: string; readonly at: Span }
  /** An object pattern that takes these members and does nothing else. */
  | { readonly is: "members"; readonly members: readonly string[]; readonly at: Span }
  /** `written`: the default value as it stands in the source. */
  | { readonly is: "default"; readonly name: string; readonly written: string; readonly at: Span }
  | { readonly is: "rest" | "pattern"; readonly at: Span };

/** `name`: of what the comment stands before. */
export interface LostMark {
  readonly name: string;
  readonly why: "not-top-level" | "no-function";
  readonly at: Span;
}

export interface NestedCall {
  readonly callee: Callee;
  readonly name: string;
  readonly at: Span;
}

export interface Callee {
  readonly name: string;
  readonly path: readonly string[];
}

/** An expression that can be known without running it, as far as it can. Names are looked up in the module graph. */
export type StaticExpression =
  | { readonly is: "value"; readonly value: StaticValue; readonly at: Span }
  | { readonly is: "name"; readonly name: string; readonly at: Span }
  | { readonly is: "member"; readonly object: StaticExpression; readonly property: string; readonly at: Span }
  | {
      readonly is: "call";
      readonly callee: StaticExpression;
      readonly arguments: readonly StaticExpression[];
      readonly at: Span;
    }
  | { readonly is: "array"; readonly items: readonly StaticExpression[]; readonly at: Span }
  | { readonly is: "object"; readonly properties: readonly StaticProperty[]; readonly at: Span }
  /** A template without tags, part by part. */
  | { readonly is: "template"; readonly parts: readonly StaticExpression[]; readonly at: Span }
  | { readonly is: "add"; readonly left: StaticExpression; readonly right: StaticExpression; readonly at: Span }
  /** Cannot be known without running it. `what` names the sort of expression, for the message. */
  | { readonly is: "dynamic"; readonly what: string; readonly at: Span };

export interface StaticProperty {
  readonly key: string;
  readonly value: StaticExpression;
  readonly at: Span;
}
