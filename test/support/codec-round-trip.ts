import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Digest } from "../../src/protocol/ids.js";
import type { StoredValue } from "../../src/protocol/record.js";
import type { View } from "../../src/protocol/stage.js";
import { decodeValue, encodeValue, type EncodeOptions } from "../../src/store/codec.js";

/** A folder in which values are written and read back; removed by `dispose`. */
export class CodecFolder {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(): Promise<CodecFolder> {
    return new CodecFolder(await mkdtemp(join(tmpdir(), "restage-codec-")));
  }

  path(): string {
    return join(this.folder, randomUUID());
  }

  /** Writes a value and says what a store would say of it. */
  async write(
    value: unknown,
    options: EncodeOptions = {},
  ): Promise<{ readonly stored: StoredValue; readonly path: string; readonly bytes: Buffer }> {
    const path = this.path();
    const { kind, format, rows, columns, media, written } = await encodeValue(value, path, options);
    const bytes = await readFile(path);
    const digest = createHash("sha256").update(bytes).digest("hex") as Digest;
    if (written !== null)
      assert.deepEqual(written, { digest, bytes: bytes.length }, "what the writer told of the file");
    const stored = {
      kind,
      format,
      rows,
      columns,
      digest,
      bytes: bytes.length,
      ...(media === undefined ? {} : { media }),
    };
    return { stored, path, bytes };
  }

  /** Writes a value and reads it back. */
  async roundTrip(value: unknown, options: EncodeOptions = {}, view: View = { as: "value" }): Promise<unknown> {
    const { stored, path } = await this.write(value, options);
    const back = await decodeValue(stored, path, view);
    if (view.as !== "stream" && stored.kind !== "stream") await rm(path);
    return back;
  }

  async dispose(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
