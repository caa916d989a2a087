/** Whether a program that lived through edits says the same as a new one over the same files. */
import type { Program } from "../../../src/core/analysis/program.js";
import type { MemoryHost } from "../../unit/core/analysis/memory-host.js";

export interface Difference {
  /** The stage, or the file whose declarations differ. */
  readonly of: string;
  readonly message: string;
}

/**
 * `null`: they agree. A file that does not parse shows its last good stages in the program that knows them; their code must
 * not be known there.
 */
export function whatDiffers(host: MemoryHost, live: Program, fresh: Program): Difference | null {
  for (const name of host.files.keys()) {
    if (!/\.[cm]?[jt]sx?$/.test(name)) continue;
    const file = host.path(name);
    const [old, now] = [live.stages(file), fresh.stages(file)];
    if (host.summary(file)?.ok !== true) {
      const known = old.find((stage) => live.code(stage).ok || !stage.problems.some((p) => p.code === "syntax-error"));
      if (known) return { of: known.name, message: `is known though ${name} does not parse` };
      continue;
    }
    if (JSON.stringify(old) !== JSON.stringify(now)) {
      return { of: name, message: `declarations differ\n${JSON.stringify(old)}\n${JSON.stringify(now)}` };
    }
    for (const stage of now) {
      const [oldCode, nowCode] = [live.code(stage), fresh.code(stage)];
      if (JSON.stringify(oldCode) !== JSON.stringify(nowCode)) {
        return { of: stage.name, message: `${JSON.stringify(oldCode)}\n${JSON.stringify(nowCode)}` };
      }
      const files = [live.files(stage), fresh.files(stage)].map((list) => [...list].sort().join());
      if (files[0] !== files[1]) return { of: stage.name, message: `files ${files.join(" and ")}` };
    }
  }
  return null;
}
