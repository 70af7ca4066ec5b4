/** Seconds left: the likely value, and between which it will most likely lie. */
export interface TimeLeft {
  least: number;
  likely: number;
  most: number;
}

/** A fast second is mostly followed by a fast one: so many of them count as one observation. */
const BLOCK_SECONDS = 5;
/** How many observations the rate is taken from: on lossy lines one is too few, and what is older was made with fewer lanes. */
const RECENT_BLOCKS = 2;
/** How many say how much the rate varies. */
const WATCHED_BLOCKS = 6;
/** Standard deviations to each side: 19 of 20 lie within, where five steps tell the deviation (Student's t). */
const SIDES = 2.57;
/** A line that was steady so far is still a line. */
const LEAST_SPREAD = 0.03;
/** A rate is not taken to fall below this share of what it was. */
const LEAST_RATE = 0.25;

/**
 * When a transfer will most likely end. The means of the rates seen and of those to come both vary around
 * the line's own; their difference has the standard error σ·√(1/n + 1/m), where n and m count the
 * independent observations in the time that was seen and in the time that is left. σ comes from the
 * steps between neighbours, so that a start which only gets faster is not taken for a line that varies.
 */
export class EtaRange {
  readonly #rates: number[] = [];

  /** @param rate bytes per second in the last second */
  observe(rate: number): void {
    this.#rates.push(rate);
    if (this.#rates.length > WATCHED_BLOCKS * BLOCK_SECONDS) this.#rates.shift();
  }

  /** Undefined while too little is known. @param left bytes */
  read(left: number): TimeLeft | undefined {
    const blocks = this.#blocks();
    const recent = blocks.slice(-RECENT_BLOCKS);
    const rate = mean(recent);
    if (recent.length === 0 || rate === 0) return undefined;
    const steps = blocks.slice(1).map((block, index) => (block - blocks[index]!) ** 2 / 2);
    const deviation = steps.length === 0 ? rate / SIDES : Math.sqrt(mean(steps));
    const toCome = Math.max(1, left / rate / BLOCK_SECONDS);
    const spread = Math.max(rate * LEAST_SPREAD, SIDES * deviation * Math.sqrt(1 / recent.length + 1 / toCome));
    return { least: left / (rate + spread), likely: left / rate, most: left / Math.max(rate * LEAST_RATE, rate - spread) };
  }

  /** Mean rates of whole blocks, the newest last. */
  #blocks(): number[] {
    const blocks: number[] = [];
    for (let end = this.#rates.length; end >= BLOCK_SECONDS; end -= BLOCK_SECONDS) blocks.unshift(mean(this.#rates.slice(end - BLOCK_SECONDS, end)));
    return blocks;
  }
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
