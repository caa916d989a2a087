import { createHash } from "node:crypto";

/**
 * `sfc32`, the 32-bit "small fast counting" generator of PractRand: 128 bits of state, passes PractRand and BigCrush. Its
 * sequence for a seed is part of what a cached result depends on: changing it would make old results irreproducible.
 *
 * @param seed any text; a job brings hexadecimal digits.
 * @returns numbers from 0 up to but not including 1, with 53 random bits, as `Math.random()` gives them.
 */
export function seededRandom(seed: string): () => number {
  const next = sfc32(stateFrom(seed));
  return () => ((next() >>> 5) * 0x4000000 + (next() >>> 6)) / 0x20000000000000;
}

interface State {
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

function sfc32(seed: State): () => number {
  let { a, b, c } = seed;
  let counter = 1;
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  // As PractRand does for a seed of three words: mixes it through the whole state.
  for (let round = 0; round < 15; round += 1) {
    next();
  }
  return next;
}

/** Hashed, so that any text is a good seed and every part of it counts. */
function stateFrom(seed: string): State {
  const digest = createHash("sha256").update(seed).digest();
  return { a: digest.readInt32LE(0), b: digest.readInt32LE(4), c: digest.readInt32LE(8) };
}
