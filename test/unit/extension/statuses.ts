import type { Digest, Fingerprint, StageId } from "../../../src/protocol/ids.js";
import type { ProjectStatus, ResultSummary, StageStatus } from "../../../src/protocol/status.js";

/** Statuses as the engine would send them, for tests that only care about some of the fields. */
export function stageStatus(name: string, fields: Partial<StageStatus> = {}): StageStatus {
  const place = { file: "/p/src/a.ts", line: 1, column: 1, endLine: 1, endColumn: 1 };
  return {
    id: stageId(name),
    name,
    file: "/p/src/a.ts",
    range: place,
    nameRange: place,
    description: null,
    state: "new",
    reasons: [],
    ignored: [],
    accepted: null,
    heavy: false,
    checked: null,
    hints: [],
    fingerprint: "f".repeat(64) as Fingerprint,
    key: null,
    fullyTracked: true,
    untracked: [],
    result: null,
    lastResult: null,
    failure: null,
    inputs: [],
    upstream: [],
    downstream: [],
    runningOlder: false,
    run: null,
    ...fields,
  };
}

export function projectStatus(stages: readonly StageStatus[], fields: Partial<ProjectStatus> = {}): ProjectStatus {
  return {
    root: "/p",
    name: "p",
    stages,
    problems: [],
    cache: { folder: "/p/.restage", bytes: 12_300, objects: 1, maxBytes: 5e9 },
    revision: 1,
    ...fields,
  };
}

export function resultSummary(fields: Partial<ResultSummary> = {}): ResultSummary {
  return {
    digest: "a".repeat(64),
    kind: "rows",
    rows: 344,
    bytes: 12_300,
    columns: null,
    durationMs: 48,
    createdAt: "2026-01-01T00:00:00.000Z",
    ...fields,
  };
}

export function stageId(name: string): StageId {
  return `src/a.ts#${name}` as StageId;
}

export function digest(digit: string): Digest {
  return digit.repeat(64) as Digest;
}
