/**
 * Looks for stop strings in text that arrives in pieces of any size. What could be the beginning of
 * one is held back until it is clear, and nothing from the stop string on is ever let through.
 */
export class StopScanner {
  readonly #stops: readonly string[];
  #held = "";

  constructor(stops: readonly string[]) {
    this.#stops = stops.filter((stop) => stop !== "");
  }

  /** Text that may be shown now, and whether a stop string was met after it. */
  push(piece: string): { text: string; stopped: boolean } {
    const text = this.#held + piece;
    const cut = Math.min(...this.#stops.map((stop) => text.indexOf(stop)).filter((index) => index >= 0));
    if (Number.isFinite(cut)) {
      this.#held = "";
      return { text: text.slice(0, cut), stopped: true };
    }
    const safe = text.length - this.#longestBeginning(text);
    this.#held = text.slice(safe);
    return { text: text.slice(0, safe), stopped: false };
  }

  /** What was held back, when no more text comes. */
  flush(): string {
    const text = this.#held;
    this.#held = "";
    return text;
  }

  /** Length of the longest end of the text that begins a stop string. */
  #longestBeginning(text: string): number {
    let longest = 0;
    for (const stop of this.#stops) {
      for (let length = Math.min(stop.length - 1, text.length); length > longest; length--) {
        if (stop.startsWith(text.slice(-length))) longest = length;
      }
    }
    return longest;
  }
}
