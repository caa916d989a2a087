/**
 * The child process in which user code runs. It warms up, takes one job, tells how it ended, and ends: module state and
 * leaks of one run never reach another.
 *
 * Invariants: user code runs only after a job came; stdout and stderr belong to user code, and messages go over the channel
 * alone; a result is told only when the output file is complete; without a parent there is no child.
 */
import { CHILD_PROTOCOL_VERSION } from "../protocol/child.js";
import type { Job, ToChild } from "../protocol/child.js";
import { unreachable } from "../protocol/unreachable.js";
import { warmCodec } from "../store/codec.js";
import { takeChannel } from "./channel.js";
import type { Channel } from "./channel.js";
import { flushOutput } from "./flush-output.js";
import { endAtOnce, startOrphanGuard } from "./orphan-guard.js";
import { JobRun } from "./run-job.js";
import type { JobEnd } from "./run-job.js";
import { installStageHost } from "./stage-host.js";

// Taken before user code can replace it.
const exit = process.exit.bind(process);

const channel = takeChannel(endAtOnce);
if (channel === null) {
  console.error("This program runs stages for Restage and is started by it. To run a stage, use `restage run`.");
  exit(2);
} else {
  await serve(channel);
}

async function serve(channel: Channel): Promise<void> {
  // The frames that matter to a person are their own, often below many of a library's.
  Error.stackTraceLimit = 50;
  let exports: object = {};
  installStageHost((stage) => Object.entries(exports).find(([, value]) => value === stage)?.[0] ?? null);

  // If the codec cannot be loaded, the first value that needs it says so, with the stage it concerns.
  await warmCodec().catch(() => undefined);

  const cancelling = new AbortController();
  let started = false;
  void channel.send({ type: "ready", version: CHILD_PROTOCOL_VERSION, node: process.version, pid: process.pid });
  channel.listen((message: ToChild) => {
    switch (message.type) {
      case "cancel":
        cancelling.abort(new DOMException("The run was cancelled.", "AbortError"));
        return;
      case "job":
        if (!started) {
          started = true;
          void runJob(message.job, channel, cancelling.signal, (loaded) => {
            exports = loaded;
          });
        }
        return;
      default:
        unreachable(message);
    }
  });
  startOrphanGuard();
}

async function runJob(
  job: Job,
  channel: Channel,
  signal: AbortSignal,
  loaded: (exports: object) => void,
): Promise<void> {
  // A stage that waits for what can never come lets the process end without a result, instead of hanging for ever.
  channel.release();
  const run = new JobRun(job, { signal, loaded, send: (message) => void channel.send(message) });
  const stray = new Promise<JobEnd>((resolve) => {
    process.on("uncaughtException", (error: unknown) => resolve(run.failed(error)));
    process.on("unhandledRejection", (reason) => resolve(run.failed(reason)));
  });
  const end = await Promise.race([run.run(), stray]);
  await flushOutput();
  await channel.send(end);
  exit(end.type === "result" ? 0 : 1);
}
