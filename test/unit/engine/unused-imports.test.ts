import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { Disk } from "../../../src/engine/disk.js";
import { freeze } from "../../../src/engine/freeze.js";
import { SourceIndex } from "../../../src/engine/source-index.js";
import { SummaryMemo } from "../../../src/engine/summary-memo.js";

/** Ways to import a module for something, by whether that needs the module when the code runs. */
const FORMS = {
  needed: [
    `import "./e.js";`,
    `import { v } from "./e.js"; export { v };`,
    `import { v } from "./e.js"; if (false) console.log(v);`,
    `import { v } from "./e.js"; v;`,
    `import { v, type T } from "./e.js"; const other = (): T => ({ a: v });`,
    `import d, { type T } from "./e.js"; export const other: T = { a: d };`,
    `import * as e from "./e.js"; import other = e.v;`,
    `import * as e from "./e.js"; namespace N { export import other = e.v; }`,
    `import { v } from "./e.js"; const enum X { A = v }`,
    `import { v } from "./e.js"; class C { [v](): void; [v]() {} }`,
    `import { v } from "./e.js"; class C { constructor(private x = v) {} }`,
    `import { v } from "./e.js"; const other = { v };`,
    `import { v } from "./e.js"; const other = v as number;`,
    `import { f } from "./e.js"; class C { @f m() {} }`,
    `import { C } from "./e.js"; class D extends C {}`,
    `import { f } from "./e.js"; const other = f<string>;`,
    `export { v } from "./e.js";`,
    `export { type T, v } from "./e.js";`,
    `export * from "./e.js";`,
    `export * as e from "./e.js";`,
  ],
  dropped: [
    `import { T } from "./e.js"; type U = T;`,
    `import { v } from "./e.js";`,
    `import d from "./e.js";`,
    `import * as e from "./e.js"; type U = e.T;`,
    `import { type T } from "./e.js";`,
    `import { type T, v } from "./e.js"; type U = T;`,
    `import { T } from "./e.js"; export type { T };`,
    `import { T } from "./e.js"; export { type T };`,
    `import { v } from "./e.js"; const other = 1 as typeof v;`,
    `import { T } from "./e.js"; class C implements T { a = 1 }`,
    `import { T } from "./e.js"; const other = { a: 1 } satisfies T;`,
    `import { C } from "./e.js"; interface D extends C {}`,
    `import { v } from "./e.js"; declare class D { [v]: number }`,
    `import { v } from "./e.js"; abstract class D { abstract [v]: number; declare x: typeof v }`,
    `import { v } from "./e.js"; namespace N { export type X = typeof v }`,
    `import { v } from "./e.js"; declare global { var other: typeof v }`,
    `import { T } from "./e.js"; function other(this: T, x: unknown): asserts x is T {}`,
    `import { v } from "./e.js"; const other = { v: 1 }.v;`,
    `export { type T } from "./e.js";`,
    `export {} from "./e.js";`,
  ],
  /** Whatever the settings are. */
  erased: [`import type { T } from "./e.js";`, `export type { T } from "./e.js";`, `export type * from "./e.js";`],
};
const ELEMENTS = {
  needed: [
    `import * as React from "./e.js"; const other = <div/>;`,
    `/** @jsx h.x */ import { h } from "./e.js"; const other = <div/>;`,
    `import { C } from "./e.js"; /** @jsx String */ const other = <C/>;`,
    `import * as e from "./e.js"; /** @jsx String */ const other = <e.C/>;`,
  ],
  dropped: [`import { h } from "./e.js"; /** @jsx String */ const other = <div/>;`],
};

const MODULE = `export interface T { a: number }
export const v = 1; export default 2; export const f = (..._: unknown[]): any => 0; export class C {} export const h: any = {};
`;

