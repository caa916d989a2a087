import { createHash, type Hash } from "node:crypto";
import { open, rm, type FileHandle } from "node:fs/promises";
import type { RecordBatch } from "apache-arrow";
import type { Digest } from "../protocol/ids.js";
import { UnstorableValueError } from "./codec-errors.js";
import { loadEngine, type Arrow, type Wasm } from "./parquet-engine.js";
import { FooterJoiner, MAGIC } from "./parquet-footer.js";
import { METADATA_KEY } from "./table-metadata.js";

type CompressionCode = Parameters<InstanceType<Wasm["WriterPropertiesBuilder"]>["setCompression"]>[0];

export type Compression = "none" | "snappy" | "zstd" | "lz4";

/** What a file is that has just been written, told without reading it again. */
export interface WrittenFile {
  readonly digest: Digest;
  readonly bytes: number;
}

/** No batch holds more than this, so that writing a row group and reading it back fit in memory whatever its rows hold. */
export const MAX_GROUP_BYTES = 64 << 20;
/** Row groups are meant to have this size, or this many rows where rows are small. */
export const TARGET_GROUP_BYTES = 16 << 20;
export const MAX_GROUP_ROWS = 1 << 16;

/**
 * Writes record batches to a new Parquet file, each as one row group: what is in memory is one row group, not the table, and the
 * file's bytes follow from the batches alone. Their schema must be one and the same. The file is digested on the way and not
 * flushed to the disk; the store does that when it adopts it.
 */
export class ParquetFileWriter {
  readonly #output: string;
  readonly #file: FileHandle;
  readonly #arrow: Arrow;
  readonly #wasm: Wasm;
  readonly #compression: Compression;
  readonly #hash: Hash = createHash("sha256");
  readonly #joiner = new FooterJoiner();
  #position = 0;
  /** The last write, which goes on while the next row group is made. */
  #writing: Promise<void> = Promise.resolve();

  private constructor(
    output: string,
    file: FileHandle,
    engine: { readonly arrow: Arrow; readonly wasm: Wasm },
    compression: Compression,
  ) {
    this.#output = output;
    this.#file = file;
    this.#arrow = engine.arrow;
    this.#wasm = engine.wasm;
    this.#compression = compression;
  }

  static async create(output: string, compression: Compression): Promise<ParquetFileWriter> {
    const engine = await loadEngine();
    const writer = new ParquetFileWriter(output, await open(output, "wx", 0o600), engine, compression);
    writer.#write(MAGIC);
    return writer;
  }

  /** Waits for the disk: who makes batches faster than they can be written is held here. */
  async writeGroup(batch: RecordBatch): Promise<void> {
    const part = this.#encode(batch);
    await this.#writing;
    this.#write(this.#joiner.add(part, this.#position));
  }

  /** `metadata` becomes the value of the metadata key `restage`. There must have been a group, if only an empty one. */
  async finish(metadata: string): Promise<WrittenFile> {
    for (const piece of this.#joiner.finish(this.#position, [[METADATA_KEY, metadata]])) {
      await this.#writing;
      this.#write(piece);
    }
    await this.#writing;
    await this.#file.close();
    return { digest: this.#hash.digest("hex") as Digest, bytes: this.#position };
  }

  /** Removes the file. Never rejects. */
  async abandon(): Promise<void> {
    await this.#writing.catch(() => undefined);
    await this.#file.close().catch(() => undefined);
    await rm(this.#output, { force: true }).catch(() => undefined);
  }

  #encode(batch: RecordBatch): Uint8Array {
    const arrow = this.#arrow;
    const wasm = this.#wasm;
    const properties = new wasm.WriterPropertiesBuilder()
      .setCompression(compressionCode(wasm, this.#compression))
      .setMaxRowGroupSize(Math.max(1, batch.numRows))
      .build();
    const ipc = arrow.tableToIPC(new arrow.Table([batch]), "stream");
    try {
      return wasm.writeParquet(wasm.Table.fromIPCStream(ipc), properties);
    } catch (error) {
      throw new UnstorableValueError(
        `The table cannot be written as Parquet (${error instanceof Error ? error.message : String(error)}). Give the stage the option format: "json", or return simpler columns.`,
        { cause: error },
      );
    }
  }

  #write(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    this.#position += bytes.length;
    const writing = this.#file.writeFile(bytes);
    // Its failure is met by whoever waits next; until then it must not count as nobody's.
    writing.catch(() => undefined);
    this.#writing = writing;
  }
}

/** Writes all batches. `metadata` is asked for when they have ended. No file is left when anything fails. */
export async function writeParquetFile(
  output: string,
  batches: AsyncIterable<RecordBatch> | Iterable<RecordBatch>,
  { compression, metadata }: { readonly compression: Compression; readonly metadata: () => string },
): Promise<WrittenFile> {
  const writer = await ParquetFileWriter.create(output, compression);
  try {
    for await (const batch of batches) await writer.writeGroup(batch);
    return await writer.finish(metadata());
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

function compressionCode(wasm: Wasm, compression: Compression): CompressionCode {
  switch (compression) {
    case "none":
      return wasm.Compression.UNCOMPRESSED;
    case "snappy":
      return wasm.Compression.SNAPPY;
    case "zstd":
      return wasm.Compression.ZSTD;
    case "lz4":
      return wasm.Compression.LZ4_RAW;
  }
}
