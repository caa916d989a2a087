/** How far a run is: pure, fed by its events. */
import { stageName } from "../core/describe.js";
import type { RunEvent } from "../protocol/events.js";
import type { StageId } from "../protocol/ids.js";

export class RunProgress {
  #total = 0;
  #done = 0;
  readonly #active = new Map<StageId, string | null>();

  get total(): number {
    return this.#total;
  }

  get done(): number {
    return this.#done;
  }

  handle(event: RunEvent): void {
    if (event.type === "run-started") this.#total = event.stages.length;
    else if (event.type === "stage-started") this.#active.set(event.stage, null);
    else if (event.type === "stage-progress")
      this.#active.set(event.stage, progressText(event.fraction, event.message));
    else if (event.type === "stage-ended") {
      this.#active.delete(event.stage);
      this.#done = Math.min(this.#done + 1, Math.max(this.#total, 1));
    }
  }

  /** `2/5`. */
  get counts(): string {
    return `${this.#done}/${Math.max(this.#total, this.#done, 1)}`;
  }

  /** `2/5 · large 40 %, byCustomer`. */
  get text(): string {
    const active = [...this.#active].map(([stage, detail]) => stageName(stage) + (detail === null ? "" : ` ${detail}`));
    return active.length === 0 ? this.counts : `${this.counts} · ${active.join(", ")}`;
  }
}

function progressText(fraction: number, message: string | null): string {
  const percent = `${Math.round(Math.min(1, Math.max(0, fraction)) * 100)} %`;
  return message === null ? percent : `${percent} (${message})`;
}
