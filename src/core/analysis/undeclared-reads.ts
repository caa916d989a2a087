/**
 * Files that a stage reads or runs behind the back of its inputs, where that can be seen: by a name that is written in the
 * code. What a stage reads by a name it was given is an input, and fine.
 */
import type { Node } from "@babel/types";
import { assetOf } from "./canonical-loads.js";
import { literalText, memberChain, staticMember, unwrap } from "./syntax.js";
import type { Walk } from "./walk.js";

const READING =
  /^(?:readFile|readdir|open|opendir|stat|lstat|exists|access|readlink|glob)(?:Sync)?$|^createReadStream$|^openAsBlob$/;
/** Functions that make names of names. */
const NAMING = /^(?:join|resolve|normalize|dirname|relative|fileURLToPath|cwd)$/;

/** Flags `readFileSync("data.csv")`. */
export function noteRead(walk: Walk, node: Extract<Node, { type: "CallExpression" }>): void {
  const [first] = node.arguments;
  const name = first ? importedMember(walk, node.callee, /^(?:node:)?fs(?:\/promises)?$/) : null;
  if (!first || name === null || !READING.test(name) || !isWritten(walk, first)) return;
  const literal = literalText(unwrap(first));
  walk.flag(`${name}(${literal === null ? "…" : JSON.stringify(literal)}), which no input declares`, node);
}

/** The code of a worker is followed where `new Worker(new URL("./worker.js", import.meta.url))` names it. */
export function noteWorker(walk: Walk, node: Extract<Node, { type: "NewExpression" }>): void {
  if (importedMember(walk, node.callee, /^(?:node:)?worker_threads$/) !== "Worker") return;
  const script = node.arguments[0] ? unwrap(node.arguments[0]) : null;
  if (script?.type !== "NewExpression" || assetOf(script) === null) walk.flag("new Worker() of a computed file", node);
}

/** The member of a Node module that an expression names: `fs.promises.readFile` and an imported `readFile` alike. */
function importedMember(walk: Walk, expression: Node, specifier: RegExp): string | null {
  const chain = memberChain(expression);
  const from = chain && !walk.isLocal(chain.root) ? walk.module.imported.get(chain.root) : undefined;
  return chain && from && specifier.test(from.specifier) ? (chain.path.at(-1) ?? from.imported) : null;
}

/** Whether a file name is written in the code, with nothing in it that comes from outside. */
export function isWritten(walk: Walk, node: Node): boolean {
  const value = unwrap(node);
  switch (value.type) {
    case "StringLiteral":
      return true;
    case "TemplateLiteral":
      return value.expressions.every((part) => isWritten(walk, part));
    case "BinaryExpression":
      return value.operator === "+" && isWritten(walk, value.left) && isWritten(walk, value.right);
    case "Identifier": {
      const local = walk.local(value.name);
      if (local) return local.written;
      if (walk.isGlobal(value.name)) return value.name === "__dirname" || value.name === "__filename";
      return walk.module.writtenNames.has(value.name);
    }
    case "MemberExpression":
      return (
        unwrap(value.object).type === "MetaProperty" && /^(?:url|dirname|filename)$/.test(staticMember(value) ?? "")
      );
    case "NewExpression": {
      const callee = unwrap(value.callee);
      const isUrl = callee.type === "Identifier" && callee.name === "URL";
      return isUrl && assetOf(value) === null && value.arguments.every((part) => isWritten(walk, part));
    }
    case "CallExpression": {
      const chain = memberChain(value.callee);
      const name = chain?.path.at(-1) ?? chain?.root ?? "";
      return NAMING.test(name) && value.arguments.every((part) => isWritten(walk, part));
    }
    default:
      return false;
  }
}
