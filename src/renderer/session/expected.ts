import type { StepId } from "../../contract/plan.ts";
import type { SessionTimings, StepState } from "../../contract/session.ts";
import { secondsBetween } from "../format/durations.ts";

/** Seconds: the likely value, and between which it will most likely lie. */
export interface Spread {
  least: number;
  likely: number;
  most: number;
}

/** How many earlier sessions count; older ones were made with another line or another version. */
const REMEMBERED = 10;
/** Without any measurement the plan's own figure may be wrong by these factors. */
const GUESS = { least: 0.5, most: 2 };

export const relevant = (history: readonly SessionTimings[], host: SessionTimings["host"]): readonly SessionTimings[] =>
  history.filter((timings) => timings.host === host && timings.readySeconds !== null).slice(-REMEMBERED);

/**
 * Seconds from the click until ready. What is done counts as it was, what runs by its own estimate
 * or by what it usually takes, what waits by what it usually takes; what runs side by side counts
 * once, because each step begins when the last of its needs has ended.
 */
export function expectedTotal(steps: readonly StepState[], startedAt: string, history: readonly SessionTimings[], now: number): Spread {
  const ends = { least: new Map<StepId, number>(), likely: new Map<StepId, number>(), most: new Map<StepId, number>() };
  const elapsed = secondsBetween(startedAt, null, now);
  const total: Spread = { least: elapsed, likely: elapsed, most: elapsed };
  for (const bound of ["least", "likely", "most"] as const) {
    for (const step of steps) {
      const begin = Math.max(0, ...step.needs.map((id) => ends[bound].get(id) ?? 0));
      const end = endOf(step, begin, bound, startedAt, elapsed, history, now);
      ends[bound].set(step.id, end);
      total[bound] = Math.max(total[bound], end);
    }
  }
  return { least: Math.min(total.least, total.likely), likely: total.likely, most: Math.max(total.most, total.likely) };
}

function endOf(step: StepState, begin: number, bound: keyof Spread, startedAt: string, elapsed: number, history: readonly SessionTimings[], now: number): number {
  const { status, startedAt: from, endedAt: to, progress } = step;
  if (status === "done" && to !== null) return secondsBetween(startedAt, to, now);
  if (status === "skipped" || status === "cancelled") return begin;
  const usual = usualSeconds(step, history)[bound];
  if (status !== "running" || from === null) return Math.max(begin, elapsed) + usual;
  if (progress?.etaSeconds != null) return elapsed + (bound === "likely" ? progress.etaSeconds : (progress.etaRange?.[bound] ?? progress.etaSeconds));
  return elapsed + Math.max(0, usual - secondsBetween(from, null, now));
}

/** What a step took in earlier sessions: the middle half of them; the plan's figure where none was measured. */
export function usualSeconds({ id, weight }: Pick<StepState, "id" | "weight">, history: readonly SessionTimings[]): Spread {
  const took = history.flatMap(({ steps }) => steps.filter((step) => step.id === id).map(({ seconds }) => seconds)).sort((a, b) => a - b);
  if (took.length === 0) return { least: weight * GUESS.least, likely: weight, most: weight * GUESS.most };
  const at = (share: number): number => took[Math.min(took.length - 1, Math.floor(share * took.length))]!;
  return { least: at(0.25), likely: at(0.5), most: at(0.75) };
}
