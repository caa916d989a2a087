/** Canonical form of what loads or names another file: `import()`, `require`, `require.resolve`, `createRequire`, `new URL`. */
import type { Node } from "@babel/types";
import { literalText, memberChain, spanOf, staticMember, unwrap } from "./syntax.js";
import type { Walk } from "./walk.js";

interface Load {
  readonly what: "import" | "require" | "require.resolve" | "import.meta.resolve";
  readonly argument: Node | undefined;
}

/** Returns whether the call was one, and is written. A computed one is flagged and left to be written as any call. */
export function emitLoad(walk: Walk, node: Extract<Node, { type: "CallExpression" }>): boolean {
  const load = loadOf(walk, node);
  if (!load) {
    if (isCreateRequire(walk, node.callee)) walk.flag("createRequire()", node);
    return false;
  }
  const specifier = load.argument ? literalText(unwrap(load.argument)) : null;
  if (specifier === null) {
    walk.flag(`computed ${load.what}()`, node);
    return false;
  }
  const at = spanOf(node);
  const how = load.what.startsWith("import") ? "import" : "require";
  // What only asks where a file is may read it as text.
  const isFile = load.what.endsWith(".resolve") && /^\.{0,2}\//.test(specifier);
  const position = walk.references.add(isFile ? { to: "asset", specifier, at } : { to: "module", specifier, how, at });
  walk.put(`${isFile ? "A" : load.what === how ? "M" : "P"}${position},`);
  return true;
}

function loadOf(walk: Walk, node: Extract<Node, { type: "CallExpression" }>): Load | null {
  const callee = unwrap(node.callee);
  const [argument] = node.arguments;
  if (callee.type === "Import") return { what: "import", argument };
  if (callee.type === "CallExpression") {
    return isCreateRequire(walk, callee.callee) && isOwnPlace(callee.arguments[0])
      ? { what: "require", argument }
      : null;
  }
  if (staticMember(callee) === "resolve" && "object" in callee && isImportMeta(unwrap(callee.object))) {
    return { what: "import.meta.resolve", argument };
  }
  const chain = memberChain(callee);
  if (!chain) return null;
  const { root, path } = chain;
  const member = path.join(".");
  if (root === "module" && member === "require" && walk.isGlobal("module")) return { what: "require", argument };
  if (!(root === "require" && walk.isGlobal("require")) && !(walk.module.requirers.has(root) && !walk.isLocal(root))) {
    return null;
  }
  if (member === "") return { what: "require", argument };
  return member === "resolve" ? { what: "require.resolve", argument } : null;
}

function isCreateRequire(walk: Walk, callee: Node): boolean {
  const chain = memberChain(callee);
  const from = chain && !walk.isLocal(chain.root) ? walk.module.imported.get(chain.root) : undefined;
  if (!chain || !from || !/^(?:node:)?module$/.test(from.specifier)) return false;
  return (chain.path.at(-1) ?? from.imported) === "createRequire";
}

/** `createRequire(import.meta.url)`: what it loads is named as an import of this file would be. */
export function isOwnPlace(node: Node | undefined): boolean {
  if (!node) return false;
  const place = unwrap(node);
  if (place.type === "Identifier") return place.name === "__filename";
  return (
    place.type === "MemberExpression" &&
    /^(?:url|filename)$/.test(staticMember(place) ?? "") &&
    isImportMeta(unwrap(place.object))
  );
}

/** The file that `new URL("./file", import.meta.url)` names. */
export function assetOf(node: Extract<Node, { type: "NewExpression" }>): string | null {
  const callee = unwrap(node.callee);
  const [first, second] = node.arguments;
  if (callee.type !== "Identifier" || callee.name !== "URL" || !first || !second) return null;
  const place = unwrap(second);
  const isUrl =
    place.type === "MemberExpression" && staticMember(place) === "url" && isImportMeta(unwrap(place.object));
  const literal = isUrl ? literalText(unwrap(first)) : null;
  return literal !== null && /^\.{1,2}\//.test(literal) ? literal : null;
}

function isImportMeta(node: Node): boolean {
  return node.type === "MetaProperty" && node.meta.name === "import";
}
