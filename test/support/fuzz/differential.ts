/**
 * One fuzzed project with its edits: every version is run cold and analysed, by a program that lives through all edits and
 * by a new one. A key is what decides whether an old result is taken: two runs under one key must have given one value.
 */
import { createHash } from "node:crypto";
import { MemoryHost } from "../../unit/core/analysis/memory-host.js";
import { Program } from "../../../src/core/analysis/program.js";
import type { StageDeclaration } from "../../../src/protocol/stage.js";
import { whatDiffers } from "./agreement.js";
import type { Edit } from "./arbitraries.js";
import { bundleFiles, minifiedSlices } from "./bundles.js";
import { applyEdit } from "./edits.js";
import { execute, type Outcome } from "./execution.js";
import { stageItems, type ProjectModel, type Texts } from "./model.js";
import { fileOf, stageName } from "./naming.js";
import { render } from "./render.js";

/** What was seen of one stage in one version. */
interface Seen {
  readonly version: number;
  readonly stage: string;
  readonly fingerprint: string;
  readonly key: string;
  readonly outcome: Outcome;
  readonly slice: string;
}

export interface Finding {
  readonly kind: "falsely fresh" | "live differs from new" | "unknown" | "not found";
  readonly stage: string;
  readonly message: string;
  readonly before: Texts;
  readonly after: Texts;
}

export interface Tally {
  edits: number;
  stages: number;
  /** Stages whose value differs from that of the version before. */
  changed: number;
  failed: number;
  /** Stages whose minified code is as in the version before; and those of them whose fingerprint is not. */
  sameSlice: number;
  falselyStale: number;
  readonly staleExamples: { readonly stage: string; readonly before: Texts; readonly after: Texts }[];
}

export function newTally(): Tally {
  return { edits: 0, stages: 0, changed: 0, failed: 0, sameSlice: 0, falselyStale: 0, staleExamples: [] };
}

export async function check(start: ProjectModel, edits: readonly Edit[], tally: Tally): Promise<Finding | null> {
  const models = versionsOf(start, edits);
  const versions = models.map((model) => render(model));
  const [bundles, slices] = await Promise.all([
    bundleFiles(
      versions,
      entriesOf(models, (version, file) => `${version}/${file}`),
    ),
    minifiedSlices(
      models.map((model) => render(model, true)),
      entriesOf(models, (version, file, stage) => `${version}/${file}#${stage}`),
    ),
  ]);
  const host = new MemoryHost(versions[0]!);
  const live = new Program(host);
  const results = new Map<string, Seen>();
  let previous = new Map<string, Seen>();
  for (const [version, model] of models.entries()) {
    const texts = versions[version]!;
    const before = versions[version - 1] ?? texts;
    takeIn(host, live, before, texts);
    const fresh = new Program(host);
    const finding = (kind: Finding["kind"], stage: string, message: string, old = before): Finding => ({
      kind,
      stage,
      message,
      before: old,
      after: texts,
    });
    const difference = whatDiffers(host, live, fresh);
    if (difference !== null) return finding("live differs from new", difference.of, difference.message);
    const now = new Map<string, Seen>();
    for (const item of stageItems(model)) {
      const stage = stageName(item);
      const file = fileOf(model, item.module);
      const declaration = fresh.stages(host.path(file)).find((found) => found.name === stage);
      if (!declaration || declaration.problems.length > 0) {
        return finding("not found", stage, JSON.stringify(declaration?.problems ?? "no declaration"));
      }
      const code = fresh.code(declaration);
      if (!code.ok) return finding("unknown", stage, `${code.message} ${JSON.stringify(code.location)}`);
      const inputs = inputsOf(declaration, now);
      const outcome = await execute(bundles.get(`${version}/${file}`) ?? "", stage, inputs);
      const { fingerprint } = code.data;
      const key = createHash("sha256")
        .update(JSON.stringify([fingerprint, inputs]))
        .digest("hex");
      const slice = slices.get(`${version}/${file}#${stage}`) ?? "";
      const seen: Seen = { version, stage, fingerprint, key, outcome, slice };
      now.set(stage, seen);
      const known = results.get(key);
      if (known?.outcome.ok && outcome.ok && known.outcome.value !== outcome.value && code.untracked.length === 0) {
        const message = `version ${known.version} gave ${known.outcome.value}, version ${version} gives ${outcome.value}`;
        return finding("falsely fresh", stage, message, versions[known.version]);
      }
      if (!known) results.set(key, seen);
      count(tally, seen, previous.get(stage), before, texts);
    }
    if (version > 0) tally.edits++;
    previous = now;
  }
  return null;
}

/** Only edits that change a text make a version. */
function versionsOf(start: ProjectModel, edits: readonly Edit[]): ProjectModel[] {
  const models = [start];
  let text = JSON.stringify(render(start));
  for (const edit of edits) {
    const next = applyEdit(models.at(-1)!, edit);
    const nextText = JSON.stringify(render(next));
    if (nextText !== text) models.push(next);
    text = nextText;
  }
  return models;
}

function entriesOf(
  models: readonly ProjectModel[],
  name: (version: number, file: string, stage: string) => string,
): string[] {
  const all = models.flatMap((model, version) =>
    stageItems(model).map((item) => name(version, fileOf(model, item.module), stageName(item))),
  );
  return [...new Set(all)];
}

function takeIn(host: MemoryHost, live: Program, before: Texts, after: Texts): void {
  host.files = new Map(Object.entries(after));
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  const changed = [...names].filter((name) => before[name] !== after[name]);
  live.invalidate(changed.map((name) => host.path(name)));
}

function inputsOf(declaration: StageDeclaration, now: ReadonlyMap<string, Seen>): Record<string, unknown> {
  const inputs: Record<string, unknown> = {};
  for (const input of declaration.inputs) {
    if (input.kind === "param") inputs[input.name] = input.default;
    if (input.kind !== "stage") continue;
    const outcome = now.get(input.stage.split("#")[1] ?? "")?.outcome;
    inputs[input.name] = outcome?.ok === true ? outcome.value : "failed";
  }
  return inputs;
}

function count(tally: Tally, seen: Seen, before: Seen | undefined, old: Texts, texts: Texts): void {
  tally.stages++;
  if (!seen.outcome.ok) tally.failed++;
  if (!before) return;
  if (JSON.stringify(before.outcome) !== JSON.stringify(seen.outcome)) tally.changed++;
  if (before.slice !== seen.slice) return;
  tally.sameSlice++;
  if (before.fingerprint === seen.fingerprint) return;
  tally.falselyStale++;
  if (tally.staleExamples.length < 60) tally.staleExamples.push({ stage: seen.stage, before: old, after: texts });
}
