import type { Clock } from "./clock.ts";

/**
 * When a service that runs is taken for hung: `misses` probes in a row without an answer within
 * `timeoutMs`, each `everyMs` after the one before it.
 */
export interface Liveness {
  everyMs: number;
  timeoutMs: number;
  misses: number;
}

/** One question to a service. False or a rejection: no good answer. */
export type Probe = (signal: AbortSignal) => Promise<boolean>;

/**
 * Asks every `everyMs` until there is a good answer ("ready"), until nothing was heard for `withinMs`
 * ("late"), or until the signal ("ended"). `heardAt`: called after each question without a good answer.
 */
export async function untilAnswering(probe: Probe, { everyMs, timeoutMs, withinMs }: Omit<Liveness, "misses"> & { withinMs: number }, clock: Clock, signal: AbortSignal, heardAt: () => number): Promise<"ready" | "late" | "ended"> {
  while (!signal.aborted) {
    const answered = await answersWithin(timeoutMs, probe, clock, signal);
    if (answered) return signal.aborted ? "ended" : "ready";
    if (clock.now() - heardAt() > withinMs) return "late";
    await clock.sleep(everyMs, signal).catch(() => {});
  }
  return "ended";
}

/**
 * Asks again and again, and resolves when the service counts as hung: with the milliseconds since
 * its last good answer, or since the beginning. null when the signal ended it before.
 */
export async function untilSilent(probe: Probe, { everyMs, timeoutMs, misses }: Liveness, clock: Clock, signal: AbortSignal): Promise<number | null> {
  let answeredAt = clock.now();
  for (let missed = 0; missed < misses; ) {
    await clock.sleep(everyMs, signal).catch(() => {});
    const answered = !signal.aborted && (await answersWithin(timeoutMs, probe, clock, signal));
    if (signal.aborted) return null;
    missed = answered ? 0 : missed + 1;
    if (answered) answeredAt = clock.now();
  }
  return clock.now() - answeredAt;
}

/** Whether a probe succeeds before `ms` have passed, and before the signal is aborted. Never rejects. */
export async function answersWithin(ms: number, probe: Probe, clock: Clock, signal: AbortSignal): Promise<boolean> {
  const over = new AbortController();
  const end = () => over.abort();
  signal.addEventListener("abort", end, { once: true });
  const late = clock.sleep(ms, over.signal).then(() => false, () => false);
  try {
    return await Promise.race([probe(over.signal).catch(() => false), late]);
  } finally {
    end();
    signal.removeEventListener("abort", end);
  }
}
