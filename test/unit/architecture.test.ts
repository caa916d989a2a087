/**
 * Holds the source to the table of `src/ARCHITECTURE.md`. The table itself is read, so the page and the rule cannot drift
 * apart. What the compiler drops (type imports) counts too: a type that leaks upward is a dependency for whoever reads.
 * A scan that finds nothing fails, and so does a table that does not read as one.
 */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { builtinModules } from "node:module";
import * as os from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const MAX_LINES = 400;
/** Types for the compiler, not code of a layer: what `vscode` resolves to below the extension. */
const OUTSIDE_LAYERS = new Set(["forbidden.d.ts"]);

interface LayerRule {
  readonly layers: readonly string[];
  readonly builtins: "all" | readonly string[];
  readonly packages: readonly string[];
}

describe("architecture", () => {
  const page = fs.readFileSync(path.join(root, "src", "ARCHITECTURE.md"), "utf8");
  const rules = readLayerTable(page);

  it("the table in src/ARCHITECTURE.md names every folder of src, and only those", () => {
    const folders = fs.readdirSync(path.join(root, "src"), { withFileTypes: true }).filter((e) => e.isDirectory());
    assert.deepEqual(
      [...rules.keys()].sort(),
      folders.map((folder) => folder.name),
    );
  });

  it("every file imports only what its layer's row allows, is at most 400 lines long, and is in no cycle", () => {
    assert.deepEqual(findViolations(path.join(root, "src"), rules), []);
  });

  it("what decides a status is read through `Disk`: only these modules of the engine use the file system themselves", () => {
    const users = fs
      .readdirSync(path.join(root, "src/engine"))
      .filter((name) =>
        /from "node:fs(\/promises)?"/.test(fs.readFileSync(path.join(root, "src/engine", name), "utf8")),
      );
    assert.deepEqual(users.sort(), [
      "check-stage.ts",
      "disk.ts",
      "hash-file.ts",
      "large-digests.ts",
      "look-again.ts",
      "node-executable.ts",
      "node-version.ts",
      "observations.ts",
      "prepare-plan.ts",
      "project-root.ts",
      "run-stage.ts",
      "settled.ts",
      "stack.ts",
      "stat-memo.ts",
      "summary-memo.ts",
    ]);
  });

  it("only the extension layer names vscode", () => {
    const naming = [...rules].filter(([, rule]) => rule.packages.includes("vscode")).map(([name]) => name);
    assert.deepEqual(naming, ["extension"]);
  });
});

describe("architecture rules, on planted violations", () => {
  const rules = readLayerTable(`
| Folder         | Job  | May import     | Node built-ins | Packages        |
| -------------- | ---- | -------------- | -------------- | --------------- |
| \`src/low\`    | base | nothing        | \`path\`       | none            |
| \`src/high\`   | top  | low            | all            | \`@scope/tool\` |
`);
  let folder = "";

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "restage-architecture-"));
  });
  afterEach(() => {
    fs.rmSync(folder, { recursive: true });
  });

  const cases: readonly { title: string; files: Record<string, string>; found: readonly string[] }[] = [
    {
      title: "clean code has none",
      files: {
        "low/a.ts": 'import * as path from "node:path"; export const a = path.sep;',
        "high/b.ts": 'import { a } from "../low/a.js"; import "@scope/tool/part"; import "fs/promises"; a;',
      },
      found: [],
    },
    {
      title: "a built-in the row does not name",
      files: { "low/a.ts": 'import "node:fs";' },
      found: ["low/a.ts: low may not use the built-in fs"],
    },
    {
      title: "an upward type import",
      files: { "low/a.ts": 'import type { B } from "../high/b.js";', "high/b.ts": "export type B = 1;" },
      found: ["low/a.ts: low may not import high (../high/b.js)"],
    },
    {
      title: "an upward re-export",
      files: { "low/a.ts": 'export * from "../high/b.js";', "high/b.ts": "export type B = 1;" },
      found: ["low/a.ts: low may not import high (../high/b.js)"],
    },
    {
      title: "a type named by import() and a package loaded by import()",
      files: { "high/a.ts": 'const a = import("vscode"); let b: import("other").B;' },
      found: ["high/a.ts: high may not use the package other", "high/a.ts: high may not use the package vscode"],
    },
    {
      title: "a file outside of every layer, and an import that leaves the source",
      files: { "stray.ts": "", "other/a.ts": "", "high/a.ts": 'import "../../test/support.js";' },
      found: [
        "high/a.ts: high may not import what is outside of src (../../test/support.js)",
        "other/a.ts: not in a layer of the table",
        "stray.ts: not in a layer of the table",
      ],
    },
    {
      title: "a cycle of two files",
      files: { "low/a.ts": 'import "./b.js";', "low/b.ts": 'import type {} from "./a.js";' },
      found: ["cycle: low/a.ts -> low/b.ts -> low/a.ts"],
    },
    {
      title: "a file of more than 400 lines",
      files: { "low/a.ts": "\n".repeat(MAX_LINES + 1), "low/b.ts": "//\n".repeat(MAX_LINES) },
      found: ["low/a.ts: 401 lines, at most 400"],
    },
    { title: "nothing to scan", files: {}, found: ["no source file found: the scan itself is broken"] },
  ];

  for (const { title, files, found } of cases) {
    it(`finds: ${title}`, () => {
      for (const [name, text] of Object.entries(files)) {
        fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
        fs.writeFileSync(path.join(folder, name), text);
      }
      assert.deepEqual(findViolations(folder, rules), found);
    });
  }

  it("refuses a page without the table, or with a row it does not understand", () => {
    assert.throws(() => readLayerTable("# No table here"), /no layer table/);
    assert.throws(() => readLayerTable("| `src/a` | job | `nothing` | some | none |"), /src\/a: "some" is neither/);
  });
});

