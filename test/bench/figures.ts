/**
 * The figures a person feels, on the sample: `npm run bench` prints them as a table. Each is a median, beside something public
 * measured in the same run, because absolute times say more about the machine than about Restage.
 */
import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { Engine } from "../../src/engine/engine.js";
import type { RunId, StageId } from "../../src/protocol/ids.js";
import { DIST, REPOSITORY } from "../support/rig.js";

const ROUNDS = 9;

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function timeProcess(args: readonly string[], cwd: string): number {
  return median(
    Array.from({ length: ROUNDS }, () => {
      const start = performance.now();
      const { status, stderr } = spawnSync(process.execPath, args, { cwd, encoding: "utf8" });
      if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}: ${stderr}`);
      return performance.now() - start;
    }),
  );
}

async function timeTask(task: (round: number) => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    await task(round);
    times.push(performance.now() - start);
  }
  return median(times);
}

function newEngine(): Engine {
  return new Engine({
    environment: {
      dist: DIST,
      node: () => process.execPath,
      nodeVersion: () => process.version,
      peekNodeVersion: () => ({ version: process.version }),
      version: "bench",
      variables: { ...process.env },
      now: () => Date.now(),
    },
    trusted: true,
    warmProcesses: 1,
  });
}

const folder = realpathSync(mkdtempSync(path.join(tmpdir(), "restage-bench-")));
const rows: (readonly [string, string, string])[] = [];
try {
  const sample = path.join(folder, "flights");
  cpSync(path.join(REPOSITORY, "samples/flights"), sample, {
    recursive: true,
    filter: (file) => !file.includes(".restage") && !file.includes("node_modules"),
  });
  const cli = path.join(DIST, "cli.mjs");
  const first = spawnSync(process.execPath, [cli, "run"], { cwd: sample, encoding: "utf8" });
  if (first.status !== 0) throw new Error(`the sample does not run: ${first.stderr}`);

  const bare = timeProcess(["-e", "0"], sample);
  const status = timeProcess([cli, "status"], sample);
  const rerun = timeProcess([cli, "run"], sample);
  rows.push(["node -e 0", `${bare.toFixed(0)} ms`, "1.0"]);
  rows.push(["restage status, nothing to do (whole process)", `${status.toFixed(0)} ms`, (status / bare).toFixed(1)]);
  rows.push(["restage run, nothing to do (whole process)", `${rerun.toFixed(0)} ms`, (rerun / bare).toFixed(1)]);

  const engine = newEngine();
  await engine.open([sample], { nested: false });
  const file = path.join(sample, "src/lib/csv.ts");
  const text = readFileSync(file, "utf8");
  const save = await timeTask(async (round) => {
    writeFileSync(file, `${text}\n// ${round}\nexport const extra${round} = ${round};\n`);
    await engine.filesChanged({ files: [file] });
  });
  rows.push(["a saved file → statuses of the sample (engine)", `${save.toFixed(1)} ms`, (save / bare).toFixed(2)]);
  await engine.close();

  const trivial = path.join(folder, "trivial");
  cpSync(path.join(REPOSITORY, "test/bench/trivial"), trivial, { recursive: true });
  const runner = newEngine();
  await runner.open([trivial], { nested: false });
  const request = { stages: ["stage.ts#one" as StageId], downstream: false, force: true };
  const run = (): Promise<unknown> => runner.run({ root: trivial, request, run: randomUUID() as string as RunId });
  await run();
  const clicks: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    // A person does not click again before the next process is warm.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const start = performance.now();
    await run();
    clicks.push(performance.now() - start);
  }
  const warm = median(clicks);
  rows.push(["click → result filed, trivial stage, warm process", `${warm.toFixed(0)} ms`, (warm / bare).toFixed(1)]);
  await runner.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const width = Math.max(...rows.map(([what]) => what.length));
console.log(`${"".padEnd(width)}  median of ${ROUNDS}   × node -e 0`);
for (const [what, time, ratio] of rows)
  console.log(`${what.padEnd(width)}  ${time.padStart(11)}  ${ratio.padStart(11)}`);
