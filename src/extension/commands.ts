/** The commands, each checked at its door: arguments are parsed, stages looked up, trust asked for where code runs. */
import * as vscode from "vscode";
import { describeCheck } from "../core/describe.js";
import type { RunRequest } from "../protocol/events.js";
import { acceptStage, invalidateStage } from "./accept-stage.js";
import { addTypes } from "./add-types.js";
import { askWhatToClear, clearCache, clearStageRequest } from "./clear-cache.js";
import { COMMANDS, WALKTHROUGH_ID, type CommandId } from "./contributions.js";
import { createFirstPipeline } from "./create-pipeline.js";
import { DisposableStore, type Disposable } from "./disposable-store.js";
import { EngineStoppedError, type EngineClient } from "./engine-client.js";
import type { FileWatching } from "./file-watching.js";
import { notificationText } from "./notification-text.js";
import type { PreviewPanels } from "./preview-panel.js";
import { showLocation, type RunController } from "./run-controller.js";
import { saveProjects } from "./save-files.js";
import { pickStage, type PickOptions } from "./stage-picker.js";
import { parseStageTarget } from "./stage-target.js";
import { needsRun, type StageInProject, type StatusModel } from "./status-model.js";
import { nothingToRunText } from "./status-text.js";
import { mayRun } from "./trust.js";
import type { WhyStale } from "./why-stale.js";

export interface CommandParts {
  readonly context: vscode.ExtensionContext;
  readonly client: EngineClient;
  readonly model: StatusModel;
  readonly runs: RunController;
  readonly panels: PreviewPanels;
  readonly why: WhyStale;
  readonly watching: FileWatching;
  readonly log: vscode.LogOutputChannel;
}

const NO_STAGES = "There are no stages in this workspace. “Restage: Create First Pipeline” makes some.";

export function registerCommands(parts: CommandParts): Disposable {
  const { context, client, model, runs, panels, why, watching, log } = parts;
  const store = new DisposableStore();
  const handlers: { readonly [id in CommandId]: (argument: unknown) => unknown } = {
    [COMMANDS.run]: (argument) => runStage(parts, argument, { title: "Run Stage", downstream: false, force: false }),
    [COMMANDS.runForce]: (argument) =>
      runStage(parts, argument, { title: "Run Stage (Force)", downstream: false, force: true }),
    [COMMANDS.runDownstream]: (argument) =>
      runStage(parts, argument, { title: "Run Stage and Downstream", downstream: true, force: false }),
    [COMMANDS.runAllStale]: () => runAllStale(parts, { light: false }),
    [COMMANDS.runLight]: () => runAllStale(parts, { light: true }),
    [COMMANDS.check]: (argument) => checkStage(parts, argument),
    [COMMANDS.accept]: async (argument) => {
      const entry = await stageOf(model, argument, {
        title: "Accept as Fresh",
        placeholder: "Stage whose last result to take for true",
        filter: ({ stage }) => needsRun(stage) && stage.lastResult !== null,
        none: "No stage that must run has a result to accept.",
      });
      if (entry === null) return;
      await watching.flush();
      await acceptStage(client, find(model, { root: entry.project.root, stage: entry.stage.id }) ?? entry);
    },
    [COMMANDS.invalidate]: async (argument) => {
      const entry = await stageOf(model, argument, {
        title: "Invalidate",
        placeholder: "Stage whose results not to trust any more",
        filter: ({ stage }) => stage.lastResult !== null,
        none: "No stage has a result.",
      });
      if (entry !== null) await invalidateStage(client, entry);
    },
    [COMMANDS.cancel]: (argument) => runs.cancel(parseStageTarget(argument)?.root ?? null),
    [COMMANDS.preview]: async (argument) => {
      const entry = await stageOf(model, argument, {
        title: "Preview",
        placeholder: "Stage whose result to show",
        filter: ({ stage }) => stage.result !== null || stage.lastResult !== null,
        none: "No stage has a result yet. Run one first.",
      });
      const digest = parseStageTarget(argument)?.digest ?? null;
      if (entry !== null) panels.show({ root: entry.project.root, stage: entry.stage.id, digest });
    },
    [COMMANDS.why]: async (argument) => {
      const entry = await stageOf(model, argument, {
        title: "Why Is This Stale",
        placeholder: "Stage to explain",
        filter: ({ stage }) => stage.reasons.length > 0,
        none: "No stage has a reason to run.",
      });
      if (entry !== null) await why.show(entry);
    },
    [COMMANDS.clear]: async (argument) => {
      const entry = find(model, argument);
      const request = entry === null ? await askWhatToClear(model) : clearStageRequest(entry);
      if (request !== null) await clearCache(client, request);
    },
    [COMMANDS.showStages]: async () => {
      const entry = await pickStage(model, { title: "Stages", placeholder: "Stage to go to", none: NO_STAGES });
      if (entry !== null) await showLocation(entry.stage.nameRange);
    },
    [COMMANDS.reveal]: async (argument) => {
      const entry = await stageOf(model, argument, {
        title: "Reveal Code",
        placeholder: "Stage to go to",
        none: NO_STAGES,
      });
      if (entry !== null) await showLocation(entry.stage.nameRange);
    },
    [COMMANDS.showOutput]: () => log.show(true),
    [COMMANDS.createPipeline]: () => createFirstPipeline(),
    [COMMANDS.openWalkthrough]: () =>
      vscode.commands.executeCommand("workbench.action.openWalkthrough", WALKTHROUGH_ID, false),
    [COMMANDS.addTypes]: () => addTypes(context, model),
    [COMMANDS.refresh]: () => refresh(parts),
  };
  for (const [id, handler] of Object.entries(handlers)) {
    store.add(vscode.commands.registerCommand(id, (argument: unknown) => guarded(log, () => handler(argument))));
  }
  return store;
}

