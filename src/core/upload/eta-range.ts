/** Seconds of which the rates are looked at. */
const WATCHED_SECONDS = 30;
/** Fewer say nothing about how much they vary. */
const LEAST_SECONDS = 5;
/** A fast second is mostly followed by a fast one: so many of them count as one observation. */
const CORRELATED_SECONDS = 5;
/** Standard deviations to each side: 19 of 20 lie within. */
const SIDES = 2;
/** A line that was steady so far is still a line. */
const LEAST_SPREAD = 0.03;
/** A rate is not taken to fall below this share of what it was. */
const LEAST_RATE = 0.25;

/**
 * Between which times a transfer will most likely end. The means of the rates seen and of those to
 * come both vary around the line's own; their difference has the standard error σ·√(1/n + 1/m), where
 * n and m count the independent observations in the time that was seen and in the time that is left.
 */
export class EtaRange {
  readonly #rates: number[] = [];

  /** @param rate bytes per second in the last second */
  observe(rate: number): void {
    this.#rates.push(rate);
    if (this.#rates.length > WATCHED_SECONDS) this.#rates.shift();
  }

  /** In seconds; undefined while too little is known. @param left bytes */
  read(left: number): { least: number; most: number } | undefined {
    const { length } = this.#rates;
    const mean = this.#rates.reduce((sum, rate) => sum + rate, 0) / length;
    if (length < LEAST_SECONDS || mean === 0) return undefined;
    const deviation = Math.sqrt(this.#rates.reduce((sum, rate) => sum + (rate - mean) ** 2, 0) / (length - 1));
    const seen = length / CORRELATED_SECONDS;
    const toCome = Math.max(1, left / mean / CORRELATED_SECONDS);
    const spread = Math.max(mean * LEAST_SPREAD, SIDES * deviation * Math.sqrt(1 / seen + 1 / toCome));
    return { least: left / (mean + spread), most: left / Math.max(mean * LEAST_RATE, mean - spread) };
  }
}
