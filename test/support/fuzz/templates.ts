/**
 * What the fuzz builds programs from. In a template `@N`, `@N1`, … are names the declaration gives to the module; `@0` is
 * an expression evaluated where it stands, `@f0` one inside a function that has a parameter `@x` and fuel `@n`, `@g0` one
 * inside a function that has neither; `@a` and `@b` are given expressions, `@d` is fuel; `@x`, `@y`, … are local names;
 * `@B` is a class to extend; `@t` is a place for a type.
 */

export interface DeclarationTemplate {
  readonly text: string;
  /** Expressions that use it, anywhere. */
  readonly uses: readonly string[];
  /** Statements that change it, in any module. */
  readonly changes?: readonly string[];
  /** Statements that change it and can only stand in its own module. */
  readonly own?: readonly string[];
  readonly typeScript?: true;
  /** Waits at the top level: not in a program with CommonJS. */
  readonly waits?: true;
  /** Has methods `m` and `static s`, so that others can extend it. */
  readonly isClass?: true;
}

export const DECLARATIONS: readonly DeclarationTemplate[] = [
  { text: `const @N@t = @0;`, uses: ["@N"] },
  { text: `function @N(@x@t, @n@t = 2)@t { return @f0; }`, uses: ["@N(@a, @d)", "@N(@a, @d)", "@N.length"] },
  { text: `const @N = (@x@t, @n@t = 2) => @f0;`, uses: ["@N(@a, @d)", "@N(@a, @d)", "@N.name.length"] },
  {
    text: `let @N@t = @0;\nfunction @N1(@x@t) { @N = @N + @x; return @N; }`,
    uses: ["@N", "@N1(@a)"],
    changes: ["@N1(@0);"],
    own: ["@N = @0;", "@N++;", "[@N] = [@0];", "({ v: @N } = { v: @0 });", "for (@N of [@0, @1]);"],
  },
  {
    text: `function @N(@x@t, @n@t = 2, @y@t = @f0) { let @z = @f1; for (let @i = 0; @i < 2; @i++) { @z += @i * @y; } return @z; }`,
    uses: ["@N(@a, @d)", "@N(@a, @d, @b)"],
  },
  {
    text: `const @N = function @k(@x@t, @n@t = 2) { if (@n > 5) return @k(@x, 0); const @y = @f0; return @y + @f1; };`,
    uses: ["@N(@a, @d)", "@N.name.length"],
  },
  {
    text: `class @N { static total@t = @0; #secret = @g1; v = @g2; constructor(@x@t, @n@t = 2) { this.made = @f3; } get g() { return this.v + 1; } m(@x@t, @n@t = 2) { return this.#secret + @x; } static s(@x@t, @n@t = 2) { return @N.total + @x; } }`,
    uses: ["new @N(@a, @d).made", "new @N(@a, @d).m(@b, @d)", "@N.s(@a, @d)", "new @N(@a, 0).g", "@N.total"],
    changes: [
      "@N.total = @0;",
      "@N.prototype.m = function (@x, @n = 2) { return @f0; };",
      `Object.defineProperty(@N.prototype, "g", { get() { return @g0; } });`,
      "@N.extra = @0;",
      "Object.assign(@N, { total: @0 });",
    ],
    isClass: true,
  },
  {
    text: `class @N { static from = @0; static { this.from += @1; } m(@x@t, @n@t = 2) { return @f2; } static s(@x@t, @n@t = 2) { return @N.from + @f3; } }`,
    uses: ["new @N().m(@a, @d)", "@N.s(@a, @d)", "@N.from", "Object.keys(@N).length"],
    changes: ["@N.from += @0;", "@N.s = (@x, @n = 2) => @f0;", `Reflect.set(@N, "from", @0);`],
    isClass: true,
  },
  {
    text: `class @N extends @B { p = @g0; static q = @1; m(@x@t, @n@t = 2) { return super.m(@x, @n) + @f2; } static s(@x@t, @n@t = 2) { return super.s(@x, @n) * 2; } }`,
    uses: ["new @N(@a, 0).m(@a, @d)", "@N.s(@a, @d)", "new @N(1, 0).p", "Object.keys(new @N(1, 0)).join().length"],
    changes: ["@N.q = @0;", "@N.prototype.m = function (@x, @n = 2) { return @f0; };"],
    isClass: true,
  },
  {
    text: `const @N@t = { a: @0, m(@x@t, @n@t = 2) { return this.a + @f1; }, get g() { return this.a + @g2; }, ["k" + 1]: @3 };`,
    uses: ["@N.a", "@N.m(@a, @d)", "@N.g", "@N.k1", "Object.keys(@N).join().length", "JSON.stringify(@N).length"],
    changes: [
      "@N.a = @0;",
      "Object.assign(@N, { a: @0 });",
      `Object.defineProperty(@N, "a", { value: @0 });`,
      "delete @N.k1;",
      "@N.m = (@x, @n = 2) => @f0;",
      "@N.b = @0;",
      `@N["a"] += @0;`,
    ],
  },
  { text: `const { p: @N, q: @N1 = @0, ...@N2 }@t = { p: @1, r: @2 };`, uses: ["@N", "@N1", "@N2.r"] },
  { text: `const [@N, , @N1 = @0] = [@1, @2];`, uses: ["@N", "@N1"] },
  {
    text: `const @N = new Map([["k", @0]]);`,
    uses: [`(@N.get("k") ?? 0)`, "@N.size", "[...@N.values()].reduce((@y, @z) => @y + @z, 0)"],
    changes: [`@N.set("k", @0);`, `@N.set("j", @0);`, `@N.delete("k");`, "for (const @i of [1, 2]) @N.set(@i, @0);"],
  },
  {
    text: `const @N@t = [@0, @1, @2];`,
    uses: [
      "@N[1]",
      "@N.length",
      "@N.reduce((@y, @z) => @y * 3 + @z, 0)",
      "@N.map((@y) => @y + @a)[0]",
      "Math.max(...@N)",
    ],
    changes: ["@N.push(@0);", "@N.sort();", "@N.reverse();", "@N[0] = @0;", "@N.length = 1;", "@N.splice(0, 1, @0);"],
  },
  {
    text: `function* @N(@x@t, @n@t = 2) { yield @f0; const @y = yield* [@x, @f1]; return @y; }`,
    uses: ["[...@N(@a, @d)][2]", "Array.from(@N(@a, @d)).reduce((@y, @z) => @y - @z, 0)", "@N(@a, @d).next().value"],
  },
  { text: `const @N = (() => { let @k = @0; return () => ++@k; })();`, uses: ["@N()"], changes: ["@N();"] },
  {
    text: `enum @N { A = @0, B = 5, C = A + B }`,
    uses: ["@N.A", "@N.C", "@N[5].length", "Object.keys(@N).length"],
    typeScript: true,
  },
  { text: `const enum @N { A = 3, B, C = "text" }`, uses: ["@N.A", "@N.B", "@N.C.length"], typeScript: true },
  {
    text: `namespace @N { const hidden = @0; export const v = @1 + hidden; export function f(@x@t, @n@t = 2) { return v + @f2; } }`,
    uses: ["@N.v", "@N.f(@a, @d)"],
    typeScript: true,
  },
  {
    text: "const @N = (@y@t, ...@z@t) => @y.raw.join('-').length + @z.length + @z[0] + @g0;",
    uses: ["@N`a${@a}b\\n`", "@N`${@a}${@b}`"],
  },
  { text: `const @N = /a(b|c)+/;`, uses: [`"xabcb".replace(@N, "").length`, "@N.source.length"] },
  { text: `const @N = /[ab]/g;`, uses: [`(@N.test("ab") ? 1 : 0)`, `"abc".replace(@N, "").length`] },
  { text: `const @N = 2n ** 70n + BigInt(Math.trunc(@0) || 0);`, uses: ["Number(@N % 1009n)"] },
  { text: `const @N@t = { n: 0, get g() { return ++this.n + @g0; } };`, uses: ["@N.g", "@N.n"] },
  { text: `var @N@t = @0;\nif (@1 % 2 === 0) { var @N1 = @2; }`, uses: ["@N", "(@N1 ?? 0)"], own: ["@N = @0;"] },
  {
    text: `const @N1@t = {};\nfunction @N(@x@t, @n@t = 2) { return (@N1[@x] ??= @f0); }`,
    uses: ["@N(@a, @d)", "Object.keys(@N1).length"],
  },
  {
    text: `const @N1@t = [];\nfunction @N(@x@t) { @N1.push(@x); return @N1.length; }`,
    uses: ["@N(@a)", "@N1.length", "(@N1[0] ?? 0)"],
    changes: ["@N(@0);"],
  },
  { text: `const @N = Object.freeze({ v: @0, w: Object.freeze([@1]) });`, uses: ["@N.v", "@N.w[0]"] },
  { text: `const @N = { *[Symbol.iterator]() { yield @g0; yield @g1; } };`, uses: ["[...@N][1]", "Math.max(...@N)"] },
  {
    text: `const @N@t = { valueOf() { return @g0; }, toString() { return "s" + @g1; } };`,
    uses: ["(+@N)", "`${@N}`.length", "(@N * 2)"],
  },
  { text: `const @N = ((@y@t) => (@x@t, @n@t = 2) => @y + @f0)(@1);`, uses: ["@N(@a, @d)"] },
  {
    text: `function @N(@x@t, @n@t = 2) { return @f0 + (@N.extra ?? 0); }\n@N.extra = @1;`,
    uses: ["@N(@a, @d)", "@N.extra"],
    changes: ["@N.extra = @0;"],
  },
  {
    text: `function @N(@x@t, @n@t = 2) { switch (Math.abs(@f0) % 3) { case 0: return @f1; case 1: { const @y = @f2; return @y; } default: } try { return @f3; } finally { @x = 0; } }`,
    uses: ["@N(@a, @d)"],
  },
  {
    text: `function @N(@x@t, @n@t = 2) { const @y = @z(@f0); function @z(@k@t) { return @k + @f1; } return @y; }`,
    uses: ["@N(@a, @d)"],
  },
  { text: `let @N@t;\nif (@0 > 5) @N = @1; else @N = @2;`, uses: ["(@N ?? 0)"] },
  {
    text: `const @N = new Date(86400000 * (Math.trunc(@0) || 0));`,
    uses: ["(@N.getTime() % 1009)"],
    changes: ["@N.setTime(@0);"],
  },
  { text: `const @N = new Set([@0, @1]);`, uses: ["@N.size", "[...@N][0]"], changes: ["@N.add(@0);", "@N.clear();"] },
  {
    text: `class @N { static list@t = []; static s(@x@t) { @N.list.push(@x); return @N.list.length; } m(@x@t) { return @N.list.length; } }`,
    uses: ["@N.list.length", "@N.s(@a)", "new @N().m(@a)"],
    changes: ["@N.s(@0);"],
    isClass: true,
  },
  {
    text: `const @N1@t = [];\nclass @N { constructor(@x@t) { @N1.push(@x); } m(@x@t) { return @N1.length; } static s(@x@t) { return @x; } }`,
    uses: ["@N1.length", "(new @N(@a) ? 1 : 0)", "new @N(@a).m(@b)"],
    changes: ["new @N(@0);"],
    isClass: true,
  },
  {
    text: `const @N1 = new Map();\nconst @N = (@y@t, @z@t) => { @N1.set(@y, @z); return @z; };`,
    uses: [`@N("k", @a)`, `(@N1.get("k") ?? 0)`, "@N1.size"],
    changes: [`@N("k", @0);`, `@N("j", @0);`],
  },
  {
    text: `const @N1@t = { total: @0, add(@x@t) { this.total += @x; return this.total; } };\nconst @N = @N1;`,
    uses: ["@N.add(@a)", "@N1.total", "@N.total"],
    changes: ["@N.add(@0);", "@N1.total = @0;", "@N.total *= 2;"],
  },
  { text: `const @N@t = await Promise.resolve(@0);`, uses: ["@N"], waits: true },
  {
    text: `async function @N(@x@t, @n@t = 2) { const @y = await @f0; return @y + @f1; }`,
    uses: ["await @N(@a, @d)", "@N.length"],
  },
  { text: `async function* @N(@x@t, @n@t = 2) { yield @f0; yield @f1; }`, uses: ["(await @N(@a, @d).next()).value"] },
  {
    text: `const @N = (@x@t, @n@t = 2, { u: @y = @f0, v: [@z] = [@f1] } = {}) => @y * 5 + @z;`,
    uses: ["@N(@a, @d)", "@N(@a, @d, { u: @b })"],
  },
  {
    text: `class @N { static #made = @0; static s(@x@t, @n@t = 2) { return ++@N.#made + @f1; } static get g() { return @N.#made; } m() { return 1; } }`,
    uses: ["@N.s(@a, @d)", "@N.g"],
    changes: ["@N.s(@0, 0);"],
    isClass: true,
  },
  {
    text: `const @N@t = [@0, @1].map((@y, @i) => ({ y: @y, i: @i, f: (@x@t, @n@t = 2) => @f2 }));`,
    uses: ["@N[0].y", "@N[1].f(@a, @d)", "@N.length"],
    changes: ["@N[0].f = () => @0;", "@N.pop();"],
  },
  {
    text: `const @N@t = new Proxy({ v: @0 }, { get: (@y@t, @k@t) => (@k in @y ? @y[@k] : @g1) });`,
    uses: ["@N.v", "@N.other"],
    changes: ["@N.v = @0;"],
  },
];

