/** Splits a module into what it imports, what it exports and its units, before any unit is looked into. */
import type { Node, Program } from "@babel/types";
import { isOwnPlace } from "./canonical-loads.js";
import { declaredNames, hoistedNames, patternIdentifiers } from "./declared-names.js";
import type { ExportTarget, ImportBinding, Span, UnitKind } from "./file-summary.js";
import { calleeChain, isErased, literalText, memberChain, spanOf, unwrap } from "./syntax.js";

/** The name that a default export without a name is bound to; cannot be written in source. */
export const DEFAULT_BINDING = "*default*";

export interface UnitItem {
  readonly kind: UnitKind;
  readonly names: readonly string[];
  /** What is walked: the declarator, declaration or statement. */
  readonly node: Node;
  /** The whole statement, with `export` and all. */
  readonly statement: Node;
  /** The value a single name stands for, when it is a variable or a default export. */
  readonly value: Node | null;
  readonly nameNode: Node | null;
  readonly constant: boolean;
}

export type ImportedName = ImportBinding;

/** Knows the statements whose comment makes a stage of what they export. */
export interface MarkedStatements {
  marks(statement: Node): boolean;
}

export interface ImportItem {
  readonly specifier: string;
  readonly how: "import" | "require";
  readonly names: readonly string[];
  readonly bare: boolean;
  /** Passes on what is there when the code runs. */
  readonly reExport: boolean;
  readonly at: Span;
}

export interface ModuleItems {
  readonly units: UnitItem[];
  readonly imports: ImportItem[];
  readonly imported: Map<string, ImportedName>;
  /** Names that type-only imports bind. */
  readonly typeImported: Map<string, ImportedName>;
  readonly exports: [string, ExportTarget][];
  readonly stars: ImportItem[];
  /** Constants made by `createRequire(import.meta.url)`. */
  readonly requirers: Set<string>;
  /** `export =`: importing anything means all of it. */
  exportsAssignment: boolean;
}

export function splitModule(program: Program, marks: MarkedStatements | null = null): ModuleItems {
  const items: ModuleItems = {
    units: [],
    imports: [],
    imported: new Map(),
    typeImported: new Map(),
    exports: [],
    stars: [],
    requirers: new Set(),
    exportsAssignment: false,
  };
  for (const statement of program.body) addStatement(statement, items, marks);
  return items;
}

function addStatement(statement: Node, items: ModuleItems, marks: MarkedStatements | null): void {
  if (isErased(statement)) return;
  switch (statement.type) {
    case "ImportDeclaration":
      addImport(statement, items);
      return;
    case "ExportNamedDeclaration":
      if (statement.source) addReExports(statement, statement.source.value, items);
      else if (statement.declaration) addDeclaration(statement.declaration, statement, items, true);
      else addLocalExports(statement, items);
      return;
    case "ExportAllDeclaration":
      if (statement.exportKind !== "type") {
        const item = importItem(statement, statement.source.value, [], true);
        items.imports.push(item);
        items.stars.push(item);
      }
      return;
    case "ExportDefaultDeclaration":
      addDefault(statement, items);
      return;
    case "TSExportAssignment":
      items.exportsAssignment = true;
      items.units.push(statementUnit(statement));
      return;
    case "TSImportEqualsDeclaration":
      addDeclaration(statement, statement, items, statement.isExport);
      return;
    case "ExpressionStatement":
      if (!addCommonJsStage(statement, items, marks)) items.units.push(statementUnit(statement));
      return;
    default:
      addDeclaration(statement, statement, items, false);
  }
}

/**
 * `module.exports = { orders }` and `exports.orders = orders` name what they export, so that stages are found there. What
 * they do besides stays a statement with an effect. Returns whether nothing is left to do: `exports.orders = stage(…)`.
 */
function addCommonJsStage(statement: ExpressionStatement, items: ModuleItems, marks: MarkedStatements | null): boolean {
  const assignment = unwrap(statement.expression);
  if (assignment.type !== "AssignmentExpression" || assignment.operator !== "=") return false;
  const target = memberChain(assignment.left);
  if (!target) return false;
  const chain = [target.root, ...target.path].join(".");
  const value = unwrap(assignment.right);
  if (chain === "module.exports" && value.type === "ObjectExpression") {
    const others = value.properties.filter((property) => !addExportedProperty(property, statement, items, marks));
    if (others.length === value.properties.length) return false;
    // A stage is run by name and is nobody's code: its neighbours must not go stale with it.
    const rest = { ...assignment, right: { ...value, properties: others } };
    items.units.push({ ...statementUnit({ ...statement, expression: rest }), statement });
    return true;
  }
  const name = /^(?:module\.)?exports\.([^.]+)$/.exec(chain)?.[1];
  if (name === undefined) return false;
  if (value.type === "Identifier") items.exports.push([name, { is: "local", name: value.name }]);
  const isMarked = marks?.marks(statement) === true && /Function/.test(value.type);
  if (!isStageCall(value) && !isMarked) return false;
  items.units.push(exportedStage(name, assignment, statement, value, assignment.left));
  items.exports.push([name, { is: "local", name: `exports.${name}` }]);
  return true;
}