interface RunKind {
  readonly title: string;
  readonly downstream: boolean;
  readonly force: boolean;
}

async function runStage({ model, runs }: CommandParts, argument: unknown, kind: RunKind): Promise<unknown> {
  if (!mayRun()) return null;
  const entry = await stageOf(model, argument, { title: kind.title, placeholder: "Stage to run", none: NO_STAGES });
  if (entry === null) return null;
  const { downstream, force } = kind;
  return runs.run(entry.project.root, { stages: [entry.stage.id], downstream, force });
}

/** Runs a stage twice and says whether it gave the same. */
async function checkStage({ model, runs }: CommandParts, argument: unknown): Promise<unknown> {
  if (!mayRun()) return null;
  const entry = await stageOf(model, argument, {
    title: "Check Determinism",
    placeholder: "Stage to run twice",
    none: NO_STAGES,
  });
  if (entry === null) return null;
  const { id } = entry.stage;
  const summary = await runs.run(entry.project.root, { stages: [id], downstream: false, force: false, check: true });
  const outcome = summary?.outcomes.find(({ stage }) => stage === id)?.outcome;
  if (outcome?.outcome !== "checked") return summary;
  const text = notificationText(describeCheck(id, outcome.check));
  if (outcome.check.same) void vscode.window.showInformationMessage(text);
  else void vscode.window.showWarningMessage(text);
  return summary;
}

async function runAllStale(
  { model, runs, watching }: CommandParts,
  { light }: { readonly light: boolean },
): Promise<void> {
  if (!mayRun()) return;
  // What is not saved yet, or was saved a moment ago, decides which stages are stale.
  if (!(await saveProjects(model.projects().map(({ root }) => root)))) return;
  await watching.flush();
  const request: RunRequest = { stages: "stale", downstream: false, force: false, light };
  const roots = model.projects().filter((project) => project.stages.some(needsRun));
  if (roots.length === 0) {
    const stages = model.stages().map(({ stage }) => stage);
    void vscode.window.showInformationMessage(stages.length === 0 ? NO_STAGES : nothingToRunText(stages));
  }
  for (const { root } of roots) {
    const summary = await runs.run(root, request);
    // Cancel means all of it, not only the project whose turn it is.
    if (summary === null || summary.cancelled) break;
  }
}

/** The engine drops what it remembers and reads the workspace again. */
async function refresh({ client, watching }: CommandParts): Promise<void> {
  await watching.flush();
  await client.restart();
}

function find(model: StatusModel, argument: unknown): StageInProject | null {
  const target = parseStageTarget(argument);
  return target === null ? null : model.find(target.root, target.stage);
}

/** The stage that the argument names, or the one that the person picks. */
async function stageOf(model: StatusModel, argument: unknown, options: PickOptions): Promise<StageInProject | null> {
  if (parseStageTarget(argument) === null) return pickStage(model, options);
  const entry = find(model, argument);
  if (entry === null) void vscode.window.showWarningMessage("That stage is no longer there.");
  return entry;
}

/** The one place where what a command throws becomes a message. */
async function guarded(log: vscode.LogOutputChannel, work: () => unknown): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    const failure = error instanceof Error ? error : new Error(String(error));
    log.error(failure.stack ?? failure.message);
    if (error instanceof EngineStoppedError) return null;
    void vscode.window.showErrorMessage(notificationText(`Restage: ${failure.message}`));
    return null;
  }
}
