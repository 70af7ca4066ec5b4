import type { Clock } from "../ports.ts";

/** How long an upload goes on trying without a single chunk proven. */
const GIVE_UP_MS = 10 * 60_000;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 15_000;

/** Waits between attempts, longer each time; whatever advances makes it patient again. */
export class Patience {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  #lastAdvance: number;
  #failures = 0;
  #pausing: Promise<void> | undefined;

  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
    this.#lastAdvance = clock.now();
  }

  advanced(): void {
    this.#lastAdvance = this.#clock.now();
    this.#failures = 0;
  }

  /**
   * Waits before the next attempt; throws `error` when there were enough. Lanes that drop together
   * wait together: one cut is one failure, however many lanes it met.
   */
  async pause(error: unknown): Promise<void> {
    if (this.#clock.now() - this.#lastAdvance >= GIVE_UP_MS) throw error;
    this.#pausing ??= this.#wait();
    await this.#pausing;
  }

  async #wait(): Promise<void> {
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(this.#failures++, 16), LONGEST_PAUSE_MS);
    try {
      await this.#clock.sleep(pause * (0.75 + Math.random() / 2), this.#signal);
    } finally {
      this.#pausing = undefined;
    }
  }
}
