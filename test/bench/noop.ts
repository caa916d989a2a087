/**
 * Nothing to do, as whole processes: `npm run bench:noop [-- --count 1000 --rounds 11]`. The same graph for Restage, GNU make
 * and turbo; the rounds take turns, so that what else the machine does weighs on all alike. What is not installed is put into
 * a temporary folder (turbo, from npm) or left out (make), and the table says so.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { openEngine } from "../../src/cli/assemble.js";
import { DIST } from "../support/rig.js";
import { seedResults } from "./scale-seed.js";
import { writeMake, writeRestage, writeTurbo, type Shape } from "./task-graphs.js";

const TURBO = "2.11.11";
const { values } = parseArgs({
  options: { count: { type: "string", default: "1000" }, rounds: { type: "string", default: "11" } },
});
const count = Number(values.count);
const rounds = Number(values.rounds);

interface Command {
  readonly name: string;
  readonly run: readonly [string, ...string[]];
  readonly cwd: string;
  /** What its output says when there was nothing to do: a figure of something else is worth nothing. */
  readonly idle: RegExp;
}

function must(cwd: string, [program, ...args]: readonly [string, ...string[]], path_ = process.env["PATH"]): string {
  const env = { ...process.env, PATH: path_, TURBO_TELEMETRY_DISABLED: "1", CI: "1" };
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd,
    encoding: "utf8",
    env,
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} in ${cwd}: ${error?.message ?? stderr + stdout}`);
  return stdout + stderr;
}

async function restage(folder: string, shape: Shape): Promise<readonly Command[]> {
  writeRestage(folder, shape, count);
  const engine = await openEngine(folder, { dist: DIST, variables: {} });
  await seedResults(await engine.project(folder));
  await engine.close();
  const command = path.join(DIST, "restage.cjs");
  // The first says what it finds and writes it down; the files are old enough to be told by their status two seconds later.
  must(folder, [process.execPath, command, "status"]);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2100);
  must(folder, [process.execPath, command, "status"]);
  const words = (...args: string[]): readonly [string, ...string[]] => [process.execPath, command, ...args];
  return [
    { name: "restage status", run: words("status"), cwd: folder, idle: /all fresh/ },
    { name: "restage run", run: words("run"), cwd: folder, idle: /Everything is fresh/ },
    { name: "restage status --json", run: words("status", "--json"), cwd: folder, idle: /"state": "fresh"/ },
    {
      name: "restage status (engine)",
      run: [process.execPath, path.join(DIST, "cli.mjs"), "status"],
      cwd: folder,
      idle: /all fresh/,
    },
  ];
}

function make(folder: string, shape: Shape): readonly Command[] {
  if (spawnSync("make", ["--version"]).status !== 0) {
    console.log("make is not installed (Debian: apt-get install make); it is left out.");
    return [];
  }
  writeMake(folder, shape, count);
  must(folder, ["make", "-s", "-j4"]);
  const idle = /Nothing to be done/;
  return [
    { name: "make", run: ["make"], cwd: folder, idle },
    { name: "make -r (without its built-in rules)", run: ["make", "-r"], cwd: folder, idle },
  ];
}

function turbo(folder: string, shape: Shape, tools: string): readonly Command[] {
  const binary = findTurbo(tools);
  writeTurbo(folder, shape, count);
  // Running each task through npm would take minutes: for making the outputs it is enough that something does.
  const bin = path.join(tools, "bin");
  mkdirSync(bin, { recursive: true });
  writeFileSync(
    path.join(bin, "npm"),
    `#!/bin/sh\ncase "$*" in *build*) cat in.txt | tail -c 100 > out.txt;; *) echo 10.0.0;; esac\n`,
  );
  chmodSync(path.join(bin, "npm"), 0o755);
  const before = process.env["PATH"] ?? "";
  must(folder, ["git", "init", "-q"]);
  must(folder, ["git", "add", "-A"]);
  must(folder, ["git", "-c", "user.name=bench", "-c", "user.email=bench@example.com", "commit", "-qm", "tasks"]);
  process.env["PATH"] = `${bin}${path.delimiter}${before}`;
  const run = [binary, "run", "build", "--output-logs=none"] as const;
  must(folder, run);
  return [{ name: `turbo ${TURBO} (native binary)`, run, cwd: folder, idle: /FULL TURBO/ }];
}

/** The native binary: what the command in `node_modules/.bin` starts after it has started Node. */
function findTurbo(tools: string): string {
  const modules = path.join(tools, "node_modules");
  try {
    readdirSync(modules);
  } catch {
    console.log(`Installing turbo ${TURBO} into ${tools} …`);
    mkdirSync(tools, { recursive: true });
    must(tools, ["npm", "install", "--prefix", tools, "--no-audit", "--no-fund", "--loglevel=error", `turbo@${TURBO}`]);
  }
  const platform = readdirSync(path.join(modules, "@turbo"))[0] ?? "";
  return path.join(modules, "@turbo", platform, "bin", process.platform === "win32" ? "turbo.exe" : "turbo");
}

function measure(commands: readonly Command[]): ReadonlyMap<string, readonly number[]> {
  const times = new Map<string, number[]>(commands.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const { name, run, cwd, idle } of commands) {
      const start = performance.now();
      const said = must(cwd, run);
      const time = performance.now() - start;
      if (!idle.test(said)) throw new Error(`${name} had something to do: ${said.slice(-500)}`);
      // The first round fills the caches of the file system.
      if (round > 0) times.get(name)?.push(time);
    }
  }
  return times;
}

const folder = realpathSync(mkdtempSync(path.join(tmpdir(), "restage-noop-")));
const npmPath = process.env["PATH"];
try {
  const tables = new Map<Shape, ReadonlyMap<string, readonly number[]>>();
  for (const shape of ["chain", "fan"] as const) {
    process.env["PATH"] = npmPath;
    const at = (tool: string): string => path.join(folder, shape, tool);
    const own = await restage(at("restage"), shape);
    const others = [...make(at("make"), shape), ...turbo(at("turbo"), shape, path.join(folder, "tools"))];
    const bare: Command = { name: "node -e 0", run: [process.execPath, "-e", "0"], cwd: folder, idle: /^/ };
    tables.set(shape, measure([bare, ...own, ...others]));
  }
  print(tables);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function print(tables: ReadonlyMap<Shape, ReadonlyMap<string, readonly number[]>>): void {
  const names = [...(tables.get("chain")?.keys() ?? [])];
  const width = Math.max(...names.map((name) => name.length));
  const cell = (shape: Shape, name: string): string => {
    const times = [...(tables.get(shape)?.get(name) ?? [])].sort((a, b) => a - b);
    return `${(times[times.length >> 1] ?? Number.NaN).toFixed(0)} (${(times[0] ?? Number.NaN).toFixed(0)})`.padStart(
      14,
    );
  };
  console.log(`Nothing to do, ${count} tasks, whole processes: median (least) of ${rounds} rounds, ms`);
  console.log(`${"".padEnd(width)}${"chain".padStart(14)}${"fan".padStart(14)}`);
  for (const name of names) console.log(`${name.padEnd(width)}${cell("chain", name)}${cell("fan", name)}`);
}
