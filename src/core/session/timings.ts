import type { StepId } from "../../contract/plan.ts";
import type { SessionTimings } from "../../contract/session.ts";
import type { JournalEntry } from "./entries.ts";
import type { StepDefinition } from "./plan.ts";

/** How many earlier sessions an estimate rests on. */
const REMEMBERED = 10;

/**
 * Timings are differences between lines of the journal. A step counts with the try that succeeded;
 * being adopted or found already there is no measure of the work, so the first is left out and the
 * second kept as it was. Null for a journal without a session.
 */
export function timingsOf(entries: readonly JournalEntry[]): SessionTimings | null {
  const begun = entries.find((entry) => entry.type === "session-begun");
  if (begun === undefined) return null;
  const ready = entries.find((entry) => entry.type === "ready");
  const begunAt = new Map<StepId, string>();
  const steps = new Map<StepId, SessionTimings["steps"][number]>();
  for (const entry of entries) {
    if (entry.type === "step-begun") begunAt.set(entry.step, entry.at);
    else if (entry.type === "step-done" && !entry.adopted) {
      const startedAt = begunAt.get(entry.step) ?? entry.at;
      steps.set(entry.step, { id: entry.step, startedAt, seconds: seconds(startedAt, entry.at) });
    }
  }
  return {
    sessionId: begun.sessionId,
    host: begun.request.host.kind,
    startedAt: begun.at,
    readySeconds: ready === undefined ? null : seconds(begun.at, ready.at),
    steps: [...steps.values()],
  };
}

const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);
const seconds = (from: string, to: string): number => Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000);

/**
 * Seconds that each step is expected to take, from the medians of earlier sessions on this kind of
 * host. A step that was never measured gets its share of the plan, scaled to those that were.
 */
export function expectedSeconds(plan: readonly StepDefinition[], history: readonly SessionTimings[], host: SessionTimings["host"]): Map<StepId, number> {
  const recent = history.filter((timings) => timings.host === host).slice(-REMEMBERED);
  const measured = new Map<StepId, number>();
  for (const { id } of plan) {
    const all = recent.flatMap(({ steps }) => steps.filter((step) => step.id === id).map((step) => step.seconds)).sort((a, b) => a - b);
    if (all.length > 0) measured.set(id, all[Math.floor(all.length / 2)]!);
  }
  const known = sum(plan.filter(({ id }) => measured.has(id)).map(({ weight }) => weight));
  const scale = known > 0 ? sum(measured.values()) / known : 1;
  return new Map(plan.map(({ id, weight }) => [id, measured.get(id) ?? weight * scale]));
}

/** Seconds from the click to ready: the longest way through the needs, with the expected seconds of each step. `sessions`: how many it rests on. */
export function secondsUntilReady(plan: readonly StepDefinition[], history: readonly SessionTimings[], host: SessionTimings["host"]): { seconds: number; sessions: number } {
  const expected = expectedSeconds(plan, history, host);
  const ends = new Map<StepId, number>();
  for (const { id, needs } of plan) ends.set(id, Math.max(0, ...needs.map((need) => ends.get(need) ?? 0)) + (expected.get(id) ?? 0));
  const sessions = history.filter((timings) => timings.host === host && timings.readySeconds !== null).slice(-REMEMBERED).length;
  return { seconds: Math.max(0, ...ends.values()), sessions };
}
