import type { Node, Program } from "@babel/types";
import { functionNameOf } from "./canonical-declarations.js";
import { walkWrappedRun } from "./canonical-run.js";
import { earlyUses } from "./early-uses.js";
import { UnknownSyntax, walkUnit } from "./canonical-walk.js";
import {
  ANALYSIS_VERSION,
  type Binding,
  type CodeSummary,
  type FileSummary,
  type ModuleUse,
  type NestedCall,
  type ParsedSummary,
  type PlainStage,
  type StageCall,
  type StaticExpression,
  type UnitSummary,
  type UnparsedSummary,
} from "./file-summary.js";
import { DEFAULT_BINDING, splitModule, type ImportItem, type ModuleItems, type UnitItem } from "./module-items.js";
import { mayHaveStageComments } from "../plain-form/stage-tags.js";
import { isTypeScript, parseModule } from "./parse.js";
import { plainStage } from "./plain-stage.js";
import { findStageMarks, type StageMark, type StageMarks } from "./stage-marks.js";
import { staticExpression } from "./static-expression.js";
import { calleeChain, isAnonymousFunction, literalText, memberChain, sourceOf, spanOf, unwrap } from "./syntax.js";
import { valueMentions } from "./value-mentions.js";
import type { ModuleNames, Walked } from "./walk.js";

/** Everything the analysis needs to know of a file. Pure; never throws: what cannot be read is said in the summary. */
export function summariseFile(fileName: string, text: string): FileSummary {
  const parsed = parseModule(fileName, text);
  if ("ok" in parsed) return withHint(parsed, text);
  try {
    const { program } = parsed;
    const marks = findStageMarks(parsed, text);
    const strict = program.directives.some((directive) => directive.value.value === "use strict");
    const sloppy = program.sourceType === "script" && !strict;
    const source = { program, text, typeScript: isTypeScript(fileName), sloppy };
    return summariseModule(splitModule(program, marks), marks, source);
  } catch (error) {
    if (error instanceof UnknownSyntax) {
      const [line, column] = spanOf(error.node);
      return { ok: false, message: error.message, line, column };
    }
    if (error instanceof RangeError) {
      return { ok: false, message: "The file's code is nested too deeply to be analysed.", line: 1, column: 1 };
    }
    throw error;
  }
}

