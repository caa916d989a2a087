/** Finds `@stage` comments and the statements they stand before, as TypeScript attaches documentation comments. */
import type { Comment, Node } from "@babel/types";
import { mayHaveStageComments, readStageComment, type StageComment } from "../plain-form/stage-tags.js";
import { declaredNames } from "./declared-names.js";
import type { LostMark } from "./file-summary.js";
import type { ModuleItems, UnitItem } from "./module-items.js";
import type { ParsedModule } from "./parse.js";
import { runNodeOf } from "./canonical-run.js";

export interface StageMark {
  readonly comment: StageComment;
  readonly statement: Node;
}

/** `null` for the many files that have none: they pay for one look at their text. */
export function findStageMarks({ program, comments }: ParsedModule, text: string): StageMarks | null {
  if (!mayHaveStageComments(text)) return null;
  const marks: StageMark[] = [];
  const lost: LostMark[] = [];
  let at = 0;
  comments.forEach((comment, index) => {
    if (comment.type !== "CommentBlock" || !comment.loc) return;
    const { start } = comment.loc;
    const read = readStageComment(comment.value, start.line, start.column + 3);
    if (!read) return;
    const { body } = program;
    while (at < body.length && endOf(body[at]) <= startOf(comment)) at++;
    const next = body[at];
    if (!next || startOf(next) < startOf(comment)) {
      lost.push(...lostMark(read, text, endOf(comment), "not-top-level"));
      return;
    }
    if (!isDocumentationOf(next, index, comments, text)) return;
    marks.push({ comment: read, statement: implementationOf(body, at) });
  });
  return marks.length + lost.length === 0 ? null : new StageMarks(marks, lost, text);
}

export class StageMarks {
  readonly #byStatement: ReadonlyMap<Node, StageMark>;
  readonly #lost: readonly LostMark[];
  readonly #text: string;

  constructor(marks: readonly StageMark[], lost: readonly LostMark[], text: string) {
    this.#byStatement = new Map(marks.map((mark) => [mark.statement, mark]));
    this.#lost = lost;
    this.#text = text;
  }

  /** Whether the comment of this statement makes a stage of what it exports. */
  marks(statement: Node): boolean {
    return this.#byStatement.has(statement);
  }

  /** Of several declarations in one statement, the comment is of the first. */
  of(item: UnitItem, { exports }: ModuleItems): StageMark | null {
    const mark = this.#byStatement.get(item.statement) ?? null;
    if (!mark || item.kind === "effects" || item.names.length === 0) return null;
    const isExported = exports.some(([, target]) => target.is === "local" && item.names.includes(target.name));
    if (!mark.comment.bare && !(isExported && runNodeOf(item))) return null;
    const first = item.statement.type === "ExportNamedDeclaration" ? item.statement.declaration : item.statement;
    if (first?.type === "VariableDeclaration" && first.declarations[0] !== item.node) return null;
    return mark;
  }

  /** Comments that mark nothing. Where another meaning of `@stage` is likely, nothing is said. */
  lost(items: ModuleItems): LostMark[] {
    const found = new Set(items.units.flatMap((unit) => this.of(unit, items) ?? []));
    const erased = [...this.#byStatement.values()].filter((mark) => !found.has(mark));
    const named = erased.flatMap((m) => lostMark(m.comment, this.#text, startOf(m.statement), "no-function"));
    return [...this.#lost, ...named];
  }
}

/** Only white space and comments between, and no other documentation comment, which would be the statement's own. */
function isDocumentationOf(next: Node, index: number, comments: readonly Comment[], text: string): boolean {
  const before = comments[index];
  let from = before ? endOf(before) : 0;
  for (const comment of comments.slice(index + 1)) {
    if (startOf(comment) >= startOf(next)) break;
    if (comment.type === "CommentBlock" && comment.value.startsWith("*")) return false;
    if (text.slice(from, startOf(comment)).trim() !== "") return false;
    from = endOf(comment);
  }
  return text.slice(from, startOf(next)).trim() === "";
}

/** The comment of an overloaded function stands before its first signature. */
function implementationOf(body: readonly Node[], at: number): Node {
  const first = declarationOf(body[at]);
  const [name] = first?.type === "TSDeclareFunction" && first.id ? [first.id.name] : [];
  for (let i = at; name !== undefined && i < body.length; i++) {
    const declaration = declarationOf(body[i]);
    if (declaration?.type === "FunctionDeclaration" && declaredNames(declaration)[0] === name) return body[i] as Node;
    if (declaration?.type !== "TSDeclareFunction" || declaration.id?.name !== name) break;
  }
  return body[at] as Node;
}

function declarationOf(statement: Node | undefined): Node | null {
  if (statement?.type === "ExportNamedDeclaration" || statement?.type === "ExportDefaultDeclaration")
    return statement.declaration ?? null;
  return statement ?? null;
}

const DECLARED =
  /^\s*(?:(?:export|default|async|static|public|private|protected|abstract|declare|readonly|function\s*\*?|const|let|var|class|interface|type|enum|get|set|\*)\s+|\*\s*)*([\p{ID_Start}$_][\p{ID_Continue}$]*)/u;

function lostMark(comment: StageComment, text: string, from: number, why: LostMark["why"]): LostMark[] {
  const name = DECLARED.exec(text.slice(from, from + 200))?.[1];
  return comment.bare && name !== undefined && !/^(?:import|export|return|if|for|while)$/.test(name)
    ? [{ name, why, at: comment.at }]
    : [];
}

function startOf(node: { readonly start?: number | null }): number {
  return node.start ?? 0;
}

function endOf(node: { readonly end?: number | null } | undefined): number {
  return node?.end ?? 0;
}
