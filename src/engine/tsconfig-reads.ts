/**
 * `get-tsconfig` has no file system to be given, but it asks its cache before each call and takes what that holds. This one
 * makes the call itself, so that everything a chain of `extends` consults is known. A question of another form than today's
 * goes unanswered, and the library asks the disk: then nobody knows what it consulted, and `Disk` is told so.
 */
import type { Disk } from "./disk.js";

const QUESTION = /^(existsSync|readFileSync|statSync|realpathSync):(.*?)(:utf8)?$/s;

export class TsconfigReads extends Map<string, string> {
  readonly #disk: Disk;

  constructor(disk: Disk) {
    super();
    this.#disk = disk;
  }

  override get(key: string): string | undefined {
    if (!super.has(key)) {
      const [, call, file] = QUESTION.exec(key) ?? [];
      const answer = call === undefined || file === undefined ? undefined : this.#ask(call, file);
      if (answer === undefined) this.#disk.unknownRead();
      // The library keeps answers of several types in it, and says text.
      else super.set(key, answer as string);
    }
    return super.get(key);
  }

  #ask(call: string, file: string): unknown {
    switch (call) {
      case "existsSync":
        return this.#disk.exists(file);
      case "readFileSync":
        return this.#disk.calls.readFileSync(file, "utf8");
      case "statSync":
        return this.#disk.calls.statSync(file);
      case "realpathSync":
        return this.#disk.realPath(file);
      default:
        return undefined;
    }
  }
}
