import { Worker } from "node:worker_threads";

/**
 * Ends this process, and what it started, when its parent is gone. The channel's end says so too, but only to an event loop
 * that turns: a stage in an endless loop whose editor was killed would run for ever. So a thread of its own looks.
 */
export function startOrphanGuard(): void {
  const guard = new Worker(WATCH_PARENT, {
    eval: true,
    env: {},
    execArgv: [],
    workerData: { parent: process.ppid, self: process.pid, everyMs: 1000 },
    resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2 },
  });
  // Without the guard everything but the case above still works: no reason to end a run.
  guard.on("error", () => undefined);
  guard.unref();
}

const kill = process.kill.bind(process);

/** Ends this process and its group at once: no exit handler of user code can delay it. */
export function endAtOnce(): void {
  try {
    // The engine starts each child as the leader of a group of its own.
    kill(-process.pid, "SIGKILL");
  } catch {
    kill(process.pid, "SIGKILL");
  }
}

// As text, because a function's source is not what the worker could run after the build has renamed its helpers. On Windows
// an orphan keeps its parent's id, so the parent itself is asked too.
const WATCH_PARENT = `
  const { parent, self, everyMs } = require("node:worker_threads").workerData;
  const alive = (pid) => { try { return process.kill(pid, 0); } catch (error) { return error.code === "EPERM"; } };
  setInterval(() => {
    if (process.ppid === parent && alive(parent)) return;
    try { process.kill(-self, "SIGKILL"); } catch { process.kill(self, "SIGKILL"); }
  }, everyMs);
`;
