/** What fast-check makes fuzzed projects and their edits from. */
import fc from "fast-check";
import { STYLE_LENGTH, type Expression, type Item, type ModuleModel, type ProjectModel } from "./model.js";

const number = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constantFrom(-1, 0.5, 10, 100, 1000, 12345));
const small = fc.nat(60);
/** Identities of items are small numbers; a number that is nobody's is written as a literal. */
const target = fc.nat(22);

export const expression: fc.Arbitrary<Expression> = fc.letrec<{ expression: Expression }>((tie) => ({
  expression: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    { weight: 2, arbitrary: number.map((value): Expression => ({ is: "number", value })) },
    { weight: 2, arbitrary: fc.constant<Expression>({ is: "parameter" }) },
    { weight: 1, arbitrary: small.map((nth): Expression => ({ is: "input", nth })) },
    { weight: 1, arbitrary: small.map((nth): Expression => ({ is: "data", nth })) },
    { weight: 1, arbitrary: small.map((nth): Expression => ({ is: "global", nth })) },
    {
      weight: 8,
      arbitrary: fc.record({ is: fc.constant("use" as const), target, how: small, given: tie("expression") }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        is: fc.constant("shape" as const),
        shape: small,
        a: tie("expression"),
        b: tie("expression"),
      }),
    },
  ),
})).expression;

export interface ItemSeed {
  readonly kind: Item["kind"];
  readonly module: number;
  readonly template: number;
  readonly name: number;
  readonly target: number;
  readonly parts: readonly Expression[];
  readonly upstream: readonly number[];
  readonly parameter: number | null;
}

export const itemSeed: fc.Arbitrary<ItemSeed> = fc.record({
  kind: fc.oneof(
    { weight: 8, arbitrary: fc.constant("declare" as const) },
    { weight: 2, arbitrary: fc.constant("change" as const) },
    { weight: 2, arbitrary: fc.constant("stage" as const) },
    { weight: 1, arbitrary: fc.constant("load" as const) },
  ),
  module: fc.nat(4),
  template: fc.nat(200),
  name: small,
  target,
  parts: fc.array(expression, { minLength: 4, maxLength: 4 }),
  upstream: fc.array(target, { maxLength: 2 }),
  parameter: fc.option(fc.nat(9)),
});

const style = fc.oneof(
  { weight: 1, arbitrary: fc.constant<number[]>(Array<number>(STYLE_LENGTH).fill(0)) },
  { weight: 2, arbitrary: fc.array(fc.nat(20), { minLength: STYLE_LENGTH, maxLength: STYLE_LENGTH }) },
);

const moduleModel: fc.Arbitrary<ModuleModel> = fc.record({
  language: fc.oneof(
    { weight: 8, arbitrary: fc.constant("ts" as const) },
    { weight: 2, arbitrary: fc.constant("js" as const) },
    { weight: 1, arbitrary: fc.constant("cjs" as const) },
  ),
  style,
});

/** Items get numbers in order; a stage's upstreams are stages before it, so that there is no circle of stages. */
export function addItem(items: readonly Item[], seed: ItemSeed, id: number, modules: number): Item {
  const stages = items.filter((item) => item.kind === "stage" && item.id < id);
  const base = { ...seed, id, module: seed.module % modules };
  if (seed.kind !== "stage") return { ...base, kind: seed.kind };
  const upstream = seed.upstream.flatMap((nth) => stages[nth % (stages.length || 1)]?.id ?? []);
  return { ...base, kind: "stage", upstream: [...new Set(upstream)], parameter: seed.parameter };
}

export const project: fc.Arbitrary<ProjectModel> = fc
  .record({
    modules: fc.array(moduleModel, { minLength: 2, maxLength: 5, size: "max" }),
    seeds: fc.array(itemSeed, { minLength: 3, maxLength: 16, size: "max" }),
    ordered: fc.boolean(),
    data: fc.array(fc.nat(9), { minLength: 2, maxLength: 2 }),
    barrel: fc.nat(31),
    wild: fc.nat(4).map((nth) => nth === 4),
    last: itemSeed,
  })
  .map(({ modules, seeds, ordered, data, barrel, wild, last }) => {
    const items: Item[] = [];
    // At least one stage, where all that can be reached is known.
    [...seeds, { ...last, kind: "stage" as const }].forEach((seed, id) => {
      const share = Math.floor((id * modules.length) / (seeds.length + 1));
      items.push(addItem(items, ordered ? { ...seed, module: share } : seed, id, modules.length));
    });
    return { modules, items, data, barrel, wild };
  });

/** One edit, as numbers that choose; `edits.ts` says what they do to a project. */
export interface Edit {
  readonly what: EditKind;
  readonly at: number;
  readonly where: number;
  readonly value: number;
  readonly expression: Expression;
  readonly seed: ItemSeed;
}

export const EDIT_KINDS = [
  "expression",
  "literal",
  "use",
  "swap parts",
  "template",
  "add",
  "remove",
  "order",
  "move",
  "style",
  "data",
  "target",
  "barrel",
  "parameter",
] as const;
export type EditKind = (typeof EDIT_KINDS)[number];

export const edit: fc.Arbitrary<Edit> = fc.record({
  what: fc.oneof(
    { weight: 6, arbitrary: fc.constant("style" as const) },
    { weight: 12, arbitrary: fc.constantFrom(...EDIT_KINDS) },
  ),
  at: fc.nat(1000),
  where: fc.nat(1000),
  value: fc.nat(100),
  expression,
  seed: itemSeed,
});