describe("A TypeScript import that is dropped when the code runs", () => {
  let root: string;
  beforeEach(() => {
    root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "restage-imports-")));
    write("package.json", `{ "type": "module" }`);
    const forms = { ".ts": FORMS, ".tsx": ELEMENTS };
    for (const [extension, kinds] of Object.entries(forms)) {
      for (const [kind, texts] of Object.entries(kinds)) {
        texts.forEach((text, i) => write(`${kind}${i}${extension}`, stageBeside(text)));
      }
    }
    write("js/e.js", `export const v = 1;`);
    write("js/script.js", stageBeside(`import { v } from "./e.js";`));
  });
  afterEach(() => fs.rmSync(root, { recursive: true, force: true }));

  const write = (file: string, text: string): void => {
    fs.mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    fs.writeFileSync(path.join(root, file), text);
  };
  const stageBeside = (text: string): string =>
    `import { stage } from "restage"; ${text}\nexport const s = stage({}, () => globalThis.MARK);\n`;

  /** Of the stage in each file: whether its bundle loads the module, and its fingerprint for two texts of that module. */
  async function look(): Promise<Map<string, { text: string; loads: boolean; counts: boolean }>> {
    const fingerprints: Map<string, string>[] = [];
    let loading = new Map<string, boolean>();
    for (const mark of ["MARK = 1", "MARK = 2"]) {
      write("e.ts", `${MODULE}globalThis.${mark};`);
      write("js/e.js", `export const v = 1; globalThis.${mark};`);
      const index = new SourceIndex({ root, memo: new SummaryMemo(path.join(root, "none"), "test"), disk: new Disk() });
      index.scan();
      const seen = new Map<string, string>();
      for (const declaration of index.declarations().values()) {
        const code = index.code(declaration);
        assert.ok(code.ok, `${declaration.file}: ${code.ok ? "" : code.message}`);
        seen.set(path.relative(root, declaration.file), code.data.fingerprint);
      }
      fingerprints.push(seen);
      const files = [...seen.keys()].map((file) => path.join(root, file));
      const outFolder = path.join(root, ".out");
      const frozen = await freeze({ files, index, outFolder, runtime: path.join(root, "runtime.mjs") });
      assert.equal(frozen.is, "frozen");
      loading = new Map();
      for (const [file, bundle] of frozen.bundles) {
        assert.ok(typeof bundle === "string", `${file}: ${JSON.stringify(bundle)}`);
        loading.set(path.relative(root, file), fs.readFileSync(bundle, "utf8").includes(mark));
      }
    }
    const [first, second] = fingerprints;
    return new Map(
      [...loading].map(([file, loads]) => {
        const text = `${file}: ${fs.readFileSync(path.join(root, file), "utf8").split("\n")[0]}`;
        return [file, { text, loads, counts: first?.get(file) !== second?.get(file) }];
      }),
    );
  }

  it("leaves no trace of what it would load, and every other import does (F23)", async () => {
    const seen = await look();
    assert.equal(seen.size, [FORMS, ELEMENTS].flatMap((kinds) => Object.values(kinds).flat()).length + 1);
    for (const [file, { text, loads, counts }] of seen) {
      assert.equal(loads, /needed|script/.test(file), text);
      assert.equal(counts, loads, text);
    }
  });

  for (const option of [
    `"verbatimModuleSyntax": true`,
    `"preserveValueImports": true`,
    `"importsNotUsedAsValues": "preserve"`,
    `"importsNotUsedAsValues": "error"`,
    `"verbatimModuleSyntax": false, "preserveValueImports": true`,
  ]) {
    it(`counts where tsconfig.json keeps it: ${option}`, async () => {
      write("tsconfig.json", `{ "compilerOptions": { ${option} } }`);
      const seen = await look();
      for (const [file, { text, loads, counts }] of seen) {
        if (file.startsWith("erased")) assert.equal(loads, false, text);
        if (loads || !option.includes("preserveValue")) assert.equal(counts, loads, text);
      }
      assert.equal(seen.get("dropped0.ts")?.counts, true);
    });
  }

  const keeps = `"compilerOptions": { "verbatimModuleSyntax": true }`;
  const places: readonly [title: string, files: Readonly<Record<string, string>>][] = [
    ["jsconfig.json", { "jsconfig.json": `{ ${keeps} }` }],
    ["a file it extends", { "tsconfig.json": `{ "extends": "./base.json" }`, "base.json": `{ ${keeps} }` }],
    ["a file that extends one that is not there", { "tsconfig.json": `{ "extends": "./none.json", ${keeps} }` }],
    ["a file with comments and commas at the end", { "tsconfig.json": `{ /* c */ ${keeps}, }` }],
    ["one that extends several", { "tsconfig.json": `{ "extends": ["./a.json"] }`, "a.json": `{ ${keeps} }` }],
    ["elements of another factory", { "tsconfig.json": `{ "compilerOptions": { "jsxFactory": "h" } }` }],
    ["isolatedModules", { "tsconfig.json": `{ "compilerOptions": { "isolatedModules": true } }` }],
  ];
  for (const [title, files] of places) {
    it(`counts wherever the bundle loads it: ${title}`, async () => {
      for (const [file, text] of Object.entries(files)) write(file, text);
      for (const { text, loads, counts } of (await look()).values()) assert.ok(counts || !loads, text);
    });
  }
});
