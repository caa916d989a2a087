import { fstatSync, writeSync } from "node:fs";
import { processTerminal, type Terminal } from "../terminal.js";

/**
 * Where to write. A file or a pipe gets its bytes at once, because setting up the stream that Node gives for it takes longer
 * than all else here; a person's terminal has colours and a width, which only that stream knows.
 */
export function quickTerminal(): Terminal {
  if (fstatSync(1).isCharacterDevice() || fstatSync(2).isCharacterDevice()) return processTerminal();
  return { out: (text) => write(1, `${text}\n`), err: (text) => write(2, `${text}\n`), color: false, width: 120 };
}

function write(fd: 1 | 2, text: string): void {
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // A full pipe that does not wait: the stream does.
      if (code === "EAGAIN") {
        (fd === 1 ? process.stdout : process.stderr).write(rest);
        return;
      }
      // A reader that goes away early (`restage status | head -1`) is not an error of ours.
      if (code !== "EPIPE") throw error;
      return;
    }
  }
}
