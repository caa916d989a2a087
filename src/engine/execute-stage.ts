/** Runs one stage in one child: the job, its time limit and cancellation, and what its end means. */
import type { FromChild, Job } from "../protocol/child.js";
import type { Failure } from "../protocol/failure.js";
import type { StageDeclaration } from "../protocol/stage.js";
import { OutputBuffer } from "./output-buffer.js";
import { fullMessage, parseStack, userLocation } from "./stack.js";
import { LONGEST_TIMER_MS } from "./timers.js";
import type { StageProcess, StageProcessEnd } from "./stage-process.js";

export type Execution =
  | { readonly ok: true; readonly result: Extract<FromChild, { type: "result" }>; readonly log: string }
  | { readonly ok: false; readonly failure: Failure; readonly retry: boolean }
  /** A stored input was found damaged when it was read: its stage must run again first. */
  | { readonly ok: "corrupt-input"; readonly input: string };

export interface ExecuteOptions {
  readonly process: StageProcess;
  readonly job: Job;
  readonly declaration: StageDeclaration;
  readonly signal: AbortSignal;
  /** Folder of Restage's own files, whose frames a person does not want to see. */
  readonly own: string;
  readonly onLog: (stream: "stdout" | "stderr" | "log", text: string) => void;
  readonly onProgress: (fraction: number, message: string | null) => void;
}

/** How long a stage may take to end by itself after it was asked to. */
const GRACE_MS = 500;

export async function executeStage(options: ExecuteOptions): Promise<Execution> {
  const { process, job, declaration, signal } = options;
  const buffers = {
    stdout: new OutputBuffer((text) => options.onLog("stdout", text)),
    stderr: new OutputBuffer((text) => options.onLog("stderr", text)),
    log: new OutputBuffer((text) => options.onLog("log", text)),
  };
  const everything = new OutputBuffer(() => undefined);
  let stopped: "cancelled" | "timed-out" | null = null;
  const timers: NodeJS.Timeout[] = [];
  const stop = (why: "cancelled" | "timed-out"): void => {
    stopped ??= why;
    process.cancel();
    timers.push(setTimeout(() => process.kill(), GRACE_MS));
  };
  const onAbort = (): void => stop("cancelled");
  const { timeout } = declaration.options;
  if (timeout !== undefined) timers.push(setTimeout(() => stop("timed-out"), Math.min(timeout, LONGEST_TIMER_MS)));
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  let end: StageProcessEnd;
  try {
    end = await process.run(job, {
      output: (stream, text) => {
        buffers[stream].append(text);
        everything.append(text);
      },
      progress: options.onProgress,
    });
  } finally {
    signal.removeEventListener("abort", onAbort);
    for (const timer of timers) clearTimeout(timer);
    for (const buffer of [...Object.values(buffers), everything]) buffer.flush();
  }
  return meaning(end, stopped, everything.tail(), options);
}

function meaning(
  end: StageProcessEnd,
  stopped: "cancelled" | "timed-out" | null,
  output: string,
  options: ExecuteOptions,
): Execution {
  const { declaration } = options;
  const stage = declaration.id;
  const failed = (failure: Failure, retry = true): Execution => ({ ok: false, failure, retry });
  // A result that was complete before the stop counts; anything else was cut off by it.
  if (stopped !== null && !(end.how === "message" && end.message.type === "result")) {
    return stopped === "cancelled"
      ? failed({ reason: "cancelled", stage }, false)
      : failed({ reason: "timed-out", stage, timeoutMs: declaration.options.timeout ?? 0 });
  }
  if (end.how === "start-failed") {
    return failed(
      { reason: "internal", stage, message: `the process for the stage could not start: ${end.message}`, stack: "" },
      false,
    );
  }
  if (end.how === "exit") return failed(exitFailure(end, output, stage));
  const { message } = end;
  if (message.type === "result") return { ok: true, result: message, log: output };
  if (message.type === "corrupt-input") return { ok: "corrupt-input", input: message.name };
  const stack = parseStack(message.error, options.own);
  const location = userLocation(stack);
  const text = fullMessage(message.error);
  switch (message.phase) {
    case "module":
      return failed({
        reason: "module-failed",
        stage,
        message: `${message.error.name}: ${text}`,
        stack,
        location: location ?? declaration.nameRange,
      });
    case "run":
      return failed({
        reason: "stage-threw",
        stage,
        name: message.error.name,
        message: text,
        stack,
        location: location ?? declaration.nameRange,
      });
    case "store":
      // A full disk says nothing of the code: it is not remembered as the stage's failure.
      return failed({ reason: "store-failed", stage, message: text, path: options.job.output }, false);
    case "encode":
      return failed({ reason: "unstorable-value", stage, message: text, location: declaration.nameRange }, false);
  }
}

function exitFailure(
  end: { readonly code: number | null; readonly signal: string | null },
  output: string,
  stage: StageDeclaration["id"],
): Failure {
  if (
    /heap limit|out of memory|Array buffer allocation failed|Failed to allocate memory/i.test(output) &&
    end.code !== 0
  ) {
    return { reason: "out-of-memory", stage, output };
  }
  if (end.signal !== null) return { reason: "crashed", stage, signal: end.signal, output };
  return { reason: "exited", stage, code: end.code ?? 0, output };
}
