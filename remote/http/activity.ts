import type { ServiceOutput } from "../../src/contract/agent.ts";

/** Often enough for limits that are counted in minutes, and no flood of lines in a busy class. */
const EVERY_MS = 10_000;

/** Tells the agent, at most every ten seconds, that somebody uses this service. */
export function activityTeller(say: (line: ServiceOutput) => void, now: () => number = Date.now): () => void {
  let saidAt = Number.NEGATIVE_INFINITY;
  return () => {
    if (now() - saidAt < EVERY_MS) return;
    saidAt = now();
    say({ activity: true });
  };
}
