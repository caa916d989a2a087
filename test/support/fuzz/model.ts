/**
 * Small programs as data, for the fuzz. An edit changes the data and the program is written out again, so every version
 * is a valid program, and fast-check can shrink both the program and its edits.
 */

/** An expression whose value is, nearly always, a number. */
export type Expression =
  | { readonly is: "number"; readonly value: number }
  /** The parameter of the function it stands in. */
  | { readonly is: "parameter" }
  /** What a stage gets from another. */
  | { readonly is: "input"; readonly nth: number }
  /** A value of data.json. */
  | { readonly is: "data"; readonly nth: number }
  /** A property of `globalThis` that other modules may set. */
  | { readonly is: "global"; readonly nth: number }
  | { readonly is: "use"; readonly target: number; readonly how: number; readonly given: Expression }
  | { readonly is: "shape"; readonly shape: number; readonly a: Expression; readonly b: Expression };

interface ItemBase {
  /** Never changes; others refer to the item by it. Functions may call what has a lower one without a guard. */
  readonly id: number;
  readonly module: number;
  readonly template: number;
  readonly name: number;
  readonly parts: readonly Expression[];
  /** Another item that it extends or changes. */
  readonly target: number;
}

export type Item = ItemBase &
  (
    | { readonly kind: "declare" | "change" | "load" }
    | { readonly kind: "stage"; readonly upstream: readonly number[]; readonly parameter: number | null }
  );

export type Language = "ts" | "js" | "cjs";

export interface ModuleModel {
  readonly language: Language;
  /** How it is written: see `STYLE`. */
  readonly style: readonly number[];
}

/** What the numbers of a module's style decide. All but `importOrder` and `unusedImport` can make no difference when it runs. */
export const STYLE = {
  quotes: 0,
  layout: 1,
  comments: 2,
  parentheses: 3,
  types: 4,
  locals: 5,
  exports: 6,
  links: 7,
  moreLinks: 8,
  importOrder: 9,
  lineEnds: 10,
  unusedImport: 11,
} as const;
export const STYLE_LENGTH = 12;

export interface ProjectModel {
  readonly modules: readonly ModuleModel[];
  /** In the order they are written; each belongs to one module. */
  readonly items: readonly Item[];
  readonly data: readonly number[];
  readonly barrel: number;
  /** What runs at the top level may use what is declared after it. */
  readonly wild: boolean;
}

/** The text of each file of a project. */
export type Texts = Readonly<Record<string, string>>;

export function stageItems(project: ProjectModel): Extract<Item, { kind: "stage" }>[] {
  return project.items.flatMap((item) => (item.kind === "stage" ? [item] : []));
}
