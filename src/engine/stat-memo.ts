/**
 * Content digests of files, remembered by what `stat` says. A digest is only remembered when the file was quiet for two
 * seconds before it was read: within that time a second edit could leave size and time as they were ("racily clean" in
 * git's words), and an old digest would pass for the new content.
 */
import { statSync } from "node:fs";
import type { Digest } from "../protocol/ids.js";
import { quietStamp, stampOf } from "../store/file-stamp.js";
import type { Disk } from "./disk.js";
import { hashFile } from "./hash-file.js";
import { LargeDigests, type KnownDigest } from "./large-digests.js";
import { throttled, type ReadProgress } from "./read-progress.js";

const SMALL = 1 << 20;

export interface StatMemoOptions {
  readonly disk: Disk;
  /** Folder of the cache, where digests of large files outlive the process. */
  readonly cache: string;
  readonly onRead: (progress: ReadProgress) => void;
}

export class StatMemo {
  readonly #disk: Disk;
  readonly #large: LargeDigests;
  readonly #onRead: (progress: ReadProgress) => void;
  readonly #entries = new Map<string, KnownDigest>();
  readonly #abort = new AbortController();

  constructor({ disk, cache, onRead }: StatMemoOptions) {
    this.#disk = disk;
    this.#large = new LargeDigests(cache);
    this.#onRead = onRead;
  }

  /** Ends what is being read, and those who wait for it get an error; keeps what was read. */
  close(): void {
    this.#large.save();
    this.#abort.abort(new Error("reading was cancelled"));
  }

  /** The file's digest, or an error message when it cannot be read. A file that changes while it is read is read again. */
  async digest(file: string): Promise<{ readonly digest: Digest } | { readonly error: string }> {
    try {
      for (let attempt = 0; ; attempt++) {
        const at = Date.now();
        const before = statSync(file, { bigint: true });
        if (!before.isFile()) return { error: this.#missing(file, "it is not a file") };
        const stamp = stampOf(before);
        const known = this.#entries.get(file) ?? (before.size > SMALL ? this.#large.get(file) : undefined);
        if (known?.stamp === stamp) {
          this.#disk.digested(file, known.digest, before, at);
          return { digest: known.digest };
        }
        const digest =
          before.size <= SMALL ? this.#disk.readOrThrow(file).digest : await this.#hash(file, Number(before.size));
        if (this.stamp(file) !== stamp && attempt < 3) continue;
        if (before.size > SMALL) this.#disk.digested(file, digest, before, at);
        this.#remember(file, quietStamp(before, at) === null ? null : { stamp, digest }, before.size > SMALL);
        return { digest };
      }
    } catch (error) {
      this.#entries.delete(file);
      return { error: this.#missing(file, readError(error)) };
    }
  }

  #hash(file: string, size: number): Promise<Digest> {
    return hashFile(file, { onRead: throttled(file, size, this.#onRead), signal: this.#abort.signal });
  }

  #remember(file: string, known: KnownDigest | null, large: boolean): void {
    if (known === null) this.#entries.delete(file);
    else if (large) {
      this.#large.set(file, known);
      // At once: a window may never get to its end.
      this.#large.save();
    } else this.#entries.set(file, known);
  }

  /** That it is not there counts as well. */
  #missing(file: string, error: string): string {
    this.#disk.isFile(file);
    return error;
  }

  /** A text that differs after anything was written to the file, or it came or went. */
  stamp(file: string): string {
    try {
      return stampOf(statSync(file, { bigint: true }));
    } catch {
      return "";
    }
  }
}

function readError(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  if (code === "ENOENT" || code === "ENOTDIR") return "there is no such file";
  if (code === "EACCES" || code === "EPERM") return "it may not be read (permissions)";
  return error instanceof Error ? error.message : String(error);
}
