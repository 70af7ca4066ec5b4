import type { Progress } from "../contract/progress.ts";

/** Seconds over which the rate is taken: long enough to be calm, short enough to show a stall. */
const WINDOW_MS = 5_000;

/**
 * Turns a growing amount into `Progress` with rate and time left. The rate counts only what was
 * done since the meter was made, so that a resumed transfer does not look faster than it is.
 */
export class ProgressMeter {
  readonly #unit: Progress["unit"];
  readonly #now: () => number;
  readonly #samples: { at: number; done: number }[] = [];

  constructor(unit: Progress["unit"], now: () => number = Date.now) {
    this.#unit = unit;
    this.#now = now;
  }

  at(done: number, total: number | null, detail: string): Progress {
    const at = this.#now();
    const samples = this.#samples;
    const last = samples.at(-1);
    if (last !== undefined && done < last.done) samples.length = 0;
    samples.push({ at, done });
    while (samples.length > 2 && samples[1]!.at <= at - WINDOW_MS) samples.shift();
    const first = samples[0]!;
    const seconds = (at - first.at) / 1000;
    const rate = seconds > 0 ? (done - first.done) / seconds : null;
    const etaSeconds = total !== null && rate !== null && rate > 0 ? Math.max(0, total - done) / rate : null;
    return { done, total, unit: this.#unit, rate, etaSeconds, detail };
  }
}

/** Passes at most one report per `intervalMs` on, and always the last one (`done` equal `total`). */
export function throttled(onProgress: ((progress: Progress) => void) | undefined, intervalMs = 200, now: () => number = Date.now) {
  let next = 0;
  return (make: () => Progress, force = false): void => {
    if (onProgress === undefined || (!force && now() < next)) return;
    next = now() + intervalMs;
    onProgress(make());
  };
}