/** Returns whether the property is a stage. */
function addExportedProperty(
  property: Node,
  statement: ExpressionStatement,
  items: ModuleItems,
  marks: MarkedStatements | null,
): boolean {
  if (property.type !== "ObjectProperty" || property.computed) return false;
  const { key } = property;
  if (key.type !== "Identifier" && key.type !== "StringLiteral") return false;
  const name = key.type === "Identifier" ? key.name : key.value;
  const value = unwrap(property.value);
  if (value.type === "Identifier") {
    items.exports.push([name, { is: "local", name: value.name }]);
    return items.units.some(
      (unit) =>
        unit.names.includes(value.name) &&
        ((unit.value !== null && isStageCall(unit.value)) || marks?.marks(unit.statement) === true),
    );
  }
  if (!isStageCall(value)) return false;
  items.units.push(exportedStage(name, property, statement, value, key));
  items.exports.push([name, { is: "local", name: `exports.${name}` }]);
  return true;
}

type ExpressionStatement = Extract<Node, { type: "ExpressionStatement" }>;

function exportedStage(name: string, node: Node, statement: Node, value: Node, nameNode: Node): UnitItem {
  return { kind: "variable", names: [`exports.${name}`], node, statement, value, nameNode, constant: false };
}

/** Whether it is the library's `stage` is decided when the modules are linked. */
function isStageCall(value: Node): boolean {
  const callee = value.type === "CallExpression" ? calleeChain(value.callee) : null;
  return callee !== null && (callee.path.at(-1) ?? callee.root) === "stage";
}

function addImport(node: Extract<Node, { type: "ImportDeclaration" }>, items: ModuleItems): void {
  const isType = isTypeImport(node);
  const names: string[] = [];
  for (const specifier of node.specifiers) {
    let imported = "*";
    if (specifier.type === "ImportDefaultSpecifier") imported = "default";
    else if (specifier.type === "ImportSpecifier") imported = nameText(specifier.imported);
    if (isType || isTypeImport(specifier)) {
      const from: ImportedName = { specifier: node.source.value, imported, how: "import", at: spanOf(specifier) };
      items.typeImported.set(specifier.local.name, from);
      continue;
    }
    names.push(specifier.local.name);
    bindImport(items, specifier.local.name, imported, node.source.value, "import", specifier);
  }
  if (isType) return;
  const item = importItem(node, node.source.value, names, false);
  items.imports.push({ ...item, bare: node.specifiers.length === 0 });
}

function isTypeImport(node: Node): boolean {
  return "importKind" in node && (node.importKind === "type" || node.importKind === "typeof");
}

function importItem(node: Node, specifier: string, names: readonly string[], reExport: boolean): ImportItem {
  return { specifier, how: "import", names, bare: false, reExport, at: spanOf(node) };
}

function bindImport(
  items: ModuleItems,
  local: string,
  imported: string,
  specifier: string,
  how: "import" | "require",
  node: Node,
): void {
  items.imported.set(local, { specifier, imported, how, at: spanOf(node) });
}

function addReExports(
  node: Extract<Node, { type: "ExportNamedDeclaration" }>,
  specifier: string,
  items: ModuleItems,
): void {
  const passes = node.specifiers.some((item) => item.type !== "ExportSpecifier" || item.exportKind !== "type");
  items.imports.push(importItem(node, specifier, [], passes));
  for (const item of node.specifiers) {
    if (item.type === "ExportSpecifier" && item.exportKind === "type") continue;
    let imported = "default";
    if (item.type === "ExportNamespaceSpecifier") imported = "*";
    else if (item.type === "ExportSpecifier") imported = nameText(item.local);
    items.exports.push([nameText(item.exported), { is: "from", specifier, imported, at: spanOf(item) }]);
  }
}

function addLocalExports(node: Extract<Node, { type: "ExportNamedDeclaration" }>, items: ModuleItems): void {
  for (const item of node.specifiers) {
    if (item.type !== "ExportSpecifier" || item.exportKind === "type") continue;
    items.exports.push([nameText(item.exported), { is: "local", name: nameText(item.local) }]);
  }
}

function addDefault(statement: Extract<Node, { type: "ExportDefaultDeclaration" }>, items: ModuleItems): void {
  const { declaration } = statement;
  if (isErased(declaration)) return;
  if (declaration.type === "FunctionDeclaration" || declaration.type === "ClassDeclaration") {
    const name = declaration.id?.name ?? DEFAULT_BINDING;
    items.units.push({
      kind: declaration.type === "ClassDeclaration" ? "class" : "function",
      names: [name],
      node: declaration,
      statement,
      value: null,
      nameNode: declaration.id ?? null,
      constant: false,
    });
    items.exports.push(["default", { is: "local", name }]);
    return;
  }
  const value = unwrap(declaration);
  if (value.type === "Identifier") {
    items.exports.push(["default", { is: "local", name: value.name }]);
    return;
  }
  items.units.push({
    kind: "variable",
    names: [DEFAULT_BINDING],
    node: declaration,
    statement,
    value,
    nameNode: null,
    constant: true,
  });
  items.exports.push(["default", { is: "local", name: DEFAULT_BINDING }]);
}