/** Ways to write an expression with two parts; nearly all of them give a number. */
export const SHAPES: readonly string[] = [
  "(@a + @b)",
  "(@a - @b)",
  "(@a * 3 + @b)",
  "(@a % 17)",
  "(@a < @b ? @a : @b)",
  "(@a > 4 && @b)",
  "(@a ?? @b)",
  "[@a, @b].reduce((@y, @z) => @y * 7 + @z, 1)",
  "((@y@t, @z@t = @b) => @y - @z)(@a)",
  "`${@a}:${@b}`.length",
  "({ v: @a, w: @b }).w",
  "Object.assign({}, { v: @a }, { w: @b }).v",
  "[...[@a], ...[@b]][1]",
  "(({ p, q: @z = @b }@t) => p + @z)({ p: @a })",
  "Math.max(@a, @b)",
  "(function (@y@t) { if (@y > 3) { return @a; } return @b; })(@a)",
  "(() => { let @y = @a; for (const @z of [1, 2]) @y += @z * @b; return @y; })()",
  "(() => { let @y = @a; while (@y > 100) { @y -= 50; if (@y < 60) break; } return @y + @b; })()",
  "(() => { try { return @a; } finally { void @b; } })()",
  "((@a | 0) ** 2)",
  "(-@a)",
  "(typeof @a).length",
  "({ f() { return @a; } })?.f?.()",
  `JSON.stringify([@a, "x", @b]).length`,
  "new Set([@a, @b, @a]).size",
  `"a,b,c".split(",").map((@y) => @y + @a).join("").length`,
  "[@a, @b].sort((@y, @z) => @y - @z)[0]",
  "(@a, @b)",
  "(() => { switch (@a) { case 1: return 1; default: return @b; } })()",
  "[...(function* () { yield @a; yield @b; })()][1]",
  "(@a === @b ? 1 : 2)",
  "(1_000 + @a)",
  "Number(`1${[@a].length}`)",
  "new (class { v = @a; get w() { return this.v + @b; } })().w",
  "(() => { const [@y, @z = 2] = [@a]; return @y * @z; })()",
  "(() => { const @y = []; for (let @i = 0; @i < 2; @i++) @y.push(() => @i + @a); return @y[1](); })()",
  "Math.round(@a / 2)",
  "(~@a)",
  "(!@a ? 1 : @b)",
  "Number(BigInt(Math.trunc(@a) || 0) * 2n)",
];

