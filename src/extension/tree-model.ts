/** What the Checkpoints tree shows, as plain data: the view turns it into the editor's items. */
import * as path from "node:path";
import { describeReason, describeReasonShort, describeResult, describeState, stageName } from "../core/describe.js";
import { formatAge, formatBytes, formatQuantity } from "../core/format.js";
import type { VersionInfo } from "../protocol/engine-api.js";
import type { StaleReason } from "../protocol/reason.js";
import type { InputDeclaration } from "../protocol/stage.js";
import type { ProjectStatus, ResultSummary, StageState, StageStatus } from "../protocol/status.js";
import { unreachable } from "../protocol/unreachable.js";
import { TREE_CONTEXTS } from "./contributions.js";
import { stateIcon } from "./lens-text.js";

/** A node. `root` and `stage` make it a valid argument for the commands in its menu. */
export interface TreeNode {
  readonly id: string;
  readonly root: string;
  readonly stage: string | null;
  readonly digest: string | null;
  readonly label: string;
  readonly description: string;
  readonly tooltip: string;
  readonly icon: string;
  /** A theme colour's id. */
  readonly color: string | null;
  readonly context: string;
  readonly expand: "none" | "collapsed" | "expanded";
  readonly content: NodeContent;
}

export type NodeContent =
  | { readonly kind: "project"; readonly project: ProjectStatus }
  | { readonly kind: "stage"; readonly project: ProjectStatus; readonly stage: StageStatus }
  | { readonly kind: "inputs" | "reasons" | "versions"; readonly project: ProjectStatus; readonly stage: StageStatus }
  | { readonly kind: "leaf"; readonly opens: NodeTarget | null };

/** What a click on a leaf shows. */
export type NodeTarget =
  | { readonly show: "stage"; readonly root: string; readonly stage: string }
  | { readonly show: "file"; readonly file: string }
  | { readonly show: "version"; readonly root: string; readonly stage: string; readonly digest: string }
  | { readonly show: "why"; readonly root: string; readonly stage: string };

/** With one project its stages are the top level. */
export function rootNodes(projects: readonly ProjectStatus[], now: number): readonly TreeNode[] {
  const [only] = projects;
  if (projects.length === 1 && only !== undefined) return stageNodes(only, now);
  return projects.map(projectNode);
}

export function stageNodes(project: ProjectStatus, now: number): readonly TreeNode[] {
  return project.stages.map((stage) => stageNode(project, stage, now));
}

/** Children that need no question to the engine; the versions of a stage do (`versionNodes`). */
export function childNodes(node: TreeNode, now: number): readonly TreeNode[] {
  const { content } = node;
  switch (content.kind) {
    case "project":
      return stageNodes(content.project, now);
    case "stage":
      return groupNodes(content.project, content.stage);
    case "inputs":
      return content.stage.inputs.map((input) => inputNode(content.project, content.stage, input));
    case "reasons":
      return content.stage.reasons.map((reason, index) => reasonNode(content.project, content.stage, reason, index));
    case "versions":
    case "leaf":
      return [];
    default:
      return unreachable(content);
  }
}

export function versionNodes(node: TreeNode, versions: readonly VersionInfo[], now: number): readonly TreeNode[] {
  if (node.stage === null) return [];
  const { root, stage } = node;
  return versions.map((version) => ({
    ...leaf(node, `version:${version.key}`),
    label: formatAge(version.result.createdAt, now),
    description: `${describeResult(version.result)}${version.current ? " · current" : ""}${version.present ? "" : " · removed"}`,
    tooltip: `${new Date(version.result.createdAt).toLocaleString()}\n${describeResult(version.result)}\n${version.result.digest}`,
    icon: version.current ? "check" : version.present ? "history" : "circle-slash",
    color: version.current ? GREEN : null,
    digest: version.present ? version.result.digest : null,
    context: version.present ? TREE_CONTEXTS.version : TREE_CONTEXTS.group,
    content: {
      kind: "leaf",
      opens: version.present ? { show: "version", root, stage, digest: version.result.digest } : null,
    },
  }));
}

const GREEN = "testing.iconPassed";
const STATE_COLORS: { readonly [state in StageState]: string | null } = {
  new: null,
  fresh: GREEN,
  unknown: "list.warningForeground",
  stale: "list.warningForeground",
  blocked: "list.warningForeground",
  queued: "testing.iconQueued",
  running: "progressBar.background",
  failed: "testing.iconFailed",
  uncached: "disabledForeground",
  frozen: "disabledForeground",
};

function projectNode(project: ProjectStatus): TreeNode {
  return {
    id: project.root,
    root: project.root,
    stage: null,
    digest: null,
    label: project.name,
    description: `${formatQuantity(project.stages.length, "stage")} · ${formatBytes(project.cache.bytes)}`,
    tooltip: `${project.root}\nCache: ${formatBytes(project.cache.bytes)} of at most ${formatBytes(project.cache.maxBytes)}`,
    icon: "folder",
    color: null,
    context: TREE_CONTEXTS.project,
    expand: "expanded",
    content: { kind: "project", project },
  };
}

function stageNode(project: ProjectStatus, stage: StageStatus, now: number): TreeNode {
  return {
    id: `${project.root}\0${stage.id}`,
    root: project.root,
    stage: stage.id,
    digest: null,
    label: stage.name === "default" ? stageName(stage.id) : stage.name,
    description: stageDescription(stage, now),
    tooltip: stageTooltip(stage, now),
    icon: stateIcon(stage.state),
    color: STATE_COLORS[stage.state],
    context: stageContext(stage),
    expand: "collapsed",
    content: { kind: "stage", project, stage },
  };
}

