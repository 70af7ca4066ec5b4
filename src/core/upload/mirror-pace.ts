/** More would only be waited for at the end. */
const MOST = 96;
/** A connection that waits for a shorter part of the time is busy enough. */
const IDLE_SHARE = 0.1;
/** Chunks in a row before which none had to wait: fewer questions may be enough. */
const BUSY_FOR = 32;

/**
 * How many chunks the host should be asked for at once, so that each of its connections to the mirror
 * always has one to fetch. The questions wait behind what is being sent, for as long as the line's
 * queue is: so it is not reckoned, but told by the host, which knows whether it has waited.
 */
export class MirrorPace {
  readonly #least: number;
  #depth: number;
  #busyFor = 0;

  /** @param fetchers connections to the mirror */
  constructor(fetchers: number) {
    this.#least = fetchers;
    this.#depth = fetchers;
  }

  get depth(): number {
    return this.#depth;
  }

  /** A chunk took one connection so long, after it had waited so long for the question. */
  fetched({ seconds, idleSeconds }: { seconds: number; idleSeconds: number }): void {
    if (idleSeconds > seconds * IDLE_SHARE) {
      this.#busyFor = 0;
      this.#depth = Math.min(MOST, this.#depth + 1);
    } else if (++this.#busyFor >= BUSY_FOR) {
      this.#busyFor = 0;
      this.#depth = Math.max(this.#least, this.#depth - 1);
    }
  }
}
