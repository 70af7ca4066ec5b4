import { setTimeout } from "node:timers/promises";

/** Time as the agent sees it; a test gives its own. */
export interface Clock {
  /** Milliseconds since the epoch, of which only differences count. */
  now(): number;
  /** Resolves after `ms`; rejects when the signal is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  // Steady: neither a lease nor a deadline moves when the clock is set.
  now: () => performance.timeOrigin + performance.now(),
  sleep: (ms, signal) => setTimeout(ms, undefined, { signal }),
};
