import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import fc from "fast-check";
import { Program } from "../../../../src/core/analysis/program.js";
import { whatDiffers } from "../../../support/fuzz/agreement.js";
import { PROJECT } from "./edit-matrix-files.js";
import { MemoryHost, type Files } from "./memory-host.js";

const REPOSITORY = path.resolve(import.meta.dirname, "../../../..");
/** `KEYSTROKES=all` stops at every key, and not only at some of those in long files. */
const STOPS_A_FILE = process.env["KEYSTROKES"] === "all" ? Infinity : 60;
const SEED = Number(process.env["FUZZ_SEED"] ?? Date.now() % 0x7fffffff);

function folder(name: string): Files {
  const files = readdirSync(path.join(REPOSITORY, name), { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".ts"),
  );
  return Object.fromEntries(files.map((file) => [file, readFileSync(path.join(REPOSITORY, name, file), "utf8")]));
}

/** What is hard to have half of. */
const TRICKY = `import { stage, file as f, type Row } from "restage"; import { h } from "./h.js"; import * as all from "./h.js";
export default stage({ a: f("a.csv") }, async ({ a }) => { for await (const r of a) yield_(\`\${r /* } */}\${\`\${h}\`}\`); });
/[/\\]]+(?<n>x)/u.test("\\u{1F600}") ? 1 / 2 : 3 /4/ 5; // */ \`
class C<const T extends {}> extends (class {}) { static { h(1); } #p = 1n; get #q() { return this.#p ?? 0; } declare x: T; @dec() accessor y = 1; }
enum E { A = 1 << 2, "b-c" = A | 1, } namespace N.M { export const x = E["b-c"]; } abstract class D { abstract m(): void }
export const b = stage({ d: all.other, n: param("n", -1) }, <T,>({ d }: { d: T }) => ({ ...d, x: <const>[1,], y: d! as unknown satisfies {} }));
label: for (let i = 0, j; i < 3; i++, j ??= i) { if (i) continue label; else break label }
function* yield_(this: void, ...x: unknown[]): Generator<number, void> { try { yield* [1, , 2] as number[]; } catch { } finally { x.length = 0; } }
function param(a: string, b: number): number; function param(a: any, b: any) { return b; }
export { b as c, yield_ as "a string" }; export type { Row }; export * from "./h.js"; const { x = 1, ...rest } = all as any; let y = (x, rest);
`;

const PROJECTS: readonly (readonly [title: string, files: Files, typed: readonly string[]])[] = [
  ["the sample", folder("samples/flights/src"), Object.keys(folder("samples/flights/src"))],
  ["a project with stages of every kind", PROJECT, Object.keys(PROJECT).filter((file) => /\.[cm]?ts$/.test(file))],
  [
    "code that is hard to have half of",
    {
      "tricky.ts": TRICKY,
      "h.ts": `import { stage } from "restage"; export const h = (x?: unknown) => x; export const other = stage({}, () => 1);\n`,
      "uses.ts": `import { stage } from "restage"; import it, { c } from "./tricky.js"; import * as t from "./tricky.js";\nexport const s = stage({ it, c }, ({ it, c }) => [it, c, t.yield_]);\n`,
    },
    ["tricky.ts"],
  ],
  [
    "our own sources",
    {
      ...folder("src/core"),
      "s.ts": `import { stage } from "restage"; import { computeKey } from "./key.js"; import * as describe from "./describe.js";\nexport const s = stage({}, () => [computeKey, describe.x]);\n`,
    },
    ["key.ts", "hashing.ts", "format.ts"],
  ],
];

describe("A live project while a file is typed (promise 1)", function () {
  this.timeout(600_000);

  for (const [title, files, typed] of PROJECTS) {
    it(`says at every stop what a new program says: ${title}`, () => {
      const host = new MemoryHost(files);
      const live = new Program(host);
      for (const name of typed) {
        const text = files[name] ?? "";
        const step = Math.max(1, Math.ceil(text.length / STOPS_A_FILE));
        const stops = Array.from({ length: Math.ceil(text.length / step) }, (_, i) => i * step);
        for (const length of [...stops, text.length]) show(host, live, name, text.slice(0, length));
      }
    });
  }

  it(`says after any change in the middle of files what a new program says (seed ${SEED})`, () => {
    const change = fc.record({
      file: fc.nat(),
      at: fc.nat(),
      remove: fc.oneof({ weight: 3, arbitrary: fc.nat(3) }, fc.nat(200)),
      insert: fc.oneof(
        fc.constantFrom(
          "",
          " ",
          "(",
          ")",
          "{",
          "}",
          '"',
          "`",
          "/",
          "*/",
          "/*",
          "export ",
          "import ",
          ";",
          "x",
          ".",
          "=>",
        ),
        fc.constantFrom('import "./lib/define.js";\n', 'export * from "./index.js";', "stage({}, () => 1)", "\u2028"),
        fc.string({ maxLength: 3 }),
      ),
      undo: fc.boolean(),
    });
    const changes = fc.array(change, { minLength: 1, maxLength: 12, size: "max" });
    fc.assert(
      fc.property(changes, (drawn) => {
        const host = new MemoryHost(PROJECT);
        const live = new Program(host);
        for (const { file, at, remove, insert, undo } of drawn) {
          const names = Object.keys(PROJECT);
          const name = names[file % names.length] ?? "";
          const before = host.files.get(name) ?? "";
          const start = at % (before.length + 1);
          show(host, live, name, before.slice(0, start) + insert + before.slice(start + remove));
          if (undo) show(host, live, name, before);
        }
      }),
      { numRuns: STOPS_A_FILE === Infinity ? 2000 : 40, seed: SEED },
    );
  });
});

function show(host: MemoryHost, live: Program, name: string, text: string): void {
  host.files.set(name, text);
  live.invalidate([host.path(name)]);
  const difference = whatDiffers(host, live, new Program(host));
  if (difference === null) return;
  assert.fail(`${difference.of}: ${difference.message}\nwhen ${name} is\n${text}`);
}
