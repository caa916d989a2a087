import assert from "node:assert/strict";
import { fingerprintOf, Workspace } from "./memory-host.js";

/** A module of two constants `A` and `B` that a run function may or may not reach. */
const OTHER = `export const A = 1;\nexport const B = 2;\nexport class Base {}\nexport const f = (x: unknown) => x;\n`;

function stageFile(body: string, extension: string): Record<string, string> {
  const text = `import { stage } from "restage";\nimport { A, B, Base, f } from "./other";\n${body}\n`;
  return { [`s.${extension}`]: text, "other.ts": OTHER };
}

/** Which of the module's names the stage reaches: those whose change changes its fingerprint. */
function reached(body: string, extension = "ts"): string[] {
  const files = stageFile(body, extension);
  const before = fingerprintOf(files);
  const changes = {
    A: ["A = 1", "A = 3"],
    B: ["B = 2", "B = 3"],
    Base: ["Base {}", "Base { x = 1 }"],
    f: ["=> x", "=> [x]"],
  };
  return Object.entries(changes)
    .filter(([, [from = "", to = ""]]) => fingerprintOf({ ...files, "other.ts": OTHER.replace(from, to) }) !== before)
    .map(([name]) => name);
}

const run = (code: string): string => `export const s = stage({}, ${code});`;

const cases: readonly (readonly [title: string, body: string, names: readonly string[], extension?: string])[] = [
  ["a name in use", run("() => A"), ["A"]],
  ["a parameter", run("(A) => A"), []],
  ["a destructured parameter", run("({ A, x: [B] }) => A + B"), []],
  ["a rest parameter", run("(...A) => A"), []],
  ["a default that uses an outer name", run("(x = A) => x"), ["A"]],
  ["a default that the body's var does not shadow", run("function (x = A) { var A = 1; return x + A; }"), ["A"]],
  ["var hoisted from a nested block", run("() => { if (1) { for (;;) { var A = 1; } } return A; }"), []],
  ["let only in its block", run("() => { { let A = 1; } return A; }"), ["A"]],
  ["const of a for-of", run("() => { for (const A of []) { f(A); } }"), ["f"]],
  ["the head of a for-in", run("() => { for (const k in A) { f(k); } }"), ["A", "f"]],
  ["a catch parameter", run("() => { try {} catch (A) { f(A); } }"), ["f"]],
  ["a catch without parameter", run("() => { try {} catch { return A; } }"), ["A"]],
  ["a named function expression", run("function A() { return A; }"), []],
  ["a nested function declaration, hoisted", run("() => { return A(); function A() {} }"), []],
  ["a local class", run("() => { class A { m() { return A; } } return A; }"), []],
  ["a class expression's own name", run("() => class A { static x = A; }"), []],
  ["a superclass", run("() => class extends Base {}"), ["Base"]],
  ["a label", run("() => { A: for (;;) { break A; } }"), []],
  ["a property name", run("(o) => o.A + { A: 1 }.A"), []],
  ["a computed property", run("(o) => o[A]"), ["A"]],
  ["a computed key", run("() => ({ [A]: B })"), ["A", "B"]],
  ["a shorthand", run("() => ({ A })"), ["A"]],
  ["a method's name", run("() => ({ A() { return B; } })"), ["B"]],
  ["a private name", run("() => class { #A = B; m(o) { return #A in o; } }"), ["B"]],
  ["a static block", run("() => class { static { f(1); } }"), ["f"]],
  ["a decorator", run("() => { @f class X {} return X; }"), ["f"]],
  ["a tagged template", run("() => f`x${A}`"), ["A", "f"]],
  ["an assignment pattern", run("({ x = A }) => x"), ["A"]],
  ["switch cases share a scope", run("(x) => { switch (x) { case A: let B = 1; default: return B; } }"), ["A"]],
  ["a type of the same name", run("(x: A) => x as B"), []],
  ["typeof in a type", run("(x: typeof A) => x"), []],
  ["satisfies", run("() => A satisfies B"), ["A"]],
  ["an instantiation", run("() => f<typeof A>"), ["f"]],
  ["a local enum", run("() => { enum A { X = 1, Y = X } return A.Y; }"), []],
  ["an enum that uses a constant", `enum E { X = A }\n${run("() => E.X")}`, ["A"]],
  ["a namespace", `namespace N { export const y = A; const B = 1; export const z = B; }\n${run("() => N.y")}`, ["A"]],
  [
    "merged namespaces",
    `namespace N { export const y = 1; }\nnamespace N { export const z = A; }\n${run("() => N")}`,
    ["A"],
  ],
  [
    "a function with a namespace",
    `function g() { return A; }\nnamespace g { export const z = B; }\n${run("() => g()")}`,
    ["A", "B"],
  ],
  ["an import alias", `namespace N { export const y = A; }\nimport y = N.y;\n${run("() => y")}`, ["A"]],
  ["import x = require()", `import o = require("./other");\n${run("() => o.B")}`, ["B"]],
  ["using", run("() => { using A = f(1); return A; }"), ["f"]],
  ["await using", run("async () => { await using A = f(1); return A; }"), ["f"]],
  ["a parameter property's default", `class C { constructor(private x = A) {} }\n${run("() => new C()")}`, ["A"]],
  ["a generator", run("function* () { yield* f(A); }"), ["A", "f"]],
  ["an optional call", run("() => f?.(A)?.x"), ["A", "f"]],
  ["an assignment to a shadowed name", run("() => { let A; A = B; [A] = [f]; return A; }"), ["B", "f"]],
  ["a destructured module constant", `const { x, ...y } = f(A);\n${run("() => y")}`, ["A", "f"]],
  ["an identifier spelled with an escape", run("() => \\u0041"), ["A"]],
  ["new.target and import.meta", run("function () { return [new.target, import.meta.url]; }"), []],
  ["an element", run("() => <div A={B}>{A}</div>"), ["A", "B"], "tsx"],
  ["an element of an imported component", run("() => <Base.X x />"), ["Base"], "tsx"],
  ["a spread attribute and a fragment", run("() => <><p {...A} /></>"), ["A"], "jsx"],
  ["a type assertion in angle brackets", run("() => <any>A"), ["A"]],
  ["accessor fields", run("() => class { accessor A = B; }"), ["B"]],
  ["an object's __proto__", run("() => ({ __proto__: A })"), ["A"]],
  ["a sequence and a comma", run("() => (A, B)"), ["A", "B"]],
  ["a dynamic import of the module", run("() => import('./other')"), ["A", "B", "Base", "f"]],
  ["require of the module", run("() => require('./other')"), ["A", "B", "Base", "f"]],
];

