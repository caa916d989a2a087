/**
 * The engine in a worker thread: everything that reads, parses, hashes or waits for a process is here, so that the thread
 * the editor's extensions share is never held up.
 */
import { parentPort } from "node:worker_threads";
import type { EngineMethod, FromEngine, ToEngine } from "../protocol/engine-api.js";
import { unreachable } from "../protocol/unreachable.js";
import { Engine } from "./engine.js";
import { NodeFinder } from "./node-executable.js";
import { PathTranslation } from "./path-translation.js";
import { realPath } from "./project-root.js";

const METHODS: { readonly [Name in EngineMethod]: true } = {
  status: true,
  filesChanged: true,
  run: true,
  cancel: true,
  why: true,
  versions: true,
  planClear: true,
  clear: true,
  accept: true,
  invalidate: true,
  changeForm: true,
  openPreview: true,
  readRows: true,
};

const port = parentPort;
if (port === null) throw new Error("The engine worker must be started as a worker thread.");
let engine: Engine | null = null;
let trusted = false;
let translation = new PathTranslation([]);

function send(message: FromEngine): void {
  port?.postMessage(message);
}

port.on("message", (message: ToEngine) => {
  receive(message).catch((error: unknown) =>
    send({ type: "event", event: { type: "internal-error", ...describe(error) } }),
  );
});

async function receive(message: ToEngine): Promise<void> {
  switch (message.type) {
    case "open": {
      translation = new PathTranslation(message.folders);
      trusted = message.trusted;
      const finder = new NodeFinder({ configured: message.nodePath, searchPath: process.env["PATH"] ?? "" });
      engine = new Engine({
        environment: {
          dist: message.distFolder,
          node: () => finder.get().path,
          nodeVersion: () => finder.get().version,
          peekNodeVersion: () => peekVersion(finder),
          version: message.version,
          variables: { ...process.env },
          now: () => Date.now(),
        },
        trusted: message.trusted,
        warmProcesses: 1,
      });
      engine.onEvent.on((event) => send({ type: "event", event: translation.outward(event) }));
      return engine.open(message.folders.map(realPath));
    }
    case "folders":
      translation = new PathTranslation(message.folders);
      return engine?.open(message.folders.map(realPath));
    case "trusted":
      trusted = true;
      engine?.trust();
      return;
    case "call":
      return answer(message.id, message.method, message.args);
    case "close":
      await engine?.close();
      send({ type: "closed" });
      return;
    default:
      return unreachable(message);
  }
}

/** In a trusted workspace Node is started ahead of the first run anyway; in another nothing is. */
function peekVersion(finder: NodeFinder): { version: string } | { unknown: string } {
  const version = finder.peek();
  if (version !== null) return { version };
  if (!trusted) return { unknown: "telling it needs a start of Node, and Restricted Mode starts nothing" };
  try {
    return { version: finder.get().version };
  } catch (error) {
    return { unknown: describe(error).message };
  }
}

async function answer(id: number, method: EngineMethod, args: unknown): Promise<void> {
  try {
    if (engine === null || !Object.hasOwn(METHODS, method))
      throw new Error(`The engine cannot answer "${method}" now.`);
    // Both ends are of one build and share the types of EngineApi; the name was checked above.
    const call = engine[method].bind(engine) as (args: unknown) => Promise<unknown>;
    send({
      type: "answer",
      id,
      result: { ok: true, value: translation.outward(await call(translation.inward(args))) },
    });
  } catch (error) {
    send({ type: "answer", id, result: { ok: false, ...describe(error) } });
  }
}

function describe(error: unknown): { message: string; stack: string } {
  return error instanceof Error
    ? { message: error.message, stack: error.stack ?? "" }
    : { message: String(error), stack: "" };
}
