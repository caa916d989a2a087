import { randomBytes } from "node:crypto";
import { link, lstat, open, rm, utimes } from "node:fs/promises";
import { errorCode } from "./store-failure.js";
import { isAbsence, readPlain } from "./durable-file.js";
import type { StoreLock } from "./store.js";
import { HOST, isAlive } from "./temporary-folder.js";

const POLL_MS = 50;
const HEARTBEAT_MS = 2000;
const STALE_MS = 10_000;

/**
 * One holder at a time for a file name, across processes.
 *
 * The lock only saves work: results are filed by content and records are replaced whole, so two holders at once (a process that was frozen
 * for ten seconds and then woke) cost a computation and never a wrong result. In exchange a holder that died never blocks anybody: its
 * process id is asked after, and on another host its heartbeat is watched, by this process's own clock.
 */
export async function acquireLock(path: string, temporary: () => string, signal: AbortSignal): Promise<StoreLock> {
  const content = `${HOST} ${process.pid} ${randomBytes(8).toString("hex")}`;
  const watch = new HolderWatch();
  for (;;) {
    signal.throwIfAborted();
    if (await tryCreate(path, temporary(), content)) return hold(path, content);
    const holder = await readPlain(path);
    if (holder !== null && (await watch.isDead(path, holder))) await breakLock(path, temporary, holder);
    else await pause(signal);
  }
}

/** Appears with its content in one step, so that nobody reads half a lock. */
async function tryCreate(path: string, temporary: string, content: string): Promise<boolean> {
  try {
    await writeNew(temporary, content);
    await link(temporary, path);
    return true;
  } catch (error) {
    const code = errorCode(error);
    if (code === "EEXIST") return false;
    // File systems without hard links.
    if (code === "EPERM" || code === "ENOTSUP" || code === "EOPNOTSUPP" || code === "ENOSYS")
      return await createInPlace(path, content);
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

async function createInPlace(path: string, content: string): Promise<boolean> {
  try {
    await writeNew(path, content);
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  }
}

async function writeNew(path: string, content: string): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(content, "utf8");
  } finally {
    await file.close();
  }
}

function hold(path: string, content: string): StoreLock {
  const beat = setInterval(() => {
    const now = new Date();
    // A lock that was taken away needs no heartbeat; the holder finishes its work, which does no harm.
    utimes(path, now, now).catch(() => clearInterval(beat));
  }, HEARTBEAT_MS);
  beat.unref();
  return {
    async release() {
      clearInterval(beat);
      if ((await readPlain(path)) === content) await rm(path, { force: true });
    },
  };
}

/** Only one of several waiters may remove a dead lock; a second one would remove the lock of the first. */
async function breakLock(path: string, temporary: () => string, holder: string): Promise<void> {
  const right = `${path}.breaking`;
  if (!(await tryCreate(right, temporary(), `${HOST} ${process.pid}`))) {
    await removeIfOld(right);
    return;
  }
  try {
    if ((await readPlain(path)) === holder) await rm(path, { force: true });
  } finally {
    await rm(right, { force: true });
  }
}

async function removeIfOld(path: string): Promise<void> {
  const owner = /^([0-9a-f]{8}) (\d+)$/.exec((await readPlain(path)) ?? "");
  if (owner !== null && owner[1] === HOST && !isAlive(Number(owner[2]))) return rm(path, { force: true });
  const time = await modifiedAt(path);
  if (time !== null && Math.abs(Date.now() - time) > STALE_MS) await rm(path, { force: true });
}

/** Whether the process that holds a lock is gone. */
class HolderWatch {
  #seen = "";
  #since = 0;

  async isDead(path: string, holder: string): Promise<boolean> {
    const owner = /^([0-9a-f]{8}) (\d+) [0-9a-f]{16}$/.exec(holder);
    if (owner !== null && owner[1] === HOST && !isAlive(Number(owner[2]))) return true;
    // Neither this clock nor the other's need be right: what counts is how long, here, the time on the file stood still.
    const seen = `${holder} ${String(await modifiedAt(path))}`;
    const now = performance.now();
    if (seen !== this.#seen) {
      this.#seen = seen;
      this.#since = now;
    }
    return now - this.#since > STALE_MS;
  }
}

async function modifiedAt(path: string): Promise<number | null> {
  try {
    return (await lstat(path)).mtimeMs;
  } catch (error) {
    if (isAbsence(error)) return null;
    throw error;
  }
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal.reason instanceof Error ? signal.reason : new Error("Aborted while waiting for another process."));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    }, POLL_MS);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
