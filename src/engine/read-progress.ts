/** How far the reading of one large input is. `read` is `size` at the end, which is told whenever anything was told before. */
export interface ReadProgress {
  /** Absolute. */
  readonly file: string;
  readonly read: number;
  readonly size: number;
}

/** What takes longer than this is told of, and from then on this often. */
const SLOW_MS = 400;
const OFTEN_MS = 200;

/** Passes on what a person would wait for: nothing of a file that is read at once. */
export function throttled(
  file: string,
  size: number,
  tell: (progress: ReadProgress) => void,
  now: () => number = () => performance.now(),
): (read: number) => void {
  let due = now() + SLOW_MS;
  let told = false;
  return (read) => {
    const time = now();
    if (read < size ? time < due : !told) return;
    due = time + OFTEN_MS;
    told = true;
    tell({ file, read: Math.min(read, size), size });
  };
}
