/** A longer `setTimeout` fires at once: Node keeps its delay in 32 bits. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;
