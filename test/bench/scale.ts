/**
 * What the engine costs at a thousand stages: `npm run bench:scale` prints medians beside the goals. The workspace is that of
 * `scale-workspace.ts`. Bundled like the product, because a test runner's own compilation makes functions slower.
 */
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import * as path from "node:path";
import { Engine } from "../../src/engine/engine.js";
import type { ProjectStatus } from "../../src/protocol/status.js";
import { seedResults } from "./scale-seed.js";
import { SIZE, writeScaleWorkspace } from "./scale-workspace.js";

const ROUNDS = 9;

interface Row {
  readonly what: string;
  readonly ms: number;
  readonly cpuMs: number;
  readonly goalMs: number | null;
  readonly note: string;
}

const rows: Row[] = [];
let newest: ProjectStatus | null = null;

function newEngine(): Engine {
  const engine = new Engine({
    environment: {
      dist: import.meta.dirname,
      node: () => process.execPath,
      nodeVersion: () => process.version,
      peekNodeVersion: () => ({ version: process.version }),
      version: "bench",
      variables: { ...process.env },
      now: () => Date.now(),
    },
    trusted: true,
    warmProcesses: 0,
  });
  engine.onEvent.on((event) => {
    if (event.type === "status") newest = event.status;
    if (event.type === "internal-error") throw new Error(event.message);
  });
  return engine;
}

/** How many stages are in which state, so that the figures are of what they say. */
function states(): string {
  const counts = new Map<string, number>();
  for (const { state } of newest?.stages ?? []) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, count]) => `${count} ${state}`).join(", ");
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Wall-clock and processor time; the second says more on a machine that does other things. */
async function measure(
  what: string,
  goalMs: number | null,
  rounds: number,
  task: (round: number) => Promise<void>,
  between: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const wall: number[] = [];
  const cpu: number[] = [];
  let note = "";
  for (let round = 0; round < rounds; round++) {
    const used = process.cpuUsage();
    const start = performance.now();
    await task(round);
    wall.push(performance.now() - start);
    const { user, system } = process.cpuUsage(used);
    cpu.push((user + system) / 1000);
    note = states();
    await between();
  }
  rows.push({ what, ms: median(wall), cpuMs: median(cpu), goalMs, note });
}

const root = realpathSync(mkdtempSync(path.join(tmpdir(), "restage-scale-")));
try {
  const workspace = writeScaleWorkspace(root);
  let engine = newEngine();
  await measure("cold: no memo, everything is parsed", 2000, 1, () => engine.open([root], { nested: false }));
  await seedResults(await engine.project(root));
  await engine.close();
  await measure(
    "start with a memo, results checked",
    150,
    5,
    async () => {
      engine = newEngine();
      await engine.open([root], { nested: false });
    },
    () => engine.close(),
  );
  engine = newEngine();
  await engine.open([root], { nested: false });
  const project = await engine.project(root);
  await measure(`all ${SIZE.stages} stages looked at again`, SIZE.stages * 0.05, ROUNDS, async () => {
    await project.refresh();
  });
  const save = (
    what: string,
    goalMs: number | null,
    file: string,
    edit: (text: string, round: number) => string,
  ): Promise<void> => {
    const text = readFileSync(file, "utf8");
    return measure(
      `save: ${what}`,
      goalMs,
      ROUNDS,
      async (round) => {
        writeFileSync(file, edit(text, round));
        await engine.filesChanged({ files: [file] });
      },
      async () => {
        writeFileSync(file, text);
        await engine.filesChanged({ files: [file] });
      },
    );
  };
  const body = (text: string, round: number): string => text.replace("{ ...row,", `{ least: ${round}, ...row,`);
  const comment = (text: string, round: number): string => `// ${round}\n${text}`;
  await save("one stage's helper in its file", 10, workspace.stageFile, body);
  await save("a comment in a stage's file", 10, workspace.stageFile, comment);
  await save("a comment in the shared helper", 10, workspace.sharedHelper, comment);
  await save(`the helper that ${workspace.users} stages use`, 30, workspace.sharedHelper, (text, round) =>
    text.replace("row.amount * 1", `row.amount * 1.${round + 1}`),
  );
  await save("a new export deep down", null, workspace.deepModule, (text) => `${text}\nexport const more = 1;\n`);
  await save(
    "a new top-level effect deep down",
    null,
    workspace.deepModule,
    (text, n) => `${text}\nconsole.log(${n});\n`,
  );
  await save(
    "a file that no stage reaches",
    10,
    workspace.unreachedFile,
    (text, n) => `${text}\nexport const more = ${n};\n`,
  );
  await save("a data file", 10, workspace.dataFile, (text, round) => `${text}9,${round}\n`);
  await engine.close();
} finally {
  rmSync(root, { recursive: true, force: true });
}

const width = Math.max(...rows.map(({ what }) => what.length));
const number = (value: number | null): string => (value === null ? "" : value.toFixed(value < 100 ? 1 : 0)).padStart(9);
console.log(
  `Node ${process.version}, ${cpus().length} processors; memory in use: ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB`,
);
console.log(`${"".padEnd(width)}   median ms    CPU ms      goal   after it`);
for (const { what, ms, cpuMs, goalMs, note } of rows)
  console.log(`${what.padEnd(width)}   ${number(ms)} ${number(cpuMs)} ${number(goalMs)}   ${note}`);
