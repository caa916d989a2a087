/**
 * Every name that the manifest (package.json) and the code must agree on. A unit test compares these tables with
 * `contributes`, in both directions: a command without a title, or a title without a command, fails it.
 */
export const EXTENSION_ID = "restage.restage";
export const VIEW_ID = "restage.checkpoints";
export const PREVIEW_VIEW_TYPE = "restage.preview";
export const WALKTHROUGH_ID = `${EXTENSION_ID}#restage.start`;
/** Scheme of the read-only documents that the "why" diff compares. */
export const SLICE_SCHEME = "restage-slice";

export const COMMANDS = {
  run: "restage.run",
  runForce: "restage.runForce",
  runDownstream: "restage.runDownstream",
  runAllStale: "restage.runAllStale",
  runLight: "restage.runLight",
  check: "restage.check",
  accept: "restage.accept",
  invalidate: "restage.invalidate",
  cancel: "restage.cancel",
  preview: "restage.preview",
  why: "restage.why",
  clear: "restage.clear",
  showStages: "restage.showStages",
  reveal: "restage.reveal",
  showOutput: "restage.showOutput",
  createPipeline: "restage.createPipeline",
  openWalkthrough: "restage.openWalkthrough",
  addTypes: "restage.addTypes",
  refresh: "restage.refresh",
} as const;

export type CommandId = (typeof COMMANDS)[keyof typeof COMMANDS];

export const SETTINGS = {
  codeLens: "restage.codeLens.enabled",
  nodePath: "restage.nodePath",
} as const;

export const CONTEXT_KEYS = {
  /** The first index is in: what is shown now is all there is. */
  ready: "restage.ready",
  hasStages: "restage.hasStages",
  running: "restage.running",
} as const;

/** `contextValue` of tree nodes, which menus in the manifest select by. */
export const TREE_CONTEXTS = {
  project: "project",
  stage: "stage",
  stageWithResult: "stage.result",
  stageRunning: "stage.running",
  input: "input",
  version: "version",
  reason: "reason",
  group: "group",
} as const;

export const LANGUAGES = ["typescript", "typescriptreact", "javascript", "javascriptreact"] as const;