function addDeclaration(node: Node, statement: Node, items: ModuleItems, exported: boolean): void {
  if (exported) for (const name of declaredNames(node)) items.exports.push([name, { is: "local", name }]);
  switch (node.type) {
    case "VariableDeclaration":
      for (const declarator of node.declarations) addVariable(declarator, node.kind, statement, items);
      return;
    case "FunctionDeclaration":
      items.units.push(declarationUnit("function", node, statement));
      return;
    case "ClassDeclaration":
      items.units.push(declarationUnit("class", node, statement));
      return;
    case "TSEnumDeclaration":
      items.units.push(declarationUnit("enum", node, statement));
      return;
    case "TSModuleDeclaration":
      items.units.push(declarationUnit("namespace", node, statement));
      return;
    case "TSImportEqualsDeclaration":
      if (node.moduleReference.type === "TSExternalModuleReference") {
        bindRequire(items, node.id, node.moduleReference.expression.value, node);
      } else items.units.push(declarationUnit("variable", node, statement));
      return;
    default:
      items.units.push(statementUnit(node));
  }
}

function addVariable(
  declarator: Extract<Node, { type: "VariableDeclarator" }>,
  kind: string,
  statement: Node,
  items: ModuleItems,
): void {
  const value = declarator.init ? unwrap(declarator.init) : null;
  if (value && kind === "const" && declarator.id.type === "Identifier" && makesRequire(value, items)) {
    items.requirers.add(declarator.id.name);
  }
  const specifier = value ? requiredModule(value, items) : null;
  // Compilers write `var`.
  if (specifier !== null && kind !== "let" && bindRequire(items, declarator.id, specifier, declarator)) return;
  const names = patternIdentifiers(declarator.id).map((id) => id.name);
  const single = declarator.id.type === "Identifier";
  items.units.push({
    kind: "variable",
    names,
    node: declarator,
    statement,
    value: single ? value : null,
    nameNode: declarator.id,
    constant: single && kind === "const",
  });
}

/** `const x = require("m")` and `const { a, b: c } = require("m")` are imports in another spelling. */
function bindRequire(items: ModuleItems, pattern: Node, specifier: string, node: Node): boolean {
  const bound: [local: string, imported: string][] = [];
  if (pattern.type === "Identifier") bound.push([pattern.name, "*"]);
  else if (pattern.type === "ObjectPattern") {
    for (const property of pattern.properties) {
      if (property.type !== "ObjectProperty" || property.computed || property.key.type !== "Identifier") return false;
      if (property.value.type !== "Identifier") return false;
      bound.push([property.value.name, property.key.name]);
    }
  } else return false;
  for (const [local, imported] of bound) bindImport(items, local, imported, specifier, "require", node);
  items.imports.push({
    specifier,
    how: "require",
    names: bound.map(([local]) => local),
    bare: bound.length === 0,
    reExport: false,
    at: spanOf(node),
  });
  return true;
}

function makesRequire(node: Node, items: ModuleItems): boolean {
  const chain = node.type === "CallExpression" ? memberChain(node.callee) : null;
  const from = chain ? items.imported.get(chain.root) : undefined;
  if (!chain || !from || !/^(?:node:)?module$/.test(from.specifier)) return false;
  const name = chain.path.at(-1) ?? from.imported;
  return name === "createRequire" && isOwnPlace("arguments" in node ? node.arguments[0] : undefined);
}

function requiredModule(node: Node, items: ModuleItems): string | null {
  if (node.type !== "CallExpression" || node.arguments.length !== 1) return null;
  if (node.callee.type !== "Identifier") return null;
  if (node.callee.name !== "require" && !items.requirers.has(node.callee.name)) return null;
  const [argument] = node.arguments;
  return argument ? literalText(unwrap(argument)) : null;
}

function declarationUnit(kind: UnitKind, node: Node, statement: Node): UnitItem {
  const nameNode = "id" in node && node.id ? (node.id as Node) : null;
  return { kind, names: declaredNames(node), node, statement, value: null, nameNode, constant: false };
}

function statementUnit(node: Node): UnitItem {
  const names = [...new Set(hoistedNames(node))];
  return { kind: "effects", names, node, statement: node, value: null, nameNode: null, constant: false };
}

function nameText(node: Extract<Node, { type: "Identifier" | "StringLiteral" }>): string {
  return node.type === "Identifier" ? node.name : node.value;
}