/** The rows of the table: a backticked folder, its job, the layers, built-ins and packages it may import. */
function readLayerTable(page: string): Map<string, LayerRule> {
  const rules = new Map<string, LayerRule>();
  for (const line of page.split("\n")) {
    const cells = line.split("|").map((cell) => cell.trim());
    const folder = /^`src\/([a-z]+)`$/.exec(cells[1] ?? "")?.[1];
    if (folder === undefined || cells.length !== 7) {
      continue;
    }
    const layers = (cells[3] ?? "").replaceAll("`", "");
    rules.set(folder, {
      layers: layers === "nothing" ? [] : layers.split(",").map((name) => name.trim()),
      builtins: cells[4] === "all" ? "all" : quotedNames(folder, cells[4] ?? ""),
      packages: quotedNames(folder, cells[5] ?? ""),
    });
  }
  assert.ok(rules.size > 0, "no layer table found in the page");
  return rules;
}

function quotedNames(folder: string, cell: string): string[] {
  const names = [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? "");
  assert.ok(names.length > 0 || cell === "none", `src/${folder}: "${cell}" is neither "none" nor a list of \`names\``);
  return names;
}

/** All violations below `folder`, sorted. */
function findViolations(folder: string, rules: ReadonlyMap<string, LayerRule>): string[] {
  const files = listSources(folder);
  const graph = new Map<string, readonly string[]>();
  const found: string[] = files.length === 0 ? ["no source file found: the scan itself is broken"] : [];
  for (const file of files) {
    const layer = file.split("/")[0] ?? "";
    const rule = file.includes("/") ? rules.get(layer) : undefined;
    if (rule === undefined) {
      found.push(`${file}: not in a layer of the table`);
      continue;
    }
    const text = fs.readFileSync(path.join(folder, file), "utf8");
    const lines = text.replace(/\n$/, "").split("\n").length;
    if (lines > MAX_LINES) {
      found.push(`${file}: ${lines} lines, at most ${MAX_LINES}`);
    }
    const imported = [...new Set(ts.preProcessFile(text, true, true).importedFiles.map((entry) => entry.fileName))];
    found.push(...imported.flatMap((specifier) => checkImport(file, layer, rule, specifier)));
    const targets = imported.filter((specifier) => specifier.startsWith(".")).map((s) => resolveRelative(file, s));
    graph.set(
      file,
      targets.filter((target) => files.includes(target)),
    );
  }
  return [...found, ...findCycles(graph)].sort();
}

function listSources(folder: string): string[] {
  return fs
    .readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((file) => file.split(path.sep).join("/"))
    .filter((file) => /\.[cm]?[jt]sx?$/.test(file) && !OUTSIDE_LAYERS.has(file))
    .sort();
}

function checkImport(file: string, layer: string, rule: LayerRule, specifier: string): string[] {
  if (specifier.startsWith(".")) {
    const target = resolveRelative(file, specifier);
    const to = target.split("/")[0] ?? "";
    if (to === "..") {
      return [`${file}: ${layer} may not import what is outside of src (${specifier})`];
    }
    const allowed = to === layer || rule.layers.includes(to);
    return allowed ? [] : [`${file}: ${layer} may not import ${to} (${specifier})`];
  }
  const parts = specifier.replace(/^node:/, "").split("/");
  if (specifier.startsWith("node:") || builtinModules.includes(parts[0] ?? "")) {
    const allowed = rule.builtins === "all" || rule.builtins.includes(parts[0] ?? "");
    return allowed ? [] : [`${file}: ${layer} may not use the built-in ${parts[0] ?? ""}`];
  }
  const name = specifier.startsWith("@") ? parts.slice(0, 2).join("/") : (parts[0] ?? "");
  return rule.packages.includes(name) ? [] : [`${file}: ${layer} may not use the package ${name}`];
}

function resolveRelative(file: string, specifier: string): string {
  return path.posix.join(path.posix.dirname(file), specifier).replace(/\.js$/, ".ts");
}

/** Each cycle once, as the path that closes it. */
function findCycles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const cycles: string[] = [];
  const finished = new Set<string>();
  const visit = (file: string, trail: readonly string[]): void => {
    const at = trail.indexOf(file);
    if (at >= 0) {
      cycles.push(`cycle: ${[...trail.slice(at), file].join(" -> ")}`);
      return;
    }
    if (finished.has(file)) {
      return;
    }
    for (const target of graph.get(file) ?? []) {
      visit(target, [...trail, file]);
    }
    finished.add(file);
  };
  for (const file of graph.keys()) {
    visit(file, []);
  }
  return cycles;
}
