import { format } from "node:util";
import type { FromChild, Job } from "../protocol/child.js";
import type { StageContext } from "../runtime/context.js";
import { seededRandom } from "./random.js";

const MAX_LOG_TEXT = 64 * 1024;
const PROGRESS_EVERY_MS = 50;

/** What a run function gets as its second argument; `send` takes its logs and progress. */
export function makeStageContext(job: Job, signal: AbortSignal, send: (message: FromChild) => void): StageContext {
  const log =
    (level: "info" | "warn" | "error") =>
    (...what: readonly unknown[]): void => {
      const text = format(...what);
      send({ type: "log", level, text: text.length > MAX_LOG_TEXT ? `${text.slice(0, MAX_LOG_TEXT)}…` : text });
    };
  return {
    signal,
    log: { info: log("info"), warn: log("warn"), error: log("error") },
    progress: progressReporter(send),
    random: seededRandom(job.seed),
    tmp: job.tmp,
    params: job.params,
  };
}

/** Stages call this once per row: most calls must cost next to nothing and send nothing. The end is always sent. */
function progressReporter(send: (message: FromChild) => void): StageContext["progress"] {
  let sentAt = -Infinity;
  let sentMessage: string | null = null;
  return (fraction, message) => {
    if (!Number.isFinite(fraction)) {
      return;
    }
    const now = performance.now();
    const words = message ?? sentMessage;
    if (fraction < 1 && words === sentMessage && now - sentAt < PROGRESS_EVERY_MS) {
      return;
    }
    sentAt = now;
    sentMessage = words;
    send({ type: "progress", fraction: Math.min(1, Math.max(0, fraction)), message: words });
  };
}
