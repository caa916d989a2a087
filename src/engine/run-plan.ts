import type { Failure } from "../protocol/failure.js";
import type { FingerprintData } from "../protocol/fingerprint.js";
import type { Digest, StageId } from "../protocol/ids.js";
import type { StaleReason } from "../protocol/reason.js";
import type { ResultRecord, StoredValue } from "../protocol/record.js";
import type { StageDeclaration, StaticValue } from "../protocol/stage.js";
import type { Store } from "../store/store.js";
import type { BundleError } from "./freeze.js";
import type { Captured, Lineage } from "./lineage.js";
import type { StageProcessPool } from "./stage-process-pool.js";
import type { Disk } from "./disk.js";
import type { StatMemo } from "./stat-memo.js";

/** A value with its file: in the store, or (for a stage without a cache) in this run's temporary folder. */
export interface Materialised {
  readonly stored: StoredValue;
  readonly path: string;
}

/** Everything a run works with, fixed at its start. Later edits reach the next run, not this one. */
export interface RunPlan {
  readonly targets: readonly StageId[];
  /** Targets and all they need, each after what it needs. */
  readonly stages: readonly StageId[];
  readonly declarations: ReadonlyMap<StageId, StageDeclaration>;
  readonly code: ReadonlyMap<StageId, FingerprintData>;
  /** The graph behind the code of stages that may run. */
  readonly captured: ReadonlyMap<StageId, Captured>;
  readonly lineage: Lineage;
  /** Frozen code by stage file. */
  readonly bundles: ReadonlyMap<string, string | BundleError>;
  /** Frozen code of a stage that was not expected to run; `null` when it is not what it was at the run's start. */
  readonly bundleLater: (declaration: StageDeclaration) => Promise<string | BundleError | null>;
  /** Data files that a stage's code reaches by name and may read while it runs. Absolute paths. */
  readonly assets: ReadonlyMap<StageId, readonly string[]>;
  /** Why a stage cannot run at all. */
  readonly problems: ReadonlyMap<StageId, Failure>;
  readonly reasons: ReadonlyMap<StageId, readonly StaleReason[]>;
  readonly last: ReadonlyMap<StageId, ResultRecord>;
  /** Results of stages that are not to run, whatever changed. */
  readonly frozen: ReadonlyMap<StageId, ResultRecord>;
  readonly params: { readonly [name: string]: StaticValue };
  readonly environment: { readonly [name: string]: string | undefined };
  readonly passEnv: readonly string[];
  readonly concurrency: number;
  readonly store: Store;
  readonly disk: Disk;
  readonly memo: StatMemo;
  readonly pool: StageProcessPool;
  /** This run's temporary folder in the store. */
  readonly folder: string;
  /** Folder of Restage's own files. */
  readonly own: string;
  readonly version: string;
  /** Version of the Node that runs it, as `v24.1.0`. */
  readonly node: string;
  readonly now: () => number;
  readonly rootOf: (declaration: StageDeclaration) => string;
  /** Digest and size of a result that stays where it is. */
  readonly leave: (file: string) => Promise<{ readonly digest: Digest; readonly bytes: number }>;
}
