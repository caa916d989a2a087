/**
 * Where each stage of an open document is now. A status speaks of the saved text; while a person types, positions are
 * moved with the edits, so that lenses stay on their stage until the next status.
 *
 * Invariant: a position from a status replaces the moved one only if the stage's name stands there in the document, for
 * a status can be older than the text it arrives at (it was on its way while the file was saved again).
 */

/** A place in a document, from 0. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** One replacement in a document: the text between `start` and `end` became `text`. */
export interface TextEdit {
  readonly start: Position;
  readonly end: Position;
  readonly text: string;
}

/** What the positions are checked against. */
export interface TextSource {
  readonly lineCount: number;
  lineAt(line: number): string;
}

/** A stage as a status places it. `length` of its name in the source. */
export interface PlacedStage {
  readonly id: string;
  readonly name: string;
  readonly position: Position;
  readonly length: number;
}

interface Tracked {
  readonly position: Position;
  /** What stands at the position: the name in the source, which for `export { a as b }` is not the stage's name. */
  readonly text: string;
}

export class LensPositions {
  #tracked = new Map<string, Tracked>();
  #editsSinceSave: TextEdit[] = [];

  /** A status arrived. */
  adopt(stages: readonly PlacedStage[], text: TextSource): void {
    const next = new Map<string, Tracked>();
    for (const stage of stages) {
      const position = this.#editsSinceSave.reduce(shift, stage.position);
      const found = textAt(text, position, stage.length);
      const known = this.#tracked.get(stage.id);
      const isThere = found === stage.name || (known !== undefined && found === known.text);
      const knownHolds = known !== undefined && textAt(text, known.position, known.text.length) === known.text;
      next.set(stage.id, !isThere && knownHolds ? known : { position, text: found });
    }
    this.#tracked = next;
  }

  /** The document changed. `saved`: it is now the text on disk. Edits of one event do not overlap. */
  edit(edits: readonly TextEdit[], saved: boolean): void {
    // Last one first: then an edit does not move the places of those still to come.
    const ordered = [...edits].sort((a, b) => compare(b.start, a.start));
    for (const [id, tracked] of this.#tracked) {
      const move = (position: Position, edit: TextEdit): Position => follow(position, tracked.text, edit);
      this.#tracked.set(id, { ...tracked, position: ordered.reduce(move, tracked.position) });
    }
    if (saved) this.#editsSinceSave = [];
    else this.#editsSinceSave.push(...ordered);
  }

  saved(): void {
    this.#editsSinceSave = [];
  }

  positionOf(id: string): Position | null {
    return this.#tracked.get(id)?.position ?? null;
  }
}

/** Where `position` is after `edit`. What was inside of the replaced text goes to its start. */
export function shift(position: Position, edit: TextEdit): Position {
  if (compare(position, edit.start) < 0) return position;
  if (compare(position, edit.end) < 0) return edit.start;
  const lines = edit.text.split("\n");
  const last = (lines.at(-1) ?? "").length;
  const line = position.line - edit.end.line + edit.start.line + lines.length - 1;
  if (position.line !== edit.end.line) return { line, column: position.column };
  const kept = position.column - edit.end.column;
  return { line, column: lines.length === 1 ? edit.start.column + last + kept : last + kept };
}

/** Like `shift`, but a name that was replaced by text which holds it (a formatter's work, a paste) is found in there. */
function follow(position: Position, name: string, edit: TextEdit): Position {
  const inside = compare(position, edit.start) >= 0 && compare(position, edit.end) < 0;
  const index = inside && name !== "" ? indexOfWord(edit.text, name) : -1;
  if (index === -1) return shift(position, edit);
  const before = edit.text.slice(0, index).split("\n");
  const column = (before.at(-1) ?? "").length + (before.length === 1 ? edit.start.column : 0);
  return { line: edit.start.line + before.length - 1, column };
}

function indexOfWord(text: string, word: string): number {
  const isPart = (character: string | undefined): boolean => character !== undefined && /[\w$]/.test(character);
  for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + 1)) {
    if (!isPart(text[at - 1]) && !isPart(text[at + word.length])) return at;
  }
  return -1;
}

function compare(a: Position, b: Position): number {
  return a.line === b.line ? a.column - b.column : a.line - b.line;
}

function textAt(text: TextSource, position: Position, length: number): string {
  if (position.line >= text.lineCount) return "";
  return text.lineAt(position.line).slice(position.column, position.column + length);
}
