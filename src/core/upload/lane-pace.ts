/** SSH's window of one channel, as OpenSSH grants it: more is never on its way at once. */
export const CHANNEL_WINDOW_BYTES = 2 * 2 ** 20;

/** A fast line as sessions meet it, in bytes per second: half a gigabit. On a faster one more lanes follow. */
export const FAST_LINE = 59e6;

/** Rates of that many chunks back count: a line that has become slow is soon known to be. */
const MEMORY = 8;
/** Of what the line holds, as BBR's cwnd_gain: a lane that never has more to send than TCP lets it is not let more by TCP. */
const HEADROOM = 2;

/**
 * How many chunks one lane should have on their way: one, and as many whole ones as the line holds
 * (rate × round trip, as BBR reckons it), so that it is hardly ever idle; not more, because what is
 * on its way when it is cut has to be sent again.
 */
export class LanePace {
  readonly #roundTripMs: number;
  readonly #chunkBytes: number;
  /** Bytes per millisecond. */
  readonly #rates: number[] = [];
  #delivered = 0;

  /** @param roundTripMs of the line when nothing else is on it */
  constructor(roundTripMs: number, chunkBytes: number) {
    this.#roundTripMs = roundTripMs;
    this.#chunkBytes = chunkBytes;
  }

  get depth(): number {
    const most = 1 + Math.ceil(CHANNEL_WINDOW_BYTES / this.#chunkBytes);
    const rate = this.#rates.length < MEMORY ? FAST_LINE / 1000 : Math.max(...this.#rates);
    const held = rate * this.#roundTripMs * HEADROOM;
    return Math.min(most, 1 + Math.floor(held / this.#chunkBytes));
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