/** Ways to write a statement at the top level of a module. */
export const WRAPPINGS: readonly string[] = [
  "@S",
  "@S",
  "if (@1 !== 3.5) { @S }",
  "for (const @i of [1]) { @S }",
  "(() => { @S })();",
  "try { @S } catch {}",
  "{ const @y = 1; @S void @y; }",
  "function @N() { @S }\n@N();",
  "const @N = (() => { @S return 1; })();",
  "class @N { static { @S } }",
  "switch (1) { default: @S }",
  "label: for (;;) { @S break label; }",
];

/** Statements that change nothing that a module declared. */
export const GLOBAL_CHANGES: readonly string[] = [
  "globalThis.shared0 = @0;",
  "globalThis.shared1 = (globalThis.shared1 ?? 0) + @0;",
  "Object.assign(globalThis, { shared0: @0 });",
];

/** Ways to write a stage's run function; `@P` is the parameter, `@0` to `@2` expressions. */
export const STAGE_FORMS: readonly string[] = [
  "(@P@t) => [@0, @1, @2]",
  "async (@P@t) => ({ a: @0, b: [@1, @2] })",
  "async function (@P@t) { const @y = @0; return { y: @y, z: @1, w: @2 }; }",
  "async (@P@t) => { const @y = []; for (const @z of [1, 2]) { @y.push(@z * @0); } return [...@y, @1, @2]; }",
  "async function* (@P@t) { yield { v: @0 }; yield { v: @1, w: @2 }; }",
];
