/**
 * The library as user code imports it. The one file that only passes on names, because it is the package's public face.
 *
 * Invariant: it imports no package and no Node built-in, and declaring stages does nothing but make objects. The same
 * file is loaded by user programs, inside frozen bundles and in tests of run functions.
 */
export { env, file, files, param } from "./sources.js";
export { stage } from "./stage.js";
export type { StaticValue } from "../protocol/stage.js";
export type { StageContext, StageLog } from "./context.js";
export type { Input, Inputs, InputValues, PlainStage } from "./input.js";
export type { Cue, Duration, StageOptions } from "./options.js";
export type { RunFunction, Stage } from "./stage.js";
export type { ArrowBatch, ArrowColumn, ArrowTable } from "./views.js";
