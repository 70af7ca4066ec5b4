import { setTimeout } from "node:timers/promises";
import type { Clock } from "../../core/ports.ts";

/** The computer's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(ms, signal) {
    signal?.throwIfAborted();
    await setTimeout(ms, undefined, { signal }).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw error;
    });
  },
};
