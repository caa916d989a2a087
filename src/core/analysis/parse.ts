import { parse } from "@babel/parser";
import type { ParserOptions, ParserPlugin } from "@babel/parser";
import type { Comment, Program } from "@babel/types";
import type { UnparsedSummary } from "./file-summary.js";

export interface ParsedModule {
  readonly program: Program;
  readonly comments: readonly Comment[];
}

/** The syntax tree of a module; the extension decides the dialect. Never throws. */
export function parseModule(fileName: string, text: string): ParsedModule | UnparsedSummary {
  try {
    const { program, comments } = parse(text, parserOptions(fileName));
    return { program, comments: comments ?? [] };
  } catch (error) {
    return describeParseError(error);
  }
}

export function isTypeScript(fileName: string): boolean {
  return /\.[mc]?tsx?$/.test(fileName);
}

function parserOptions(fileName: string): ParserOptions {
  const plugins: ParserPlugin[] = ["decoratorAutoAccessors", "explicitResourceManagement", "importAttributes"];
  plugins.push(isTypeScript(fileName) ? "decorators-legacy" : "decorators");
  if (isTypeScript(fileName)) {
    plugins.push("typescript");
    // In `.ts` a `<T>x` is a type assertion, in `.tsx` it would be an element.
    if (fileName.endsWith("x")) plugins.push("jsx");
  } else {
    plugins.push("jsx");
  }
  return {
    // Only a plain `.js` or `.cjs` can be a sloppy script; trying both is slower.
    sourceType: /\.c?jsx?$/.test(fileName) ? "unambiguous" : "module",
    plugins,
    attachComment: false,
    allowAwaitOutsideFunction: true,
    allowReturnOutsideFunction: true,
    allowNewTargetOutsideFunction: true,
    // Exporting a name that is only a type, or declared in another way, is for the type checker to complain about.
    allowUndeclaredExports: true,
  };
}

/** Babel's errors carry the place in `loc` and repeat it at the end of the message; anything else is a limit of the parser. */
function describeParseError(error: unknown): UnparsedSummary {
  if (!(error instanceof Error))
    return { ok: false, message: "The file could not be read as code.", line: 1, column: 1 };
  if (error instanceof RangeError) {
    return { ok: false, message: "The file's code is nested too deeply to be analysed.", line: 1, column: 1 };
  }
  const loc: unknown = "loc" in error ? error.loc : undefined;
  const message = error.message.replace(/\s*\(\d+:\d+\)$/, "");
  if (typeof loc === "object" && loc !== null && "line" in loc && "column" in loc) {
    return { ok: false, message, line: Number(loc.line), column: Number(loc.column) + 1 };
  }
  return { ok: false, message, line: 1, column: 1 };
}
