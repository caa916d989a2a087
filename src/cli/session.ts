import type { Engine } from "../engine/engine.js";
import type { ProjectStatus } from "../protocol/status.js";
import type { Terminal } from "./terminal.js";

/** What every command works with. */
export interface Session {
  readonly engine: Engine;
  readonly root: string;
  readonly terminal: Terminal;
  readonly json: boolean;
  readonly status: () => Promise<ProjectStatus>;
}

export function printJson(session: Session, value: unknown): void {
  session.terminal.out(JSON.stringify(value, null, 2));
}
