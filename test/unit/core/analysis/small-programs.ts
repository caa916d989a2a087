/** Small programs with one stage each, and edits of them: rows of the edit matrix. */
import type { Files } from "./memory-host.js";

/** What to replace in which file. Everything that is named in one row happens in one edit. */
export type Replacement = readonly [file: string, from: string | RegExp, to: string];

export interface ProgramEdit {
  readonly title: string;
  /** Whether the stage's fingerprint is another afterwards. */
  readonly changes: boolean;
  readonly replacements: readonly Replacement[];
}

export interface SmallProgram {
  readonly title: string;
  readonly files: Files;
  readonly edits: readonly ProgramEdit[];
}

const LIBRARY = `import { stage } from "restage";\n`;

/** The text of `s.ts` with one stage that returns the expression. */
export function returning(expression: string, head = ""): string {
  return `${LIBRARY}${head}\nexport const s = stage({}, () => ${expression});\n`;
}

export function program(title: string, files: Files, ...edits: readonly ProgramEdit[]): SmallProgram {
  return { title, files, edits };
}

/** A program in the single file `s.ts`. */
export function single(
  title: string,
  expression: string,
  head: string,
  ...edits: readonly ProgramEdit[]
): SmallProgram {
  return { title, files: { "s.ts": returning(expression, head) }, edits };
}

export function changes(title: string, ...replacements: readonly Replacement[]): ProgramEdit {
  return { title, changes: true, replacements };
}

export function stays(title: string, ...replacements: readonly Replacement[]): ProgramEdit {
  return { title, changes: false, replacements };
}

/** In `s.ts`, which is where most edits are. */
export function here(from: string | RegExp, to: string): Replacement {
  return ["s.ts", from, to];
}
