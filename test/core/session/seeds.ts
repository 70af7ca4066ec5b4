/** A repeatable stream of numbers in [0, 1): mulberry32. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A few seeds in every run, many in the long one. */
export function seeds(few: number, many: number): number[] {
  return Array.from({ length: process.env.AI_MENTOR_LONG === "1" ? many : few }, (_, index) => index + 1);
}
