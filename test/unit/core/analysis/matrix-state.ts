/** Edit matrix: what modules do when they are loaded, and state that functions change. */
import { changes, here, program, returning, single, stays, type SmallProgram } from "./small-programs.js";

export const STATE: readonly SmallProgram[] = [
  program(
    "bare imports",
    {
      "s.ts": returning("1", `import "./a.js";\nimport "./b.js";`),
      "a.ts": "globalThis.x = 1;\n",
      "b.ts": "globalThis.x = 2;\n",
      "c.ts": "globalThis.y = 3;\n",
    },
    changes("swapped", here(`import "./a.js";\nimport "./b.js";`, `import "./b.js";\nimport "./a.js";`)),
    changes("one taken away", here(`import "./b.js";`, "")),
    changes("one more", here(`import "./b.js";`, `import "./b.js";\nimport "./c.js";`)),
    changes("what one does", ["b.ts", "x = 2", "x = 3"]),
    stays("through a barrel", here(`import "./a.js";\nimport "./b.js";`, `import "./all.js";`), [
      "all.ts",
      /^/,
      `import "./a.js";\nimport "./b.js";\n`,
    ]),
    stays("a file that is not loaded", ["c.ts", "y = 3", "y = 4"]),
  ),
  program(
    "a prototype changed by another module",
    {
      "s.ts": returning("new A().go()", `import { A } from "./a.js";\nimport "./patch.js";`),
      "a.ts": "export class A { go() { return 1; } }\n",
      "patch.ts": `import { A } from "./a.js";\nA.prototype.go = () => 5;\n`,
    },
    changes("the change", ["patch.ts", "=> 5", "=> 6"]),
    changes("no longer loaded", here(`import "./patch.js";`, "")),
  ),
  program(
    "a prototype changed by a module that is imported for a name",
    {
      "s.ts": returning("new A().go() + x", `import { A } from "./a.js";\nimport { x } from "./patch.js";`),
      "a.ts": "export class A { go() { return 1; } }\n",
      "patch.ts": `import { A } from "./a.js";\nA.prototype.go = () => 5;\nexport const x = 1;\nexport const y = 2;\n`,
    },
    changes("the change", ["patch.ts", "=> 5", "=> 6"]),
    stays("another name", ["patch.ts", "y = 2", "y = 3"]),
  ),
  program(
    "a built-in prototype",
    {
      "s.ts": returning("f()", `import { f } from "./f.js";`),
      "f.ts":
        "(Array.prototype as any).last = function () { return 1; };\nexport const f = () => ([] as any).last();\n",
    },
    changes("the method put there", ["f.ts", "return 1", "return 2"]),
  ),
  program(
    "Object.assign at the top",
    {
      "s.ts": returning("f()", `import { f } from "./o.js";`),
      "o.ts":
        'const o: any = {};\nObject.assign(o, { v: 1 });\nObject.defineProperty(o, "w", { get: () => 2 });\nexport const f = () => [o.v, o.w];\n',
    },
    changes("what is assigned", ["o.ts", "v: 1", "v: 3"]),
    changes("a defined getter", ["o.ts", "=> 2", "=> 4"]),
  ),
  program(
    "a let and those who write it",
    {
      "s.ts": returning("[get(), rate]", `import { get, rate } from "./n.js";`),
      "n.ts":
        "let n = 0;\nexport let rate = 1;\nexport function bump() { n = 1; }\nexport function setRate(value: number) { ({ value: rate } = { value }); }\nexport const get = () => n;\nexport const other = () => 3;\n",
    },
    changes("the first value", ["n.ts", "n = 0", "n = 5"]),
    changes("a function that writes it", ["n.ts", "n = 1", "n = 2"]),
    changes("one that writes by destructuring", ["n.ts", "= { value }", "= { value: value * 2 }"]),
    stays("a function that does not", ["n.ts", "=> 3", "=> 4"]),
  ),
  program(
    "an object and those who change it",
    {
      "s.ts": returning("[list.length, seen.size, table.a]", `import { list, seen, table } from "./o.js";`),
      "o.ts":
        "export const list: number[] = [];\nexport const seen = new Set();\nexport const table: any = {};\nexport const add = () => list.push(1);\nexport const see = () => seen.add(1);\nexport const fill = () => { table.a ??= 1; };\nexport const assign = () => Object.assign(table, { b: 1 });\nexport const look = () => list.slice(1);\n",
    },
    changes("push", ["o.ts", "push(1)", "push(2)"]),
    changes("add", ["o.ts", "seen.add(1)", "seen.add(2)"]),
    changes("a member", ["o.ts", "??= 1", "??= 2"]),
    changes("Object.assign", ["o.ts", "b: 1", "b: 2"]),
    stays("one who only looks", ["o.ts", "slice(1)", "slice(2)"]),
  ),
  program(
    "a table filled from elsewhere",
    {
      "s.ts": returning("[list, x]", `import { list } from "./o.js";\nimport { x } from "./fill.js";`),
      "o.ts":
        "export const list: number[] = [];\nexport const register = (n: number) => { list.push(n); return n; };\n",
      "fill.ts": `import { register } from "./o.js";\nexport const x = 1;\nexport const y = register(1);\nexport const z = 2;\n`,
    },
    changes("what an initialiser puts in", ["fill.ts", "register(1)", "register(2)"]),
    stays("another name", ["fill.ts", "z = 2", "z = 3"]),
  ),
  program(
    "a function that fills what it is not given",
    {
      "s.ts": returning(
        "{ fill(); return list; }",
        `import { list } from "./o.js";\nimport { fill } from "./fill.js";`,
      ),
      "o.ts": "export const list: number[] = [];\n",
      "fill.ts": `import { list } from "./o.js";\nexport const fill = () => { list.push(1); };\n`,
    },
    changes("what it puts in", ["fill.ts", "push(1)", "push(2)"]),
  ),
  single(
    "a closure over a let",
    "next()",
    "function counter() { let n = 0; return () => ++n; }\nconst next = counter();",
    changes("its first value", here("n = 0", "n = 1")),
    changes("how it counts", here("++n", "n += 2")),
    stays("its name", here(/\bn\b/g, "count")),
  ),
  single(
    "initialisers in order",
    "a + b",
    "let n = 0; const next = () => ++n;\nconst a = next();\nconst b = next() * 10;",
    changes("swapped", here("const a = next();\nconst b = next() * 10;", "const b = next() * 10;\nconst a = next();")),
  ),
  program(
    "destructured exports",
    {
      "s.ts": returning("[a, c]", `import { a, c } from "./o.js";`),
      "o.ts": "export const { a, b } = { a: 1, b: 2 };\nexport const [c, d] = [1, 2];\n",
    },
    changes("the value", ["o.ts", "a: 1", "a: 3"]),
    changes("the order", ["o.ts", "[c, d]", "[d, c]"]),
  ),
  program(
    "exports that are assigned later",
    {
      "s.ts": returning("[a, b, c]", `import { a, b, c } from "./o.js";`),
      "o.ts": "export let a = 0;\nexport let b = 0;\n[a, b] = [1, 2];\nif (a) { var c = 3; }\nexport { c };\n",
    },
    changes("by destructuring", ["o.ts", "[1, 2]", "[1, 3]"]),
    changes("in a block", ["o.ts", "c = 3", "c = 4"]),
  ),
  program(
    "a default export that is a copy",
    { "s.ts": returning("x", `import x from "./o.js";`), "o.ts": "let a = 1;\nexport default a;\na = 2;\n" },
    changes("the value before", ["o.ts", "a = 1", "a = 3"]),
    changes("the value after", ["o.ts", "a = 2", "a = 4"]),
  ),
  program(
    "top-level await",
    {
      "s.ts": returning("[v, w]", `import { v, w } from "./o.js";`),
      "o.ts": "export const v = await Promise.resolve(1);\nexport let w = 0;\nawait (async () => { w = 1; })();\n",
    },
    changes("what is awaited", ["o.ts", "resolve(1)", "resolve(2)"]),
    changes("what a statement awaits", ["o.ts", "w = 1", "w = 2"]),
  ),
  program(
    "modules in a circle",
    {
      "s.ts": returning("a", `import { a } from "./a.js";`),
      "a.ts": `import { b } from "./b.js";\nexport const a = b + 1;\n`,
      "b.ts": `import "./a.js";\nexport const b = 1;\n`,
    },
    changes("the far one", ["b.ts", "b = 1", "b = 2"]),
  ),
  program(
    "a statement at the top",
    {
      "s.ts": returning("x", `import { x } from "./o.js";`),
      "o.ts": 'export const x = 1;\nfor (const name of ["a"]) { (globalThis as any)[name] = 1; }\n',
    },
    changes("what it does", ["o.ts", `"a"`, `"b"`]),
    stays("a comment in it", ["o.ts", "{ (global", "{ /* set */ (global"]),
  ),
  program(
    "an initialiser that nothing names",
    {
      "s.ts": returning("x", `import { x } from "./o.js";`),
      "o.ts": "export const x = 1;\nconst _ = ((globalThis as any).n = 1);\nconst pure = [1, 2];\n",
    },
    changes("one that does something", ["o.ts", "n = 1", "n = 2"]),
    stays("one that does nothing", ["o.ts", "[1, 2]", "[1, 3]"]),
  ),
  program(
    "two stages that share state",
    {
      "s.ts": `import { stage } from "restage";\nconst seen = new Set<number>();\nexport const s = stage({}, () => [1].filter((n) => seen.add(n)));\nexport const t = stage({}, () => [2].filter((n) => seen.add(n)));\n`,
    },
    stays("what the other one puts in, in its own process", here("[2]", "[3]")),
  ),
];
