/**
 * The tags of a `/** @stage *\/` comment, read from its text alone: the analysis reads them in parsed files, the editor in
 * half-typed ones, and both must agree on what is a tag and where its parts stand.
 */

/** Start line, start column, end line, end column; all from 1, the end exclusive. */
export type TagSpan = readonly [line: number, column: number, endLine: number, endColumn: number];

export interface TagWord {
  readonly text: string;
  readonly at: TagSpan;
}

export interface StageTag {
  /** Without the `@`, as written. */
  readonly tag: string;
  readonly at: TagSpan;
  /** The first word after the tag. */
  readonly name: TagWord | null;
  /** The rest of the line after the name, trimmed. */
  readonly value: TagWord | null;
}

export interface StageComment {
  /** The `@stage` itself. */
  readonly at: TagSpan;
  /** Nothing follows `@stage` on its line: it cannot be meant as something else, such as `@stage 3` of a proposal. */
  readonly bare: boolean;
  /** What the comment says before its first tag, as one line. */
  readonly description: string;
  /** All tags that are about the stage, and those that look as if they were. */
  readonly tags: readonly StageTag[];
}

/** Tags that say something of a stage. Others (`@param`, `@returns`, …) are for other readers. */
export const STAGE_TAGS = ["stage", "input", "param-input", "option"] as const;
const LIKE_STAGE_TAGS = /^(?:stages|inputs|options|param_?inputs?|param-inputs|parameter-?inputs?)$/i;

/** The only look that files without stages of this form pay for. */
export function mayHaveStageComments(text: string): boolean {
  return text.includes("@stage");
}

/**
 * Reads the text between `/*` and `*\/`. `line` and `column` say where that text begins, from 1. `null` when it is no
 * documentation comment or has no `@stage` at the beginning of a line.
 */
export function readStageComment(text: string, line: number, column: number): StageComment | null {
  if (!text.startsWith("*") || !text.includes("@stage")) return null;
  const tags: StageTag[] = [];
  const description: string[] = [];
  let stage: StageTag | null = null;
  let fenced = false;
  let tagged = false;
  text.split(/\r\n|[\n\r\u2028\u2029]/).forEach((written, index) => {
    const { content, indent } = withoutStars(written);
    if (content.startsWith("```")) fenced = !fenced;
    const found = fenced ? null : tagOf(content, line + index, indent + (index === 0 ? column : 1));
    if (!found) {
      if (!tagged) description.push(content.trim());
      return;
    }
    tagged = true;
    if (found.tag === "stage") stage ??= found;
    if (isStageTag(found.tag) || LIKE_STAGE_TAGS.test(found.tag)) tags.push(found);
  });
  const marked = stage as StageTag | null;
  if (marked === null) return null;
  const paragraph =
    description
      .join("\n")
      .trim()
      .split(/\n\s*\n/, 1)[0] ?? "";
  return { at: marked.at, bare: marked.name === null, description: paragraph.replace(/\s+/g, " "), tags };
}

export function isStageTag(tag: string): boolean {
  return (STAGE_TAGS as readonly string[]).includes(tag);
}

/** A line without the star it may begin with, and how many characters that takes away. */
function withoutStars(written: string): { readonly content: string; readonly indent: number } {
  const indent = /^\s*\**\s*/.exec(written)?.[0].length ?? 0;
  return { content: written.slice(indent), indent };
}

function tagOf(content: string, line: number, column: number): StageTag | null {
  const match = /^@([A-Za-z][\w-]*)(?:(\s+)(\S+)(?:(\s+)(\S.*))?)?/.exec(content);
  if (!match) return null;
  const [, tag = "", gap = "", name, gap2 = "", rest] = match;
  const word = (text: string | undefined, offset: number): TagWord | null => {
    if (text === undefined) return null;
    const trimmed = text.trimEnd();
    // `*/` would end the comment, so globs such as `data/**/*.csv` are written with a backslash.
    return {
      text: trimmed.replaceAll("*\\/", "*/"),
      at: [line, column + offset, line, column + offset + trimmed.length],
    };
  };
  const nameAt = 1 + tag.length + gap.length;
  return {
    tag,
    at: [line, column, line, column + 1 + tag.length],
    name: word(name, nameAt),
    value: word(rest, nameAt + (name?.length ?? 0) + gap2.length),
  };
}
