import type { Clock, Host } from "../ports.ts";

/** Measurements of which the shortest counts: one that was held up by the computer itself says nothing. */
const LATEST = 3;
/** A question that is out for less may have been lost and sent again: that is no queue. */
const LOST_MS = 1_000;

/**
 * How long the line makes a question wait beyond the way itself: it waits in the line's queue when
 * the line carries all it can, and does not when something else holds the senders back. Measured
 * beside the lanes, on the host's main connection.
 */
export class LineDelay {
  readonly #host: Host;
  readonly #clock: Clock;
  /** When the question that is out was asked, in milliseconds since the epoch. */
  #asked: number | undefined;
  readonly #latest: number[] = [];

  constructor(host: Host, clock: Clock) {
    this.#host = host;
    this.#clock = clock;
  }

  /** Asks again, if the last question is answered. */
  measure(): void {
    if (this.#asked !== undefined) return;
    this.#asked = this.#clock.now();
    this.#host.ping().then(
      () => this.#answered(),
      () => (this.#asked = undefined), // the line is gone: the lanes tell of it
    );
  }

  /** Milliseconds that the way itself takes, and that it took of late; null before it is known. */
  read(): { way: number; now: number } | null {
    if (this.#latest.length < LATEST) return null;
    const waiting = this.#asked === undefined ? 0 : this.#clock.now() - this.#asked;
    return { way: this.#host.roundTripMs, now: waiting > LOST_MS ? waiting : Math.min(...this.#latest) };
  }

  #answered(): void {
    this.#latest.push(this.#clock.now() - this.#asked!);
    this.#asked = undefined;
    if (this.#latest.length > LATEST) this.#latest.shift();
  }
}
