import { formatBytes, formatQuantity } from "../../core/format.js";
import type { ClearPlan, ClearScope } from "../../protocol/engine-api.js";
import { EXIT, UsageError, type ExitCode } from "../exit-codes.js";
import { selectStage } from "../select-stage.js";
import { printJson, type Session } from "../session.js";

export interface ClearOptions {
  readonly all: boolean;
  readonly from: boolean;
  readonly dryRun: boolean;
}

export async function clearCommand(
  session: Session,
  name: string | undefined,
  options: ClearOptions,
): Promise<ExitCode> {
  if (options.all === (name !== undefined))
    throw new UsageError("Say what to clear: a stage, a stage with --from (it and all that use it), or --all.");
  const scope: ClearScope =
    name === undefined
      ? { what: "all" }
      : { what: options.from ? "from" : "stage", stage: selectStage(await session.status(), name) };
  const plan = options.dryRun
    ? await session.engine.planClear({ root: session.root, scope })
    : await session.engine.clear({ root: session.root, scope });
  if (session.json) printJson(session, { version: 1, removed: !options.dryRun, ...plan });
  else session.terminal.out(`${options.dryRun ? "Would remove" : "Removed"} ${describe(plan)}.`);
  return EXIT.ok;
}

function describe(plan: ClearPlan): string {
  return `${formatQuantity(plan.records, "result")} of ${formatQuantity(plan.stages.length, "stage")}: ${formatQuantity(plan.objects, "file")}, ${formatBytes(plan.bytes)}`;
}
