import type { FromChild, ToChild } from "../protocol/child.js";

/** The runner's end of the channel to the engine. */
export interface Channel {
  /** Resolves when the message has left this process, or cannot any more. */
  send(message: FromChild): Promise<void>;
  /** Messages that come before somebody listens wait. */
  listen(receive: (message: ToChild) => void): void;
  /** From now on the channel alone does not keep the process alive. */
  release(): void;
}

/**
 * Takes the channel that `fork` opened for the runner alone, or gives `null` when there is none.
 *
 * Invariant: user code cannot send on it, close it, or see what comes in. `process.on("message")` in a library would
 * otherwise get the engine's messages, and a `process.send("ready")` would reach the engine as if it were a result.
 * Node hands messages to `process` as events, so what is replaced is `process.emit`.
 */
export function takeChannel(onDisconnect: () => void): Channel | null {
  const { channel } = process;
  const send = process.send?.bind(process) as Send | undefined;
  if (send === undefined || channel === undefined) {
    return null;
  }
  let receive: ((message: ToChild) => void) | null = null;
  const waiting: ToChild[] = [];
  const emit = process.emit.bind(process) as (event: string | symbol, ...values: unknown[]) => boolean;

  Object.defineProperty(process, "emit", {
    configurable: true,
    writable: true,
    enumerable: false,
    value: (event: string | symbol, ...values: unknown[]): boolean => {
      switch (event) {
        case "message": {
          const message = values[0] as ToChild;
          if (receive === null) {
            waiting.push(message);
          } else {
            receive(message);
          }
          return true;
        }
        case "disconnect":
          onDisconnect();
          return true;
        default:
          return emit(event, ...values);
      }
    },
  });
  // Node holds messages back while nobody listens for them.
  process.on("message", () => undefined);
  Reflect.deleteProperty(process, "send");
  // Node calls it too, when the other end is gone, and closes its own end right after; a call by user code does nothing.
  process.disconnect = () => {
    setImmediate(() => {
      if (!isOpen(channel)) {
        onDisconnect();
      }
    });
  };

  return {
    send: (message) =>
      new Promise((resolve) => {
        try {
          send(message, undefined, undefined, () => resolve());
        } catch {
          // The engine is gone; `disconnect` ends this process.
          resolve();
        }
      }),
    listen: (listener) => {
      receive = listener;
      for (const message of waiting.splice(0)) {
        listener(message);
      }
    },
    release: () => channel.unref(),
  };
}

/** Where a platform does not tell, it counts as closed: better to end on a mistaken call than to outlive the engine. */
function isOpen(channel: object): boolean {
  return "fd" in channel && typeof channel.fd === "number" && channel.fd >= 0;
}

/** `process.send` with the callback that its published type leaves out. */
type Send = (message: FromChild, handle: undefined, options: undefined, sent: () => void) => boolean;