describe("What a run function reaches", () => {
  for (const [title, body, names, extension] of cases) {
    it(`is right for ${title}`, () => assert.deepEqual(reached(body, extension), names));
  }
});

describe("The canonical form of code", () => {
  const print = (code: string, extension = "ts"): string => fingerprintOf(stageFile(run(code), extension));
  const differing: readonly (readonly [string, string, string?])[] = [
    ["() => 1", "() => '1'"],
    ["() => 1", "() => 1n"],
    ["() => 0", "() => -0"],
    ["() => [1, , 2]", "() => [1, 2]"],
    ["() => [1, undefined]", "() => [1]"],
    ["(a, b) => a - b", "(a, b) => b - a"],
    ["(a) => a.b.c", "(a) => a?.b.c"],
    ["(a) => (a?.b).c", "(a) => a?.b.c"],
    ["(a) => a++", "(a) => ++a"],
    ["() => ({ __proto__: null })", "() => ({ ['__proto__']: null })"],
    ["(__proto__) => ({ __proto__ })", "(__proto__) => ({ __proto__: __proto__ })"],
    ["() => function inner() {}", "() => function other() {}"],
    ["() => { const inner = () => 1; return inner; }", "() => { const other = () => 1; return other; }"],
    ["() => ({ get x() { return 1; } })", "() => ({ x() { return 1; } })"],
    ["() => class { static x = 1 }", "() => class { x = 1 }"],
    ["() => { 'use strict'; return this; }", "() => { return this; }"],
    ["() => String.raw`\\n`", "() => String.raw`\n`"],
    ["async () => { for await (const x of []) {} }", "async () => { for (const x of []) {} }"],
    ["() => <a>x y</a>", "() => <a>xy</a>", "tsx"],
    ["() => `${1}a`", "() => `${1}b`"],
    ["() => /a/", "() => '/a/'"],
    ["(a) => { a.x = 1; }", "(a) => { a.y = 1; }"],
    ["(a) => typeof a", "(a) => void a"],
    ["() => { x: for (;;) { y: for (;;) { continue x; } } }", "() => { x: for (;;) { y: for (;;) { continue y; } } }"],
    ["(a, b) => { [a, b] = [b, a]; return a; }", "(a, b) => { [b, a] = [b, a]; return a; }"],
    ["() => Math.max(1)", "() => Math.min(1)"],
    ["() => undefined", "() => null"],
  ];
  for (const [a, b, extension] of differing) {
    it(`tells ${a} from ${b}`, () => assert.notEqual(print(a, extension), print(b, extension)));
  }
  const equal: readonly (readonly [string, string, string?])[] = [
    ["(a, b) => a - b", "(b, a) => b - a"],
    ["(o) => o['x']", "(o) => o.x"],
    ["() => 'a\\u0062'", "() => 'ab'"],
    ["() => 0x10", "() => 1_6"],
    ["() => 10n", "() => 0xAn"],
    ["() => { return (1); }", "() => {\n  return 1;;\n}"],
    ["({ a }) => a", "({ a: b }) => b"],
    ["(o) => { for (const x of o) { f(x); } }", "(o) => { for (let y of o) { f(y); } }"],
    ["() => { try {} catch (e) { f(e); } }", "() => { try {} catch (error) { f(error); } }"],
    ["() => <a>\n  x\n</a>", "() => <a>x</a>", "tsx"],
    ["(o) => o!.x as any", "(o) => o.x"],
  ];
  for (const [a, b, extension] of equal) {
    it(`takes ${JSON.stringify(a)} and ${JSON.stringify(b)} for the same`, () => {
      assert.equal(print(a, extension), print(b, extension));
    });
  }

  it("reads every kind of source file (js, jsx, mjs, cjs, ts, tsx, mts, cts)", () => {
    for (const extension of ["js", "jsx", "mjs", "ts", "tsx", "mts", "cts"]) {
      const files = { [`s.${extension}`]: `import { stage } from "restage"; export const s = stage({}, () => 1);` };
      assert.match(fingerprintOf(files), /^[0-9a-f]{64}$/);
    }
    const script = `const { stage } = require("restage"); exports.s = stage({}, () => 010);`;
    assert.match(fingerprintOf({ "s.cjs": script }), /^[0-9a-f]{64}$/);
  });

  it("has not changed since the version of the analysis was last raised", () => {
    // A different value here means that every stage of every user goes stale: raise ANALYSIS_VERSION with it.
    const text = `import { stage, param } from "restage";
      import { readFileSync } from "node:fs";
      const K = [1, "two", /3/g] as const;
      class C<T> { #x = K[0]; get x(): number { return this.#x; } }
      export const s = stage({ n: param("n", 1) }, async ({ n }) => { for (const k of K) await readFileSync(String(k)); return new C().x ** n; });`;
    assert.equal(fingerprintOf({ "s.ts": text }), "aa19e634d34ce7bf7556610ce26fc9d83713432e6aecb6e6cced299ffb9f77b7");
  });
});

