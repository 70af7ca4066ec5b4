import type { Clock } from "../ports.ts";

/** How long an upload goes on trying without a single chunk proven. */
const GIVE_UP_MS = 10 * 60_000;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 15_000;
/** What one attempt counts at the most: a laptop that was closed for the night has not tried all night. */
const LONGEST_ATTEMPT_MS = 60_000;

/** Waits between attempts, longer each time; whatever advances makes it patient again. */
export class Patience {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  /** Time spent on attempts and pauses since the last advance. */
  #spentMs = 0;
  #attemptSince: number;
  #failures = 0;
  #pausing: Promise<void> | undefined;

  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
    this.#attemptSince = clock.now();
  }

  advanced(): void {
    this.#spentMs = 0;
    this.#failures = 0;
    this.#attemptSince = this.#clock.now();
  }

  /**
   * Waits before the next attempt; throws `error` when there were enough. Lanes that drop together
   * wait together: one cut is one failure, however many lanes it met.
   */
  async pause(error: unknown): Promise<void> {
    if (this.#pausing === undefined) {
      this.#spentMs += Math.min(LONGEST_ATTEMPT_MS, Math.max(0, this.#clock.now() - this.#attemptSince));
      if (this.#spentMs >= GIVE_UP_MS) throw error;
      this.#pausing = this.#wait();
    }
    await this.#pausing;
  }

  async #wait(): Promise<void> {
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(this.#failures++, 16), LONGEST_PAUSE_MS) * (0.75 + Math.random() / 2);
    try {
      await this.#clock.sleep(pause, this.#signal);
    } finally {
      this.#spentMs += pause;
      this.#attemptSince = this.#clock.now();
      this.#pausing = undefined;
    }
  }
}
