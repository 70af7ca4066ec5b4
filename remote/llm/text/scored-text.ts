import type { ScoredToken } from "../scheduling/job.ts";

/**
 * Which tokens belong to which text. Text comes out later than its tokens: half a character waits
 * for its other half, and what may begin a stop string waits until it is clear. A token is given
 * out with the text that it ends in, and never when a stop string swallowed that.
 */
export class ScoredText {
  #waiting: { token: ScoredToken; end: number }[] = [];
  /** Tokens of which no text is known yet. */
  #silent: ScoredToken[] = [];
  #known = 0;
  #shown = 0;

  push(token: ScoredToken): void {
    this.#silent.push(token);
  }

  /** The tokens so far make this much more text, in UTF-16 units. */
  grow(length: number): void {
    if (length === 0) return;
    this.#known += length;
    for (const token of this.#silent) this.#waiting.push({ token, end: this.#known });
    this.#silent = [];
  }

  /** The tokens of the next text that is shown. */
  take(length: number): ScoredToken[] {
    this.#shown += length;
    const taken = this.#waiting.filter(({ end }) => end <= this.#shown).map(({ token }) => token);
    this.#waiting = this.#waiting.slice(taken.length);
    return taken;
  }
}
