/** Edit matrix: imports, exports, CommonJS, and what names another file in any other way. */
import { changes, here, program, returning, stays, type SmallProgram } from "./small-programs.js";

export const MODULES: readonly SmallProgram[] = [
  program(
    "a default import",
    {
      "s.ts": returning("f()", `import f from "./f.js";`),
      "f.ts": "const k = 1;\nexport default function named() { return k; }\nexport const f = () => 2;\n",
    },
    changes("what it uses", ["f.ts", "k = 1", "k = 3"]),
    changes("the named export instead", here("import f", "import { f }")),
    stays("the name it is imported by", here("import f", "import g"), here("=> f()", "=> g()")),
    stays("the function's own name", ["f.ts", "named", "other"]),
  ),
  program(
    "a default export in a list",
    {
      "s.ts": returning("d()", `import d from "./f.js";`),
      "f.ts": "function x() { return 1; }\nexport { x as default };\n",
    },
    changes("its body", ["f.ts", "return 1", "return 2"]),
    stays("written as default", [
      "f.ts",
      "function x() { return 1; }\nexport { x as default };",
      "export default function x() { return 1; }",
    ]),
  ),
  program(
    "a default export of an import",
    {
      "s.ts": returning("d()", `import d from "./f.js";`),
      "f.ts": `import { a } from "./a.js";\nexport default a;\n`,
      "a.ts": "export const a = () => 1;\n",
    },
    changes("its body", ["a.ts", "=> 1", "=> 2"]),
    stays("re-exported in one line", [
      "f.ts",
      `import { a } from "./a.js";\nexport default a;`,
      `export { a as default } from "./a.js";`,
    ]),
  ),
  program(
    "a default export of an object",
    {
      "s.ts": returning("d.a()", `import d from "./f.js";`),
      "f.ts": "const a = () => 1;\nconst unused = () => 2;\nexport default { a };\n",
    },
    changes("a method", ["f.ts", "=> 1", "=> 3"]),
    stays("what is not in it", ["f.ts", "=> 2", "=> 4"]),
  ),
  program(
    "a namespace import",
    {
      "s.ts": returning("[m.a, m?.b]", `import * as m from "./m.js";`),
      "m.ts": "export const a = 1;\nexport const b = 2;\nexport const c = 3;\n",
    },
    changes("a member that is used", ["m.ts", "a = 1", "a = 4"]),
    changes("another member", here("m.a", "m.c")),
    stays("the name of the namespace", here("as m", "as n"), here("[m.a, m?.b]", "[n.a, n?.b]")),
  ),
  program(
    "a namespace import of which only a member is used",
    { "s.ts": returning("m.a", `import * as m from "./m.js";`), "m.ts": "export const a = 1;\nexport const b = 2;\n" },
    stays("another member", ["m.ts", "b = 2", "b = 3"]),
    stays("a new member", ["m.ts", /$/, "export const d = 4;\n"]),
    changes("handed on as a whole", here("=> m.a", "=> Object.keys(m)")),
  ),
  program(
    "a namespace that is handed on",
    {
      "s.ts": returning("[Object.keys(m), { ...m }]", `import * as m from "./m.js";`),
      "m.ts": "export const a = 1;\n",
    },
    changes("a member", ["m.ts", "a = 1", "a = 2"]),
    changes("a new member", ["m.ts", /$/, "export const b = 2;\n"]),
    stays("what is not exported", ["m.ts", /$/, "const b = 2;\n"]),
  ),
  program(
    "a namespace taken apart",
    {
      "s.ts": returning("{ const { a } = m; return a; }", `import * as m from "./m.js";`),
      "m.ts": "export const a = 1;\n",
    },
    changes("a member", ["m.ts", "a = 1", "a = 2"]),
  ),
  program(
    "a namespace re-exported",
    {
      "s.ts": returning("[ns.x(), again.x()]", `import { ns, again } from "./b.js";`),
      "b.ts": `import * as m from "./m.js";\nexport * as ns from "./m.js";\nexport { m as again };\n`,
      "m.ts": "export function x() { return 1; }\nexport const y = 2;\n",
    },
    changes("a member that is used", ["m.ts", "return 1", "return 3"]),
    stays("a member that is not", ["m.ts", "y = 2", "y = 3"]),
  ),
  program(
    "export * in a circle",
    {
      "s.ts": returning("x()", `import { x } from "./a.js";`),
      "a.ts": `export * from "./b.js";\nexport * from "./x.js";\n`,
      "b.ts": `export * from "./a.js";\nexport const other = 1;\n`,
      "x.ts": "export function x() { return 1; }\n",
    },
    changes("the function", ["x.ts", "return 1", "return 2"]),
    stays("another export", ["b.ts", "other = 1", "other = 2"]),
    stays("the order of the two", ["a.ts", /(.*)\n(.*)\n/, "$2\n$1\n"]),
  ),
  program(
    "export * and a name of its own",
    {
      "s.ts": returning("x()", `import { x } from "./a.js";`),
      "a.ts": `export * from "./x.js";\n`,
      "x.ts": "export function x() { return 1; }\n",
      "y.ts": "export function x() { return 2; }\n",
    },
    changes("an explicit export goes first", ["a.ts", "export *", `export { x } from "./y.js"; export *`]),
    changes("another file", ["a.ts", "./x.js", "./y.js"]),
  ),
  program(
    "a chain of re-exports",
    {
      "s.ts": returning("c()", `import { c } from "./1.js";`),
      "1.ts": `export { b as c } from "./2.js";\n`,
      "2.ts": `import { a } from "./3.js";\nexport { a as b };\n`,
      "3.ts": "export const a = () => 1;\n",
    },
    changes("the end of it", ["3.ts", "=> 1", "=> 2"]),
    stays("a name on the way", ["1.ts", "b as c", "z as c"], ["2.ts", "a as b", "a as z"]),
    stays("a step left out", ["1.ts", `{ b as c } from "./2.js"`, `{ a as c } from "./3.js"`]),
  ),
  program(
    "two imported names",
    { "s.ts": returning("[a, b]", `import { a, b } from "./m.js";`), "m.ts": "export const a = 1, b = 2;\n" },
    changes("swapped", here("{ a, b }", "{ b as a, a as b }")),
    stays(
      "imported one by one",
      here(`import { a, b } from "./m.js";`, `import { b } from "./m.js";\nimport { a } from "./m.js";`),
    ),
    stays("renamed together", here("{ a, b }", "{ a as x, b as y }"), here("=> [a, b]", "=> [x, y]")),
  ),
  program(
    "a helper with another name",
    {
      "s.ts": returning("[1].map(f)", `import { f } from "./f.js";`),
      "f.ts": "const LIMIT = 2;\nexport const f = (x: number) => x * LIMIT;\n",
    },
    stays("its name", here(/\bf\b/g, "g"), here("./g.js", "./f.js"), ["f.ts", "const f", "const g"]),
    stays("the name of a constant", ["f.ts", /LIMIT/g, "MAX"]),
    stays("exported in a list", [
      "f.ts",
      "export const f = (x: number) => x * LIMIT;",
      "const f = (x: number) => x * LIMIT;\nexport { f };",
    ]),
    changes("the constant", ["f.ts", "= 2", "= 3"]),
  ),
  program(
    "a helper and where it is",
    {
      "s.ts": returning("f()", `import { f } from "./f.js";`),
      "f.ts": `import { z } from "./z.js";\nexport const f = () => z;\n`,
      "z.ts": "export const z = 1;\n",
      "deep/f.ts": `import { z } from "../z.js";\nexport const f = () => z;\n`,
    },
    stays("moved to a folder", here("./f.js", "./deep/f.js")),
    stays(
      "moved into the stage's file",
      here(`import { f } from "./f.js";`, `import { z } from "./z.js";\nconst f = () => z;`),
    ),
    stays("the extension in the import", here("./f.js", "./f.ts")),
    stays("no extension in the import", here("./f.js", "./f")),
  ),
  program(
    "imports of types",
    {
      "s.ts": returning("x", `import { x } from "./x.js";`),
      "x.ts": "export const x = 1;\nexport type T = 1;\n",
      "e.ts": "console.log(1);\nexport type E = 1;\n",
    },
    stays("a type beside it", here("{ x }", "{ x, type T }")),
    stays("of a module that does something", here("import { x }", `import type { E } from "./e.js";\nimport { x }`)),
    changes("that module without the word type", here("import { x }", `import "./e.js";\nimport { x }`)),
    stays("export type", ["x.ts", /$/, `export type { E } from "./e.js";\nexport interface I {}\n`]),
    stays(
      "declare module and declare global",
      here(/$/, `declare module "y" { export const y: 1; }\ndeclare global { interface Window { a: 1 } }\n`),
    ),
  ),
  program(
    "import()",
    { "s.ts": returning('import("./f.js")'), "f.ts": "export default 1;\nconst unused = 2;\n" },
    changes("what it exports", ["f.ts", "default 1", "default 3"]),
    stays("what it does not", ["f.ts", "unused = 2", "unused = 3"]),
    stays("in a template", here(`"./f.js"`, "`./f.js`")),
  ),
  program(
    "import() in a helper",
    {
      "s.ts": returning("f()", `import { f } from "./f.js";`),
      "f.ts": `export const f = () => import("./g.js");\n`,
      "g.ts": "export const g = 1;\n",
    },
    changes("what it loads", ["g.ts", "g = 1", "g = 2"]),
  ),
  program(
    "JSON and text",
    {
      "s.ts": returning(
        "[json, text]",
        `import json from "./a.json" with { type: "json" };\nimport text from "./t.txt";`,
      ),
      "a.json": `{ "a": 1 }`,
      "t.txt": "text",
    },
    changes("a value", ["a.json", "1", "2"]),
    changes("the text", ["t.txt", "text", "texts"]),
    stays("import attributes", here(` with { type: "json" }`, "")),
  ),
  program(
    "CommonJS",
    {
      "s.cjs": `const { stage } = require("restage");\nconst { double } = require("./d.cjs");\nconst all = require("./e.cjs");\nexports.s = stage({}, () => [double(2), all.e, require("./g.cjs").g]);\n`,
      "d.cjs": "const factor = 2;\nmodule.exports = { double: (x) => x * factor };\n",
      "e.cjs": `Object.assign(exports, require("./f.cjs"));\n`,
      "f.cjs": "exports.e = 1;\n",
      "g.cjs": "exports.g = 1;\n",
    },
    changes("a constant behind it", ["d.cjs", "factor = 2", "factor = 3"]),
    changes("Object.assign on exports", ["f.cjs", "e = 1", "e = 2"]),
    changes("required inside", ["g.cjs", "g = 1", "g = 2"]),
    changes("use strict", ["s.cjs", /^/, `"use strict";\n`]),
    stays("a comment", ["d.cjs", /^/, "// x\n"]),
  ),
  program(
    "CommonJS in TypeScript",
    {
      "s.ts": returning("f()", `import f = require("./f.cjs");`),
      "f.cts": "const k = 1;\nfunction f() { return k; }\nexport = f;\n",
    },
    changes("what it uses", ["f.cts", "k = 1", "k = 2"]),
    stays("a type", ["f.cts", "f()", "f(): number"]),
  ),
  program(
    "an ES module that imports CommonJS",
    {
      "s.ts": returning("[c.a, d]", `import c from "./c.cjs";\nimport { d } from "./d.cjs";`),
      "c.cjs": "exports.a = 1;\n",
      "d.cjs": "exports.d = 1;\n",
    },
    changes("through the default", ["c.cjs", "a = 1", "a = 2"]),
    changes("through a name", ["d.cjs", "d = 1", "d = 2"]),
  ),
  program(
    "createRequire",
    {
      "s.ts": returning(
        '[req("./a.cjs"), createRequire(import.meta.url)("./b.cjs"), c]',
        `import { createRequire } from "node:module";\nconst req = createRequire(import.meta.url);\nconst { c } = req("./c.cjs");`,
      ),
      "a.cjs": "exports.a = 1;\n",
      "b.cjs": "exports.b = 1;\n",
      "c.cjs": "exports.c = 1;\n",
    },
    changes("what it loads", ["a.cjs", "1", "2"]),
    changes("called at once", ["b.cjs", "1", "2"]),
    changes("at the top", ["c.cjs", "1", "2"]),
  ),
  program(
    "files that are only named",
    {
      "s.ts": returning(
        '[new Worker(new URL("./w.ts", import.meta.url)), import.meta.resolve("./r.txt")]',
        `import { Worker } from "node:worker_threads";`,
      ),
      "w.ts": `import { v } from "./v.js";\nconsole.log(v);\n`,
      "v.ts": "export const v = 1;\n",
      "r.txt": "a",
    },
    changes("what a worker imports", ["v.ts", "v = 1", "v = 2"]),
    changes("a worker's own code", ["w.ts", "log(v)", "log(v + 1)"]),
    stays("a comment in it", ["w.ts", /^/, "// worker\n"]),
    changes("a file found by import.meta.resolve", ["r.txt", "a", "b"]),
  ),
  program(
    "require.resolve",
    {
      "s.cjs": `const { stage } = require("restage");\nconst fs = require("fs");\nexports.s = stage({}, () => fs.readFileSync(require.resolve("./r.cjs")));\n`,
      "r.cjs": "exports.r = 1;\n",
    },
    changes("the file it names", ["r.cjs", "1", "2"]),
  ),
  program(
    "import.meta.url",
    { "s.ts": returning("import.meta.url"), "x.ts": "" },
    changes("another property", here("meta.url", "meta.dirname")),
  ),
  program(
    "elements",
    {
      "s.tsx": `import { stage } from "restage";\nimport { createElement } from "./h.js";\nconst React = { createElement };\nconst Part = () => 1;\nexport const s = stage({}, () => <a b="&amp;"><Part />x&nbsp;y</a>);\n`,
      "h.ts": "export const createElement = (...all: unknown[]) => all;\n",
    },
    changes("the factory", ["h.ts", "=> all", "=> all[0]"]),
    changes("a component", ["s.tsx", "=> 1", "=> 2"]),
    changes("text", ["s.tsx", "y</a>", "z</a>"]),
    stays("an entity", ["s.tsx", "x&nbsp;y", "x\u00a0y"]),
    changes("a backslash is no escape here", ["s.tsx", `b="&amp;"`, `b="\\n"`]),
    stays("line breaks between", ["s.tsx", "<Part />", "\n    <Part />\n    "]),
  ),
  program(
    "packages",
    { "s.ts": returning("map([1], filter)", `import { map, filter } from "lodash";`) },
    changes("another function", here("map([1], filter)", "filter([1], map)")),
    changes("another entry", here(`"lodash"`, `"lodash/fp"`)),
    stays("an import nobody uses", here("import", `import { z } from "zod";\nimport`)),
  ),
  program(
    "built-in modules",
    { "s.ts": returning('join("a")', `import { join } from "node:path";`) },
    stays("node: left out", here("node:path", "path")),
    changes("another function", here("{ join }", "{ resolve as join }")),
  ),
];
