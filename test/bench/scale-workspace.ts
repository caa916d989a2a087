/**
 * The workspace the figures of `scale.ts` are measured on. It is always the same for the same size, byte for byte, and shaped
 * like real pipelines: five stages a file in a chain that begins with a data file; eight layers of library modules of about two
 * hundred lines, of which the stages reach 800; helpers that nearly all stages end in; and as many modules again and more that
 * are there and that nothing of the stages leads to.
 *
 * The figures of 2025 to compare with (a prototype) were taken on a workspace of the same counts.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import * as path from "node:path";

export interface ScaleSize {
  /** Five to a file. */
  readonly stages: number;
  /** Library modules that stages reach; eight layers. */
  readonly reached: number;
  /** Other TypeScript files. */
  readonly unreached: number;
}

export const SIZE: ScaleSize = { stages: 1000, reached: 800, unreached: 1200 };

const STAGES_A_FILE = 5;
const LAYERS = 8;
const FUNCTIONS = 10;
/** One stage in 38 uses nothing of the library: 974 of 1,000 use the helper in `lib/shared.ts`. */
const aloof = (stage: number): boolean => stage % 38 === 37;

export interface ScaleWorkspace {
  readonly root: string;
  readonly size: ScaleSize;
  /** Files by what an edit of them means. */
  readonly stageFile: string;
  readonly sharedHelper: string;
  readonly deepModule: string;
  readonly unreachedFile: string;
  readonly dataFile: string;
  /** How many stages use the shared helper. */
  readonly users: number;
}

/** Writes the workspace into an empty folder. */
export function writeScaleWorkspace(root: string, size: ScaleSize = SIZE): ScaleWorkspace {
  const write = (file: string, text: string): void => {
    const target = path.join(root, file);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, text);
  };
  write("package.json", `${JSON.stringify({ name: "scale", type: "module", private: true }, null, 2)}\n`);
  write("tsconfig.json", `${JSON.stringify({ compilerOptions: { target: "es2022", strict: true } }, null, 2)}\n`);
  write("lib/shared.ts", sharedModule());
  const layer = Math.ceil(size.reached / LAYERS);
  for (let at = 0; at < size.reached; at++) write(moduleFile(at), libraryModule(at, layer));
  for (let at = 0; at < size.unreached; at++) write(otherFile(at), otherModule(at));
  const files = Math.ceil(size.stages / STAGES_A_FILE);
  let users = 0;
  for (let file = 0; file < files; file++) {
    write(stageFile(file), stageModule(file, size, layer));
    write(dataFile(file), `id,amount\n1,${file}\n2,${file * 3}\n`);
  }
  for (let stage = 0; stage < size.stages; stage++) if (!aloof(stage)) users++;
  const middle = Math.floor(files / 2);
  return {
    root,
    size,
    stageFile: path.join(root, stageFile(middle)),
    sharedHelper: path.join(root, "lib/shared.ts"),
    deepModule: path.join(root, moduleFile(Math.floor(layer / 2))),
    unreachedFile: path.join(root, otherFile(7)),
    dataFile: path.join(root, dataFile(middle)),
    users,
  };
}

const number = (value: number): string => String(value).padStart(4, "0");
const stageFile = (file: number): string => `pipelines/group-${number(file % 20)}/pipeline-${number(file)}.ts`;
const dataFile = (file: number): string => `data/input-${number(file)}.csv`;
const moduleFile = (at: number): string => `lib/area-${number(at % 40)}/module-${number(at)}.ts`;
const otherFile = (at: number): string => `app/part-${number(at % 60)}/component-${number(at)}.ts`;
const moduleSpecifier = (at: number): string => `../area-${number(at % 40)}/module-${number(at)}.js`;

/** Numbers that look arbitrary and are the same each time. */
function scatter(...parts: readonly number[]): number {
  let hash = 2166136261;
  for (const part of parts) {
    hash = Math.imul(hash ^ part, 16777619) >>> 0;
    hash = Math.imul(hash ^ (hash >>> 13), 2246822519) >>> 0;
  }
  return hash >>> 0;
}

function sharedModule(): string {
  return `/** Helpers that everything ends in. */
export interface Row {
  readonly id: number;
  readonly amount: number;
}

const PRECISION = 2;

export function round(value: number): number {
  const factor = 10 ** PRECISION;
  return Math.round(value * factor) / factor;
}

/** Used by nearly all stages. */
export function normalise(row: Row): Row {
  return { id: row.id, amount: round(row.amount * 1) };
}

export function unusedHere(row: Row): string {
  return \`\${row.id}: \${row.amount}\`;
}
`;
}

/** Layer 0 ends in the shared helper, the others call one or two functions of the layer below. */
function libraryModule(at: number, layer: number): string {
  const level = Math.floor(at / layer);
  const below = [scatter(at, 1) % layer, scatter(at, 2) % layer].map((nth) => (level - 1) * layer + nth);
  const [first = 0, second = 0] = below;
  const imports =
    level === 0
      ? `import { normalise, type Row } from "../shared.js";\n`
      : `import type { Row } from "../shared.js";
import { compute${number(first)}x0, compute${number(first)}x1 } from "${moduleSpecifier(first)}";
${first === second ? "" : `import { compute${number(second)}x2 } from "${moduleSpecifier(second)}";\n`}`;
  const call = (nth: number): string => {
    if (level === 0) return "normalise(row)";
    if (first !== second && scatter(at, nth, 3) % 5 === 0)
      return `compute${number(first)}x0(compute${number(second)}x2(row))`;
    return `compute${number(first)}x${nth % 2}(row)`;
  };
  const functions = Array.from({ length: FUNCTIONS }, (_, nth) => computeFunction(at, nth, call(nth)));
  return `/** Module ${at} of the library, in layer ${level}. */\n${imports}\n${functions.join("\n")}`;
}

