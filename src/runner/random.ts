/**
 * `sfc32`, the 32-bit "small fast counting" generator of PractRand: 128 bits of state, passes PractRand and BigCrush. Its
 * sequence for a seed is part of what a cached result depends on: changing it would make old results irreproducible.
 *
 * @param seed hexadecimal digits; any number of them counts.
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

/** The first 24 digits fill the state; further ones are folded in, so that no part of a long seed is without effect. */
function stateFrom(seed: string): State {
  const words: [number, number, number] = [0, 0, 0];
  for (let start = 0; start < seed.length; start += 8) {
    const word = Number.parseInt(seed.slice(start, start + 8), 16);
    if (Number.isNaN(word)) {
      throw new Error(`The seed of a stage's random numbers must be hexadecimal; got ${JSON.stringify(seed)}.`);
    }
    const index = ((start / 8) % 3) as 0 | 1 | 2;
    words[index] = (Math.imul(words[index], 0x9e3779b1) ^ word) | 0;
  }
  return { a: words[0], b: words[1], c: words[2] };
}