function stageContext(stage: StageStatus): string {
  if (stage.state === "running" || stage.state === "queued") return TREE_CONTEXTS.stageRunning;
  return stage.result === null && stage.lastResult === null ? TREE_CONTEXTS.stage : TREE_CONTEXTS.stageWithResult;
}

function stageDescription(stage: StageStatus, now: number): string {
  const untracked = stage.fullyTracked ? "" : " · not fully tracked";
  return `${stage.state === "fresh" && stage.result !== null ? resultFacts(stage.result, now) : describeState(stage)}${untracked}`;
}

/** `344 rows · 12.3 KB · 2 min ago`. */
export function resultFacts(result: ResultSummary, now: number): string {
  const size = result.rows === null ? result.kind : formatQuantity(result.rows, "row");
  return [size, formatBytes(result.bytes), formatAge(result.createdAt, now)].join(" · ");
}

function stageTooltip(stage: StageStatus, now: number): string {
  const lines = [`${stage.id}: ${describeState(stage)}`];
  if (stage.description !== null) lines.push(stage.description);
  for (const reason of stage.reasons) lines.push(`• ${describeReason(reason)}`);
  for (const place of stage.untracked) lines.push(`• Not fully tracked: ${place.what} (line ${place.location.line})`);
  if (stage.result === null && stage.lastResult !== null) {
    lines.push(`Last result: ${resultFacts(stage.lastResult, now)}`);
  }
  return lines.join("\n");
}

function groupNodes(project: ProjectStatus, stage: StageStatus): readonly TreeNode[] {
  const group = (kind: "inputs" | "reasons" | "versions", label: string, icon: string, count: number): TreeNode => ({
    id: `${project.root}\0${stage.id}\0${kind}`,
    root: project.root,
    stage: stage.id,
    digest: null,
    label,
    description: count === 0 ? "" : String(count),
    tooltip: "",
    icon,
    color: null,
    context: TREE_CONTEXTS.group,
    expand: kind === "versions" ? "collapsed" : "expanded",
    content: { kind, project, stage },
  });
  const nodes: TreeNode[] = [];
  if (stage.reasons.length > 0) nodes.push(group("reasons", "Why it must run", "question", stage.reasons.length));
  if (stage.inputs.length > 0) nodes.push(group("inputs", "Depends on", "references", stage.inputs.length));
  if (stage.lastResult !== null || stage.result !== null) nodes.push(group("versions", "Versions", "versions", 0));
  return nodes;
}

function leaf(parent: { readonly root: string; readonly stage: string | null }, key: string): LeafBase {
  const { root, stage } = parent;
  return { id: `${root}\0${stage ?? ""}\0${key}`, root, stage, digest: null, color: null, expand: "none" };
}
type LeafBase = Pick<TreeNode, "id" | "root" | "stage" | "digest" | "color" | "expand">;

function inputNode(project: ProjectStatus, stage: StageStatus, input: InputDeclaration): TreeNode {
  const base = {
    ...leaf({ root: project.root, stage: stage.id }, `input:${input.name}`),
    label: input.name,
    context: TREE_CONTEXTS.input,
  };
  switch (input.kind) {
    case "stage": {
      const upstream = project.stages.find((candidate) => candidate.id === input.stage);
      const name = stageName(input.stage);
      const view = input.view.as === "columns" ? `columns ${input.view.columns.join(", ")}` : "";
      const state = upstream === undefined ? "not found" : describeState(upstream);
      const opens =
        upstream === undefined ? null : ({ show: "stage", root: project.root, stage: input.stage } as const);
      return {
        ...base,
        description: [input.name === name ? "" : name, view, state].filter((part) => part !== "").join(" · "),
        tooltip: `Stage ${input.stage}`,
        icon: upstream === undefined ? "question" : stateIcon(upstream.state),
        color: upstream === undefined ? null : STATE_COLORS[upstream.state],
        content: { kind: "leaf", opens },
      };
    }
    case "file": {
      const file = path.resolve(project.root, input.path);
      return {
        ...base,
        description: input.path,
        tooltip: file,
        icon: "file",
        content: { kind: "leaf", opens: { show: "file", file } },
      };
    }
    case "files":
      return {
        ...base,
        description: input.pattern,
        tooltip: "Files",
        icon: "files",
        content: { kind: "leaf", opens: null },
      };
    case "param": {
      const value = JSON.stringify(input.default);
      const name = input.param === input.name ? "" : `${input.param} · `;
      return {
        ...base,
        description: `${name}default ${value}`,
        tooltip: `Parameter ${input.param}`,
        icon: "symbol-parameter",
        content: { kind: "leaf", opens: null },
      };
    }
    case "env":
      return {
        ...base,
        description: input.variable,
        tooltip: `Environment variable ${input.variable}`,
        icon: "symbol-variable",
        content: { kind: "leaf", opens: null },
      };
    default:
      return unreachable(input);
  }
}

function reasonNode(project: ProjectStatus, stage: StageStatus, reason: StaleReason, index: number): TreeNode {
  return {
    ...leaf({ root: project.root, stage: stage.id }, `reason:${index}`),
    label: describeReasonShort(reason),
    description: "",
    tooltip: describeReason(reason),
    icon: "circle-small-filled",
    context: TREE_CONTEXTS.reason,
    content: { kind: "leaf", opens: { show: "why", root: project.root, stage: stage.id } },
  };
}
