import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import type { Digest } from "../protocol/ids.js";
import type { MediaInfo } from "../protocol/record.js";
import { UnstorableValueError } from "./codec-errors.js";
import type { WrittenFile } from "./parquet-writer.js";
import { SourceFailure } from "./stream-source.js";

/** As much of a `Response` as is used; `fetch` of other packages gives objects of a class of their own. */
interface ResponseLike {
  readonly status: number;
  readonly ok: boolean;
  readonly url: string;
  readonly bodyUsed: boolean;
  readonly headers: { get(name: string): string | null };
  readonly body: AsyncIterable<Uint8Array> | null;
}

export function isResponse(value: unknown): value is ResponseLike {
  if (typeof value !== "object" || value === null) return false;
  const { status, ok, headers, bodyUsed } = value as Partial<ResponseLike>;
  return (
    typeof status === "number" &&
    typeof ok === "boolean" &&
    typeof bodyUsed === "boolean" &&
    typeof headers?.get === "function" &&
    "arrayBuffer" in value
  );
}

/** Writes the body as it comes. Other headers than the content type, such as the date, are of the transfer and not of the data. */
export async function writeResponse(
  response: ResponseLike,
  output: string,
): Promise<WrittenFile & { readonly media: MediaInfo }> {
  if (!response.ok) {
    throw new UnstorableValueError(
      `The stage returned a Response of status ${response.status}${response.url === "" ? "" : ` for ${response.url}`}, and an error page is no result. Check \`response.ok\` and throw, or return what the page holds.`,
    );
  }
  if (response.bodyUsed) {
    throw new UnstorableValueError(
      "The stage returned a Response whose body was already read. Return what was read, or `response.clone()` made before reading.",
    );
  }
  const file = await open(output, "wx", 0o600);
  const hash = createHash("sha256");
  let bytes = 0;
  try {
    if (response.body !== null) {
      for await (const chunk of transferred(response.body)) {
        hash.update(chunk);
        bytes += chunk.length;
        await file.writeFile(chunk);
      }
    }
  } finally {
    await file.close();
  }
  const media = { type: response.headers.get("content-type"), status: response.status };
  return { digest: hash.digest("hex") as Digest, bytes, media };
}

/** A `Response` with the body, the content type and the status of the one that was stored. */
export function makeResponse(bytes: Uint8Array, media: MediaInfo): Response {
  const body = bytes.length === 0 && [204, 205].includes(media.status) ? null : Uint8Array.from(bytes);
  const headers: Record<string, string> = media.type === null ? {} : { "content-type": media.type };
  return new Response(body, { status: media.status, headers });
}

/** A transfer that breaks off is the stage's failure, not the store's. */
async function* transferred(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  try {
    yield* body;
  } catch (error) {
    throw new SourceFailure(error);
  }
}
