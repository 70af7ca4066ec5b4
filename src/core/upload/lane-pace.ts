/** SSH's window of one channel, as OpenSSH grants it: more is never on its way at once. */
export const CHANNEL_WINDOW_BYTES = 2 * 2 ** 20;

/** One chunk crosses the line while the answer to the other comes back. */
const LEAST = 2;
/** Rates of that many chunks back count: a line that has become slow is soon known to be. */
const MEMORY = 8;
/** Of what the line holds, as BBR's cwnd_gain: a lane that never has more to send than TCP lets it is not let more by TCP. */
const HEADROOM = 2;

/**
 * How many chunks one lane should have on their way: as many as the line holds (rate × round trip,
 * as BBR reckons it) and one more, so that it is never idle; not more, because what is on its way
 * when it is cut has to be sent again.
 */
export class LanePace {
  readonly #roundTripMs: number;
  readonly #chunkBytes: number;
  readonly #rates: number[] = [];
  #delivered = 0;

  /** @param roundTripMs of the line when nothing else is on it */
  constructor(roundTripMs: number, chunkBytes: number) {
    this.#roundTripMs = roundTripMs;
    this.#chunkBytes = chunkBytes;
  }

  get depth(): number {
    const most = 1 + Math.ceil(CHANNEL_WINDOW_BYTES / this.#chunkBytes);
    if (this.#rates.length < MEMORY) return most;
    const held = Math.max(...this.#rates) * this.#roundTripMs * HEADROOM;
    return Math.min(most, Math.max(LEAST, 1 + Math.ceil(held / this.#chunkBytes)));
  }

  /** A chunk goes out at `now` (ms); the returned function is called when it is proven. */
  sending(now: number): (now: number) => void {
    const before = this.#delivered;
    return (then) => {
      this.#delivered += this.#chunkBytes;
      this.#rates.push((this.#delivered - before) / Math.max(1, then - now));
      if (this.#rates.length > MEMORY) this.#rates.shift();
    };
  }
}
