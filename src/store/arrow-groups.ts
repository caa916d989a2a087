import { createHash } from "node:crypto";
import type { DataType, Field, RecordBatch, Schema } from "apache-arrow";
import type { Digest } from "../protocol/ids.js";
import type { ColumnInfo } from "../protocol/record.js";
import { ColumnAppender } from "./arrow-appender.js";
import { typeText } from "./arrow-rebuild.js";
import type { Arrow } from "./parquet-engine.js";
import { MAX_GROUP_ROWS, TARGET_GROUP_BYTES } from "./parquet-writer.js";

/** How often the size of what has gathered is looked at. */
const MAX_STEP = 1024;
const FIRST_STEP = 16;

/**
 * Cuts record batches anew into row groups of a bounded size. Invariant: where a group ends depends on the rows before it alone,
 * never on the batches in which they came.
 */
export class ArrowGroups {
  readonly #arrow: Arrow;
  readonly #schema: Schema;
  readonly #columns: readonly ColumnAppender[];
  #groups = 0;
  #gathered = 0;
  #nextLook = FIRST_STEP;
  #rows = 0;

  constructor(arrow: Arrow, schema: Schema) {
    this.#arrow = arrow;
    this.#schema = schema;
    this.#columns = schema.fields.map((field) => new ColumnAppender(arrow, field.type as DataType, field.name));
  }

  get rows(): number {
    return this.#rows;
  }

  /** Takes in a batch of the schema's columns (of whichever copy of Arrow) and gives the row groups that are full. */
  *add(batch: RecordBatch): Generator<RecordBatch, void> {
    for (let at = 0; at < batch.numRows;) {
      const end = Math.min(batch.numRows, at + this.#nextLook - this.#gathered);
      this.#columns.forEach((column, index) => {
        const piece = batch.data.children[index];
        if (piece === undefined) throw new TypeError("A batch lacks a column of its schema.");
        column.append(piece, at, end);
      });
      this.#gathered += end - at;
      this.#rows += end - at;
      at = end;
      if (this.#gathered === this.#nextLook && this.#isFull()) yield this.#take();
    }
  }

  /** The rest; an empty batch when there was nothing at all, since a file has a schema also without rows. */
  *end(): Generator<RecordBatch, void> {
    if (this.#gathered > 0 || this.#groups === 0) yield this.#take();
  }

  /** What is known of the columns when all groups were given. `fieldMetadata` is what else makes a column what it is. */
  columns(fieldMetadata: (index: number) => unknown): readonly ColumnInfo[] {
    return this.#schema.fields.map((field: Field, index) => {
      const type = typeText(field.type as DataType);
      const content = this.#columns[index]?.digest() ?? "";
      const digest = createHash("sha256")
        .update(JSON.stringify({ column: 2, type, rows: this.#rows, metadata: fieldMetadata(index), content }))
        .digest("hex") as Digest;
      return { name: field.name, type, digest, nulls: this.#columns[index]?.nulls ?? 0 };
    });
  }

  /** Also chooses when to look again: soon where rows are large. */
  #isFull(): boolean {
    const weight = this.#columns.reduce((sum, column) => sum + column.weight, 0);
    if (weight >= TARGET_GROUP_BYTES || this.#gathered >= MAX_GROUP_ROWS) return true;
    const step = Math.floor((TARGET_GROUP_BYTES - weight) / Math.max(1, weight / this.#gathered));
    this.#nextLook = Math.min(MAX_GROUP_ROWS, this.#gathered + Math.min(MAX_STEP, Math.max(1, step)));
    return false;
  }

  #take(): RecordBatch {
    const children = this.#columns.map((column) => column.take());
    const length = this.#gathered;
    this.#gathered = 0;
    this.#nextLook = FIRST_STEP;
    this.#groups++;
    const type = new this.#arrow.Struct(this.#schema.fields);
    return new this.#arrow.RecordBatch(this.#schema, this.#arrow.makeData({ type, length, nullCount: 0, children }));
  }
}
