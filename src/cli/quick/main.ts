/**
 * The command `restage`. `status` and `run` with nothing to do are answered from what an earlier process wrote down, where
 * all of that still holds; for anything else the whole program is loaded. This is started each time a person or a script
 * asks, so it is one small CommonJS file, which Node starts fastest.
 */
import { randomUUID } from "node:crypto";
import type { RunId } from "../../protocol/ids.js";
import type { ExitCode } from "../exit-codes.js";
import { answerQuickly } from "./answer.js";
import { quickTerminal } from "./plain-output.js";
import { parseQuickly } from "./request.js";

/** A file beside this one: loaded when it is needed, and never bundled. */
const WHOLE_PROGRAM: string = "./cli.mjs";

function answer(): ExitCode | null {
  const request = parseQuickly(process.argv.slice(2));
  if (request === null) return null;
  return answerQuickly(request, {
    terminal: quickTerminal(),
    cwd: process.cwd(),
    dist: __dirname,
    node: process.version,
    variables: process.env,
    now: Date.now(),
    newRun: () => randomUUID() as string as RunId,
  });
}

const code = answer();
if (code !== null) process.exitCode = code;
else void import(WHOLE_PROGRAM);
