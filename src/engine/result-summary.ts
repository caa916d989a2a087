import type { ResultRecord } from "../protocol/record.js";
import type { ResultSummary } from "../protocol/status.js";

export function summarise(record: ResultRecord): ResultSummary {
  const { result } = record;
  return {
    digest: result.digest,
    kind: result.kind,
    rows: result.rows,
    bytes: result.bytes,
    columns: result.columns,
    durationMs: record.durationMs,
    createdAt: record.createdAt,
  };
}
