/** Runs the fuzz for a number of edits and says what it saw; on a finding, the smallest project that shows it. */
import fc from "fast-check";
import { edit, project } from "./arbitraries.js";
import { check, newTally, type Finding, type Tally } from "./differential.js";
import type { Texts } from "./model.js";

export interface Campaign {
  readonly tally: Tally;
  /** What a person needs to see and repeat the finding; `null`: there was none. */
  readonly failure: string | null;
}

export interface CampaignOptions {
  readonly edits: number;
  readonly seed: number;
  /** From an earlier report: repeats that one project instead of searching. */
  readonly path?: string | undefined;
}

/** Edits that change a text, of those that are drawn for a project. */
const EDITS_A_PROJECT = 9;

class FoundError extends Error {
  readonly finding: Finding;

  constructor(finding: Finding) {
    super(`${finding.stage} is ${finding.kind}: ${finding.message}`);
    this.finding = finding;
  }
}

export async function runCampaign({ edits, seed, path }: CampaignOptions): Promise<Campaign> {
  const tally = newTally();
  const property = fc.asyncProperty(
    project,
    fc.array(edit, { minLength: 8, maxLength: 24, size: "max" }),
    async (start, drawn) => {
      const finding = await check(start, drawn, tally);
      if (finding) throw new FoundError(finding);
    },
  );
  const numRuns = Math.max(1, Math.ceil(edits / EDITS_A_PROJECT));
  const details = await fc.check(property, { numRuns, seed, ...(path === undefined ? {} : { path }) });
  if (!details.failed) return { tally, failure: null };
  const again = `FUZZ_SEED=${details.seed} FUZZ_PATH=${details.counterexamplePath ?? ""}`;
  return { tally, failure: `${describeFailure(details.errorInstance)}\nAgain with ${again}` };
}

export function describeTally(tally: Tally): string {
  const rate = (100 * tally.falselyStale) / Math.max(1, tally.sameSlice);
  return [
    `${tally.edits} edits, ${tally.stages} stages run cold (${tally.failed} of them throw), ${tally.changed} values changed;`,
    `falsely stale: ${tally.falselyStale} of ${tally.sameSlice} whose minified code is the same (${rate.toFixed(2)} %)`,
  ].join(" ");
}

function describeFailure(error: unknown): string {
  if (!(error instanceof FoundError)) return error instanceof Error ? (error.stack ?? error.message) : String(error);
  const { before, after } = error.finding;
  return `${error.message}\n${describeEdit(before, after)}`;
}

export function describeEdit(before: Texts, after: Texts): string {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names
    .map((name) => {
      const old = `=== ${name}\n${before[name] ?? "(not there)\n"}`;
      return before[name] === after[name] ? old : `${old}=== ${name} afterwards\n${after[name] ?? "(not there)\n"}`;
    })
    .join("");
}