// A glob with a star before a slash ends the comment it stands in, and the parser's words do not lead there.
function withHint(parsed: UnparsedSummary, text: string): UnparsedSummary {
  if (!mayHaveStageComments(text) || !/@input[^\n]*files:[^\n]*\*\//.test(text)) return parsed;
  return { ...parsed, message: `${parsed.message} (In a comment, write **\\/ for **/ in the path after "files:".)` };
}

/**
 * One top-level statement read as if it stood in a module with these names: the unit that declares `names` (or the only
 * one, where it may have been called otherwise), or `null` when there is none or the text cannot be read.
 */
export function summariseStatement(
  fileName: string,
  text: string,
  module: ModuleNames,
  names: readonly string[],
  { anyName }: { readonly anyName: boolean },
): UnitSummary | null {
  const parsed = parseModule(fileName, text);
  if ("ok" in parsed) return null;
  try {
    const marks = findStageMarks(parsed, text);
    const items = splitModule(parsed.program, marks);
    const { units } = items;
    const named = units.find((unit) => JSON.stringify(unit.names) === JSON.stringify(names));
    const item = named ?? (anyName && units.length === 1 ? units[0] : undefined);
    if (item === undefined) return null;
    return summariseUnit(walkItem(item, module, marks?.of(item, items) ?? null, text), module.values, [], text);
  } catch (error) {
    if (error instanceof UnknownSyntax || error instanceof RangeError) return null;
    throw error;
  }
}

/**
 * Whether a file is worth parsing in search of stages. A stage function re-exported by a local module may have any name,
 * so an exported call that begins with an object counts, too.
 */
export function mayDeclareStages(text: string): boolean {
  return /stage/.test(text) || /\bexport\b[^;(){}]*[\w$]\s*(?:<[^(){};]*>)?\(\s*\{/.test(text);
}

/** The bundler takes them from comments anywhere in the file; text that looks like one costs a stale stage at most. */
function pragmasOf(text: string): readonly (readonly [string, string])[] {
  const found = text.matchAll(/@(jsx(?:Frag|ImportSource|Runtime)?)\s+([\w$.@/-]+)/g);
  return [...found].map(([, name = "", value = ""]) => [name, value] as const);
}

interface WalkedUnit {
  readonly item: UnitItem;
  readonly walked: Walked;
  readonly call: StageCall | null;
  readonly plain: PlainStage | null;
}

interface SourceText {
  readonly program: Program;
  readonly text: string;
  readonly typeScript: boolean;
  readonly sloppy: boolean;
}

function summariseModule(
  items: ModuleItems,
  marks: StageMarks | null,
  { program, text, typeScript, sloppy }: SourceText,
): ParsedSummary {
  const { imported, requirers } = items;
  const names: ModuleNames = {
    values: new Set([...items.units.flatMap((unit) => unit.names), ...imported.keys()]),
    imported,
    requirers,
    sloppy,
    aliases: new Set(items.units.flatMap((unit) => (isAlias(unit) ? unit.names : []))),
    writtenNames: new Set(items.units.flatMap((unit) => (isWrittenText(unit) ? unit.names : []))),
    pragmas: pragmasOf(text),
    text,
  };
  const units = items.units.map((item) => walkItem(item, names, marks?.of(item, items) ?? null, text));
  const used = usedNames(units, items);
  const early = earlyUses(
    units.map(({ item, walked }) => ({ ...walked, names: item.names, isFunction: item.kind === "function" })),
  );
  const mutated = new Set(units.flatMap((unit) => unit.walked.writes));
  let mentioned: ReadonlySet<string> | null = null;
  const isDropped = ({ bare, reExport, how, names: bound }: ImportItem): boolean => {
    if (!typeScript || bare || reExport || how !== "import" || bound.some((name) => used.has(name))) return false;
    const mentions = (mentioned ??= valueMentions(program, names.pragmas));
    return !bound.some((name) => mentions.has(name));
  };
  const use = (item: ImportItem): ModuleUse => ({
    specifier: item.specifier,
    how: item.how,
    bare: item.bare,
    elidable: isDropped(item),
    at: item.at,
  });
  return {
    ok: true,
    version: ANALYSIS_VERSION,
    context: {
      requirers: [...requirers],
      aliases: [...names.aliases],
      writtenNames: [...names.writtenNames],
      sloppy,
    },
    units: units.map((unit, index) => summariseUnit(unit, used, early[index] ?? [], text)),
    bindings: bindingsOf(items),
    exports: items.exports.filter(([, target]) => target.is === "from" || names.values.has(target.name)),
    stars: items.stars.map(use),
    imports: items.imports.map(use),
    commonJs: items.exportsAssignment || units.some((unit) => unit.walked.commonJs),
    constants: constantsOf(items, mutated),
    nestedCalls: units.flatMap((unit): readonly NestedCall[] => unit.walked.nestedCalls),
    typeBindings: marks ? [...items.typeImported] : [],
    lostMarks: marks?.lost(items) ?? [],
  };
}

function walkItem(item: UnitItem, names: ModuleNames, mark: StageMark | null, text: string): WalkedUnit {
  const unitName = displayName(item);
  const candidate = stageCandidate(item, names);
  const unnamed = new Set(hasNoIdentity(item) ? item.names : []);
  const walked = walkUnit(item.node, names, { own: candidate, unitName, unnamed });
  const call = candidate ? stageCall(item, candidate, names, unitName) : null;
  return { item, walked, call, plain: mark ? plainStage(item, mark, names, unitName, text) : null };
}

/** Two equal ones cannot be told apart while nothing writes them, except by a `.name` that something sees. */
function hasNoIdentity({ kind, value, node }: UnitItem): boolean {
  if (kind === "function") return true;
  if (!value) return false;
  return functionNameOf(node) !== null || isPrimitive(value);
}

function isPrimitive(value: Node): boolean {
  if (value.type === "UnaryExpression") return isPrimitive(unwrap(value.argument));
  return /^(?:String|Numeric|Boolean|Null|BigInt)Literal$/.test(value.type) || literalText(value) !== null;
}

/** May stand for something else that is declared elsewhere: `const step = stage`, `const { stage } = restage`. */
function isAlias({ constant, value, node }: UnitItem): boolean {
  if (constant) return value !== null && (memberChain(value) !== null || value.type === "ObjectExpression");
  return takenFrom(node) !== null;
}

/** What `const { stage, file: f } = restage` takes, as `restage.stage` and so on. */
function takenFrom(node: Node): [name: string, value: StaticExpression][] | null {
  if (node.type !== "VariableDeclarator" || node.id.type !== "ObjectPattern" || !node.init) return null;
  const object = staticExpression(node.init);
  if (object.is !== "name" && object.is !== "member") return null;
  const taken: [string, StaticExpression][] = [];
  for (const property of node.id.properties) {
    if (property.type !== "ObjectProperty" || property.computed || property.key.type !== "Identifier") return null;
    if (property.value.type !== "Identifier") return null;
    taken.push([property.value.name, { is: "member", object, property: property.key.name, at: spanOf(property) }]);
  }
  return taken;
}

function isWrittenText({ constant, value }: UnitItem): boolean {
  return constant && value !== null && literalText(value) !== null;
}

type CallNode = Extract<Node, { type: "CallExpression" }>;

/** Which call could declare a stage is decided by what its callee is bound to, when the modules are linked. */
function stageCandidate(item: UnitItem, names: ModuleNames): CallNode | null {
  const { value } = item;
  if (value?.type !== "CallExpression") return null;
  const chain = calleeChain(value.callee);
  if (!chain) return null;
  const imported = names.imported.get(chain.root);
  if (imported === undefined && !names.aliases.has(chain.root)) return null;
  const named = (chain.path.at(-1) ?? imported?.imported) === "stage";
  return named || value.arguments.length === 2 || value.arguments.length === 3 ? value : null;
}

function stageCall(item: UnitItem, call: CallNode, names: ModuleNames, unitName: string): StageCall {
  const chain = calleeChain(call.callee);
  const [inputs, run, options] = call.arguments;
  return {
    callee: { name: chain?.root ?? "", path: chain?.path ?? [] },
    inputs: inputs ? staticExpression(inputs) : null,
    run: run ? codeOnly(walkWrappedRun(run, names, unitName)) : null,
    options: options ? staticExpression(options) : null,
    at: spanOf(call),
    statement: spanOf(item.statement),
    nameAt: spanOf(item.nameNode ?? call.callee),
  };
}

function codeOnly({ hash, references, untracked, configured }: Walked): CodeSummary {
  return { hash, references, untracked, configured };
}

function summariseUnit(
  { item, walked, call, plain }: WalkedUnit,
  used: ReadonlySet<string>,
  early: readonly number[],
  text: string,
): UnitSummary {
  const [line] = spanOf(item.statement);
  const unnamed = !item.names.some((name) => used.has(name));
  return {
    ...codeOnly(walked),
    kind: item.kind,
    name: displayName(item),
    names: item.names,
    effect: item.kind === "effects" || (unnamed && walked.acts),
    does: {
      acts: walked.acts,
      mutates: walked.mutates,
      mutatesThis: walked.mutatesThis,
      invokesMethods: walked.invokesMethods,
      changesWhenRead: walked.changesWhenRead,
      reads: walked.reads,
      readsGlobals: walked.readsGlobals,
      early,
    },
    writes: walked.writes.filter((name) => !(item.kind !== "effects" && item.names.includes(name))),
    line,
    text: sourceOf(item.statement, text),
    functionName: functionName(item),
    call,
    plain,
  };
}

function functionName({ node, names }: UnitItem): string | null {
  if (names[0] === DEFAULT_BINDING && isAnonymousFunction(node)) return "default";
  return functionNameOf(node);
}

/** Top-level names that something else in the module uses as a value, or that are exported. */
function usedNames(units: readonly WalkedUnit[], items: ModuleItems): Set<string> {
  const used = new Set<string>();
  for (const [, target] of items.exports) if (target.is === "local") used.add(target.name);
  for (const { item, walked } of units) {
    for (const reference of walked.references) {
      if (reference.to === "name" && !item.names.includes(reference.name)) used.add(reference.name);
    }
  }
  return used;
}

function bindingsOf(items: ModuleItems): [string, Binding][] {
  const bindings = new Map<string, Binding>();
  for (const [name, from] of items.imported) bindings.set(name, { is: "import", ...from });
  items.units.forEach((unit, index) => {
    for (const name of unit.names) {
      const known = bindings.get(name);
      bindings.set(name, { is: "unit", units: known?.is === "unit" ? [...known.units, index] : [index] });
    }
  });
  return [...bindings];
}

/** Constants that something assigns to or changes through a member are not constant. */
function constantsOf(items: ModuleItems, mutated: ReadonlySet<string>): [string, StaticExpression][] {
  const constants: [string, StaticExpression][] = [];
  for (const { names, node, value, constant } of items.units) {
    const [name] = names;
    for (const taken of takenFrom(node) ?? []) if (!mutated.has(taken[0])) constants.push(taken);
    if (!constant || !value || name === undefined || mutated.has(name)) continue;
    const expression = staticExpression(value);
    if (expression.is !== "dynamic") constants.push([name, expression]);
  }
  return constants;
}

function displayName(item: UnitItem): string {
  const [name] = item.names;
  if (name === DEFAULT_BINDING) return "default";
  return name ?? "top level";
}