describe("Places that static reading cannot follow (promise 1)", () => {
  const untracked = (code: string, head = ""): string[] => {
    const workspace = new Workspace({
      "s.ts": `${head}import { stage } from "restage";\nexport const s = stage({}, ${code});\n`,
      "other.ts": "export const other = 1;",
    });
    const state = workspace.code("s.ts", "s");
    assert.ok(state.ok);
    return state.untracked.map(({ what, location }) => `${location.line}:${what}`);
  };
  const CREATE = `import { createRequire } from "node:module";\n`;
  const WORKER = `import { Worker } from "node:worker_threads";\n`;
  const FS = `import { readFileSync } from "node:fs"; import { join } from "node:path";\n`;
  const flagged: readonly (readonly [string, readonly string[], string?])[] = [
    ["(x) => import(x)", ["2:computed import()"]],
    ["(x) => import(`./${x}.js`)", ["2:computed import()"]],
    ["() => import('./other.js')", []],
    ["(x) => require(x)", ["2:computed require()"]],
    ["(require) => require('x')", []],
    ["(x) => eval(x)", ["2:eval"]],
    ["(x) => (0, eval)(x)", ["2:eval"]],
    ["(x) => globalThis.eval(x)", ["2:eval"]],
    ["(x) => new Function(x)", ["2:new Function"]],
    ["(x) => Function(x)", ["2:new Function"]],
    ["(x) => new globalThis.Function(x)", ["2:new Function"]],
    ["(x) => { const F = Function; return F(x); }", ["2:new Function"]],
    ["(x) => (async () => {}).constructor(x)", ["2:new Function"]],
    ["(x) => [x instanceof Function, typeof x, typeof process, Function.prototype]", []],
    ["(k) => globalThis[k]", ["2:globalThis"]],
    ["() => globalThis.name", []],
    ["() => { const { env } = process; return env.X; }", ["2:process as a value"]],
    ["() => process?.env?.X", ["2:process as a value"]],
    ["() => process.cwd()", []],
    ["() => { const r = require; return r('./other.js'); }", ["2:require as a value"]],
    ["(x) => module.require(x)", ["2:computed require()"]],
    ["(x) => require.resolve(x)", ["2:computed require.resolve()"]],
    ["(x) => import.meta.resolve(x)", ["2:computed import.meta.resolve()"]],
    ["(x) => r(x)", ["4:computed require()"], `${CREATE}const r = createRequire(import.meta.url);\n`],
    ["() => [r].length", ["4:require as a value"], `${CREATE}const r = createRequire(import.meta.url);\n`],
    ["(x) => createRequire(x)('./other.js')", ["3:createRequire()"], CREATE],
    ["() => run('1')", ["3:runInThisContext of node:vm"], `import { runInThisContext as run } from "node:vm";\n`],
    ["() => new vm.Script('1')", ["3:Script of node:vm"], `import * as vm from "node:vm";\n`],
    ["() => execSync('ls')", ["3:execSync of node:child_process"], `import { execSync } from "node:child_process";\n`],
    ["() => fork('./other.js')", ["3:fork of node:child_process"], `import { fork } from "node:child_process";\n`],
    ["(f) => new Worker(f)", ["3:new Worker() of a computed file"], WORKER],
    ["() => new Worker('./other.js')", ["3:new Worker() of a computed file"], WORKER],
    ["() => new Worker(new URL('./other.js', import.meta.url))", [], WORKER],
    ["() => readFileSync('a.csv')", ['3:readFileSync("a.csv"), which no input declares'], FS],
    ["() => readFileSync(join(__dirname, 'a.csv'))", ["3:readFileSync(…), which no input declares"], FS],
    ["() => { const f = `a.csv`; return readFileSync(f); }", ["3:readFileSync(…), which no input declares"], FS],
    ["() => readFileSync(NAME)", ["4:readFileSync(…), which no input declares"], `${FS}const NAME = "a.csv";\n`],
    ["() => fs.promises.readFile('a.csv')", ['3:readFile("a.csv"), which no input declares'], `import fs from "fs";\n`],
    ["(raw) => readFileSync(raw)", [], FS],
    ["({ raw }) => readFileSync(join(raw, 'a.csv'))", [], FS],
    ["() => readFileSync(new URL('./other.ts', import.meta.url))", [], FS],
    ["() => process.env.HOME", ["2:process.env.HOME"]],
    ["() => process.env['HOME']", ["2:process.env.HOME"]],
    ["(k) => process.env[k]", ["2:process.env"]],
    ["() => globalThis.process.env.HOME", ["2:process.env.HOME"]],
    ["(process) => process.env.HOME", []],
    ["() => p.env.HOME", ["3:process.env.HOME"], 'import p from "node:process";\n'],
    ["() => env.HOME", ["3:process.env.HOME"], 'import { env } from "process";\n'],
    ["() => new URL('./nowhere.bin', import.meta.url)", ['2:new URL("./nowhere.bin", import.meta.url)']],
  ];
  for (const [code, expected, head] of flagged) {
    it(`are ${expected.length === 0 ? "not seen" : "flagged"} in ${head ?? ""}${code}`, () => {
      assert.deepEqual(untracked(code, head), expected);
    });
  }

  it("are flagged in helpers and top-level effects, too", () => {
    const workspace = new Workspace({
      "s.ts": `import { stage } from "restage"; import { h } from "./h"; export const s = stage({}, () => h());`,
      "h.ts": `export const h = () => process.env.A;\nglobalThis.b = process.env.B;`,
    });
    const state = workspace.code("s.ts", "s");
    assert.ok(state.ok);
    assert.deepEqual(
      state.untracked.map((place) => [workspace.host.displayPath(place.location.file), place.what]),
      [
        ["h.ts", "process.env.A"],
        ["h.ts", "process.env.B"],
      ],
    );
  });

  it("include a stage that is used inside the code and not as an input", () => {
    const text = (use: string): string => `import { stage } from "restage";
      export const a = stage({}, () => 1);
      export const s = stage({}, async () => ${use});`;
    const state = new Workspace({ "s.ts": text("await a()") }).code("s.ts", "s");
    assert.ok(state.ok);
    assert.deepEqual(
      state.untracked.map((place) => place.what),
      ["uses stage a inside its code; declare it as an input"],
    );
    const direct = new Workspace({ "s.ts": text("a.fn()") }).code("s.ts", "s");
    assert.ok(direct.ok && direct.untracked.length === 0);
    assert.notEqual(
      fingerprintOf({ "s.ts": text("a.fn()") }),
      fingerprintOf({ "s.ts": text("a.fn()").replace("=> 1", "=> 2") }),
    );
  });
});