function computeFunction(at: number, nth: number, call: string): string {
  const name = `compute${number(at)}x${nth}`;
  const factor = (scatter(at, nth, 5) % 1000) / 10;
  return `/** How ${name} is set. */
export interface Options${number(at)}x${nth} {
  readonly factor: number;
  readonly limit?: number;
}

const DEFAULTS_${nth}: Options${number(at)}x${nth} = { factor: ${factor}, limit: ${scatter(at, nth, 6) % 100000} };

/** Adjusts a row by a factor, and by what the layer below says of it. */
export function ${name}(row: Row, options: Options${number(at)}x${nth} = DEFAULTS_${nth}): Row {
  // A limit of nothing means that there is none.
  const limit = options.limit ?? Number.POSITIVE_INFINITY;
  const base = ${call};
  let amount = base.amount * options.factor;
  for (let step = 0; step < ${1 + (scatter(at, nth, 7) % 4)}; step++) {
    if (amount > limit) {
      amount = limit - step;
    } else {
      amount += row.id % 2 === 0 ? ${scatter(at, nth, 8) % 50} : -${scatter(at, nth, 9) % 50};
    }
  }
  return { id: base.id, amount };
}
`;
}

function otherModule(at: number): string {
  const partner = otherFile(scatter(at, 11) % Math.max(1, at)).replace(/\.ts$/, ".js");
  const head =
    at === 0 ? "" : `import { view${number(scatter(at, 11) % Math.max(1, at))}x0 } from "../../${partner}";\n\n`;
  const bodies = Array.from({ length: FUNCTIONS }, (_, nth) => {
    const inner =
      nth === 0 || at === 0 ? "" : `  lines.push(String(view${number(scatter(at, 11) % Math.max(1, at))}x0));\n`;
    return `export interface Props${number(at)}x${nth} {
  readonly title: string;
  readonly items: readonly { readonly key: string; readonly value: number }[];
}

/** Shows the items one below the other. */
export function view${number(at)}x${nth}(props: Props${number(at)}x${nth}): string {
  const lines: string[] = [];
  lines.push(\`<h${1 + (nth % 4)}>\${props.title}</h${1 + (nth % 4)}>\`);
  for (const { key, value } of props.items) {
    if (value === ${scatter(at, nth) % 100}) continue;
    const shown = value > ${scatter(at, nth, 2) % 1000} ? "many" : String(value);
    lines.push(\`<li id="\${key}">\${shown}</li>\`);
  }
${inner}  return lines.join("\\n");
}
`;
  });
  return `${head}${bodies.join("\n")}`;
}

function stageModule(file: number, size: ScaleSize, layer: number): string {
  const lines: string[] = [`import { file, param, stage } from "restage";`];
  const top = size.reached - layer;
  const bodies: string[] = [];
  for (let nth = 0; nth < STAGES_A_FILE; nth++) {
    const stage = file * STAGES_A_FILE + nth;
    if (stage >= size.stages) break;
    const module = top + (scatter(stage, 21) % layer);
    const name = `compute${number(module)}x${scatter(stage, 22) % FUNCTIONS}`;
    const helper = aloof(stage) ? `adjust${nth}` : name;
    if (!aloof(stage))
      lines.push(`import { ${name} as step${nth} } from "../../${moduleFile(module).replace(/\.ts$/, ".js")}";`);
    const call = aloof(stage) ? helper : `step${nth}`;
    const inputs =
      nth === 0
        ? `{ raw: file("${dataFile(file)}") }`
        : `{ rows: stage${number(stage - 1)}${nth === 3 ? `, least: param("least", ${file % 7})` : ""} }`;
    const argument = nth === 0 ? "({ raw })" : `({ rows${nth === 3 ? ", least" : ""} })`;
    const source =
      nth === 0 ? `parse${number(file)}(raw)` : `rows${nth === 3 ? ".filter((row) => row.amount >= least)" : ""}`;
    bodies.push(`function adjust${nth}(row: Row): Row {
  return { ...row, amount: row.amount + ${scatter(stage, 23) % 500} };
}

/** Step ${nth + 1} of pipeline ${file}. */
export const stage${number(stage)} = stage(${inputs}, ${argument} => {
  const given: Row[] = ${source};
  const out: Row[] = [];
  for (const row of given) {
    const adjusted = adjust${nth}(row);
    out.push(${call}(adjusted));
  }
  return out;
});
`);
  }
  return `${lines.join("\n")}

interface Row {
  id: number;
  amount: number;
}

/** The rows of a small table as text. */
function parse${number(file)}(text: string): Row[] {
  return text
    .trim()
    .split("\\n")
    .slice(1)
    .map((line) => line.split(",").map(Number))
    .map(([id = 0, amount = 0]) => ({ id, amount: amount + ${file} }));
}

${bodies.join("\n")}`;
}
