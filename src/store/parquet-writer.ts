import { open } from "node:fs/promises";
import type { RecordBatch } from "apache-arrow";
import { UnstorableValueError } from "./codec-errors.js";
import { loadEngine, type Wasm } from "./parquet-engine.js";
import { METADATA_KEY } from "./table-metadata.js";

type CompressionCode = Parameters<InstanceType<Wasm["WriterPropertiesBuilder"]>["setCompression"]>[0];

export type Compression = "none" | "snappy" | "zstd" | "lz4";

export interface ParquetLayout {
  readonly compression: Compression;
  /** The value of the metadata key `restage`. */
  readonly metadata: string;
  readonly rowsPerGroup: number;
}

/** A group is also ended at this size, so that reading one back fits in memory whatever its rows hold. */
export const MAX_GROUP_BYTES = 64 << 20;

/**
 * Writes record batches to a new file, batch by batch: what is in memory is one row group, not the table. The file is not flushed
 * to the disk here; the store does that when it adopts it.
 */
export async function writeParquetFile(
  output: string,
  batches: AsyncIterator<RecordBatch>,
  layout: ParquetLayout,
): Promise<void> {
  const { arrow, wasm } = await loadEngine();
  const properties = new wasm.WriterPropertiesBuilder()
    .setCompression(compressionCode(wasm, layout.compression))
    .setKeyValueMetadata(new Map([[METADATA_KEY, layout.metadata]]))
    .setMaxRowGroupSize(layout.rowsPerGroup)
    .setMaxRowGroupBytes(MAX_GROUP_BYTES)
    .build();
  // The writer turns an error of its source into text; the real one is kept here.
  const failures: unknown[] = [];
  const source = new ReadableStream(
    {
      async pull(controller) {
        try {
          const next = await batches.next();
          if (next.done === true) {
            controller.close();
            return;
          }
          const ipc = arrow.tableToIPC(new arrow.Table([next.value]), "stream");
          for (const batch of wasm.Table.fromIPCStream(ipc).recordBatches()) controller.enqueue(batch);
        } catch (error) {
          failures.push(error);
          controller.error(error);
        }
      },
    },
    { highWaterMark: 0 },
  );
  const file = await open(output, "wx", 0o600);
  try {
    const stream = await wasm.transformParquetStream(source, properties);
    const reader = stream.getReader();
    for (;;) {
      const { done, value } = (await reader.read()) as { done: boolean; value?: Uint8Array };
      if (done || value === undefined) break;
      await file.writeFile(value);
    }
  } catch (error) {
    const cause = failures[0] ?? error;
    if (cause instanceof UnstorableValueError || isSystemError(cause)) throw cause;
    throw new UnstorableValueError(
      `The table cannot be written as Parquet (${cause instanceof Error ? cause.message : String(cause)}). Give the stage the option format: "json", or return simpler columns.`,
      { cause },
    );
  } finally {
    await file.close();
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

function isSystemError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}
