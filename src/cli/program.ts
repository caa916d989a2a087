/** The command line: words in, an exit code out. Nothing here decides anything about stages. */
import * as path from "node:path";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { resolveParams } from "../core/param-values.js";
import { formatReading } from "../core/format.js";
import type { EngineEvent } from "../protocol/engine-api.js";
import type { Project } from "../engine/project.js";
import { locateProject, openEngine } from "./assemble.js";
import { acceptCommand, invalidateCommand } from "./commands/accept.js";
import { checkCommand } from "./commands/check.js";
import { clearCommand } from "./commands/clear.js";
import { lsCommand } from "./commands/ls.js";
import { previewCommand } from "./commands/preview.js";
import { runCommand } from "./commands/run.js";
import { statusCommand } from "./commands/status.js";
import { whyCommand } from "./commands/why.js";
import { EXIT, UsageError, type ExitCode } from "./exit-codes.js";
import { keepSettled } from "./keep-settled.js";
import type { Session } from "./session.js";
import type { Terminal } from "./terminal.js";

export interface ProgramEffects {
  readonly terminal: Terminal;
  readonly cwd: string;
  readonly version: string;
  readonly dist: string;
}

/** Every option of every command; commander fills in those of the one that was typed. */
interface Options {
  readonly json?: boolean;
  readonly project?: string;
  readonly check?: boolean;
  readonly diff?: boolean;
  readonly force?: boolean;
  readonly downstream?: boolean;
  readonly param?: Readonly<Record<string, string>>;
  readonly rows?: number;
  readonly all?: boolean;
  readonly from?: boolean;
  readonly dryRun?: boolean;
  readonly light?: boolean;
  readonly undo?: boolean;
}

export async function runProgram(argv: readonly string[], effects: ProgramEffects): Promise<ExitCode> {
  let code: ExitCode = EXIT.ok;
  const { terminal } = effects;
  const program = new Command("restage")
    .description("Cached stages for data pipelines: what is stale, why, and only that runs.")
    .version(effects.version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
    })
    .addHelpText(
      "after",
      "\nExit codes: 0 ok · 1 a stage failed · 2 wrong use · 3 stale (status --check) · 4 not deterministic (check)",
    );

  const add = (
    words: string,
    text: string,
    action: (
      session: Session,
      args: readonly (string | readonly string[] | undefined)[],
      options: Options,
    ) => Promise<ExitCode>,
  ): Command =>
    program
      .command(words)
      .description(text)
      .option("--json", "print JSON for programs")
      .option("-p, --project <folder>", "the project (default: the nearest package.json)")
      .addOption(
        new Option("--param <name=value>", "a parameter's value for this command; may be given again").argParser(
          parseParam,
        ),
      )
      .action(async (...given: unknown[]) => {
        const options = given.at(-2) as Options;
        const args = given.slice(0, -2) as (string | readonly string[] | undefined)[];
        code = await withSession(options, effects, (session) => action(session, args, options));
      });

  add("status", "every stage: fresh, stale, and why", (session, _args, options) =>
    statusCommand(session, { check: options.check === true }),
  ).option("--check", "exit with 3 when anything must run");
  add(
    "run [stages...]",
    "run stages and what they need; with no names, all that is stale",
    (session, [stages], options) =>
      runCommand(session, {
        stages: stages as readonly string[],
        force: options.force === true,
        downstream: options.downstream === true,
        light: options.light === true,
      }),
  )
    .option("-f, --force", "run them even when fresh")
    .option("-d, --downstream", "also run what depends on them")
    .option("--light", "leave out heavy stages, and what needs them to run first");
  add("why <stage>", "why a stage must run", (session, [stage], options) =>
    whyCommand(session, stage as string, { diff: options.diff === true }),
  ).option("--diff", "also its code at its last result and now, as a diff");
  add("accept <stages...>", "take their last results for true, without a run", (session, [stages], options) =>
    acceptCommand(session, stages as readonly string[], { undo: options.undo === true }),
  ).option("--undo", "let the changes count again");
  add("check <stages...>", "run each twice and compare: is it deterministic?", (session, [stages]) =>
    checkCommand(session, stages as readonly string[]),
  );
  add("invalidate <stages...>", "trust their results no more; the data stays", (session, [stages]) =>
    invalidateCommand(session, stages as readonly string[]),
  );
  add("ls [stage]", "stored results", (session, [stage]) => lsCommand(session, stage as string | undefined));
  add("preview <stage>", "the first rows of a stage's result", (session, [stage], options) =>
    previewCommand(session, stage as string, options.rows ?? 10),
  ).addOption(new Option("-n, --rows <count>", "how many rows (default: 10)").argParser(parseCount));
  add("clear [stage]", "remove stored results", (session, [stage], options) =>
    clearCommand(session, stage as string | undefined, {
      all: options.all === true,
      from: options.from === true,
      dryRun: options.dryRun === true,
    }),
  )
    .option("--all", "everything")
    .option("--from", "the stage and all that use it")
    .option("--dry-run", "only say what would go, and how many bytes");

  try {
    await program.parseAsync([...argv], { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (error instanceof UsageError) {
      terminal.err(error.message);
      return EXIT.usage;
    }
    throw error;
  }
}

async function withSession(
  options: Options,
  effects: ProgramEffects,
  work: (session: Session) => Promise<ExitCode>,
): Promise<ExitCode> {
  const located = locateProject(options.project ?? effects.cwd);
  if ("problem" in located) throw new UsageError(located.problem);
  const { root } = located;
  const engine = await openEngine(root, {
    dist: effects.dist,
    observed: true,
    onEvent: (event) => showReading(event, effects.terminal),
  });
  try {
    const project = await engine.project(root);
    if (options.param !== undefined) await setParams(project, options.param);
    const code = await work({
      engine,
      root,
      terminal: effects.terminal,
      json: options.json === true,
      status: () => project.status(),
    });
    // A status with the parameters of one command is nobody else's.
    if (options.param === undefined) await keepSettled(project, { root, dist: effects.dist, node: process.version });
    return code;
  } finally {
    await engine.close();
  }
}

/** A line that is written over and wiped at the end: only where a person looks. */
function showReading(event: EngineEvent, { progress }: Terminal): void {
  if (event.type !== "reading" || progress === undefined) return;
  const { root, file, read, size } = event;
  progress(read < size ? formatReading(path.relative(root, file), read, size) : "");
}

/** Only split here: what the text means depends on the parameter's default. */
function parseParam(text: string, previous: unknown): Record<string, string> {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("write it as name=value.");
  return { ...(previous as Record<string, string> | undefined), [text.slice(0, at)]: text.slice(at + 1) };
}

/** For this command only: nothing is written down. */
async function setParams(project: Project, given: Readonly<Record<string, string>>): Promise<void> {
  const { stages } = await project.status();
  const { values, problems } = resolveParams(
    given,
    stages.flatMap((stage) => stage.inputs),
  );
  if (problems.length > 0) throw new UsageError(problems.join("\n"));
  await project.setParams(values);
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 0 || count > 1000)
    throw new InvalidArgumentError("a whole number from 0 to 1000.");
  return count;
}
