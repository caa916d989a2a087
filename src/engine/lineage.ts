/**
 * Results that are not found by key although they belong to a stage: filed by an older version of Restage, whose keys mean
 * nothing today, or under the stage's former name. Nothing is believed that the stored data does not prove.
 */
import { isSameCode, storedGraph, withTodaysHashes, type CapturedCode } from "../core/analysis/captured-code.js";
import { computeKey, nodeMajor } from "../core/key.js";
import { isOlderFormat, isPresentFormat, PRESENT_FORMAT } from "../core/record-format.js";
import type { FingerprintData } from "../protocol/fingerprint.js";
import type { Digest, Fingerprint, Key, StageId } from "../protocol/ids.js";
import type { InputRecord, ResultRecord } from "../protocol/record.js";
import type { StageDeclaration, StaticValue } from "../protocol/stage.js";
import type { HistoryEntry, Store } from "../store/store.js";

/** A stage's code at one moment, for what its fingerprint alone does not tell. */
export interface Captured {
  readonly code: CapturedCode;
  readonly sources: Digest;
}

/** What today's key was made from. */
export interface KeyedStage {
  readonly stage: StageId;
  readonly key: Key;
  readonly fingerprint: FingerprintData;
  readonly inputs: readonly InputRecord[];
  readonly options: { readonly [name: string]: StaticValue };
  readonly capture: () => Captured | null;
}

interface Former {
  readonly newest: ResultRecord;
  readonly entries: readonly HistoryEntry[];
}

/** Histories of stages that are gone, which are looked through for one that was renamed. */
const MOST_FORMER = 200;

export class Lineage {
  /** A stage's code as it is now; `null` while it cannot be known. */
  readonly capture: (declaration: StageDeclaration) => Captured | null;
  readonly #store: Store;
  /** Pairs of keys that were compared in vain. */
  readonly #others = new Set<string>();
  readonly #linked = new Set<string>();
  #known = new Set<StageId>();
  #former: Promise<readonly Former[]> | null = null;

  constructor(store: Store, capture: (declaration: StageDeclaration) => Captured | null) {
    this.#store = store;
    this.capture = capture;
  }

  /** To be told which stages there are: histories of others may be those of renamed ones. */
  know(stages: Iterable<StageId>): void {
    const known = new Set(stages);
    if (known.size === this.#known.size && [...known].every((stage) => this.#known.has(stage))) return;
    this.#known = known;
    this.#former = null;
  }

  /** The result that an older version of Restage filed for exactly this, filed anew under today's key. */
  async adopt(now: KeyedStage): Promise<ResultRecord | null> {
    for (const { key, format } of await this.#entries(now)) {
      const pair = `${key} ${now.key}`;
      if (!isOlderFormat(format) || this.#others.has(pair)) continue;
      const record = await this.#store.getRecord(key);
      const captured = record !== null && hasKey(record, now) ? now.capture() : null;
      if (record === null || captured === null || !isOf(record, captured)) {
        this.#others.add(pair);
        continue;
      }
      const adopted: ResultRecord = {
        ...record,
        format: PRESENT_FORMAT,
        key: now.key,
        stage: now.stage,
        fingerprint: now.fingerprint,
        graph: storedGraph(captured.code),
        sources: captured.sources,
        migratedFrom: record.key,
        inputs: now.inputs,
        options: now.options,
      };
      await this.#write(() => this.#store.putRecord(adopted));
      return adopted;
    }
    return null;
  }

  /** The newest result of a stage that is gone and had this code: the stage was renamed, or its file moved. */
  async formerResult(fingerprint: Fingerprint): Promise<ResultRecord | null> {
    const found = (await this.#formerStages()).find(({ newest }) => newest.fingerprint.fingerprint === fingerprint);
    return found?.newest ?? null;
  }

  /** A result found by key that another stage made becomes this stage's own; of a renamed stage all its versions do. */
  async link(stage: StageId, record: ResultRecord): Promise<void> {
    const pair = `${stage} ${record.key}`;
    if (record.stage === stage || this.#linked.has(pair)) return;
    this.#linked.add(pair);
    const own = await this.#store.history(stage);
    if (own.some((entry) => entry.key === record.key)) return;
    const theirs = await this.#store.history(record.stage);
    const moved = this.#known.has(record.stage) ? theirs.filter((entry) => entry.key === record.key) : theirs;
    await this.#write(() => this.#store.addHistory(stage, moved));
  }

  /** A result of another format as today's analysis sees its code, so that the upgrade does not look like an edit. */
  inTodaysTerms(record: ResultRecord, now: FingerprintData, capture: () => Captured | null): ResultRecord {
    if (isPresentFormat(record.format)) return record;
    const captured = capture();
    if (captured === null) return record;
    const same = isOlderFormat(record.format) && isOf(record, captured);
    return { ...record, fingerprint: same ? now : withTodaysHashes(record.fingerprint, captured.code) };
  }

  /** Only where results are kept already: looking at a project makes no files in it. */
  async #write(step: () => Promise<void>): Promise<void> {
    try {
      await this.#store.open();
      await step();
    } catch {
      // It is found out again the next time.
    }
  }

  async #entries({ stage }: KeyedStage): Promise<readonly HistoryEntry[]> {
    const own = await this.#store.history(stage);
    return own.length > 0 ? own : (await this.#formerStages()).flatMap(({ entries }) => entries);
  }

  #formerStages(): Promise<readonly Former[]> {
    this.#former ??= this.#findFormer();
    return this.#former;
  }

  async #findFormer(): Promise<readonly Former[]> {
    const histories = [...(await this.#store.otherHistories(this.#known))]
      .sort((a, b) => (b[0]?.createdAt ?? 0) - (a[0]?.createdAt ?? 0))
      .slice(0, MOST_FORMER);
    const found = await Promise.all(
      histories.map(async (entries): Promise<readonly Former[]> => {
        const [first] = entries;
        const newest = first === undefined ? null : await this.#store.getRecord(first.key);
        return newest === null ? [] : [{ newest, entries }];
      }),
    );
    return found.flat();
  }
}

/** Whether the record's inputs and options would give today's key, if its code is today's. */
function hasKey(record: ResultRecord, now: KeyedStage): boolean {
  const { inputs, options } = record;
  const node = nodeMajor(record.node);
  return node !== null && computeKey({ fingerprint: now.fingerprint.fingerprint, inputs, options, node }) === now.key;
}

function isOf(record: ResultRecord, captured: Captured): boolean {
  if (record.sources !== null && record.sources === captured.sources) return true;
  return isSameCode(captured.code, record);
}
