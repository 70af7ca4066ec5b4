import type { JournalEntry } from "./entries.ts";
import type { StepDefinition } from "./plan.ts";
import { evolve, idle, type SessionState } from "./state.ts";

/** The state that a journal, or any whole part of its beginning, describes. */
export function fold(plan: readonly StepDefinition[], entries: readonly JournalEntry[]): SessionState {
  return entries.reduce((state, entry) => evolve(plan, state, entry), idle(plan));
}

/**
 * What stood when the app crashed. Adoptable: it was ready, and what its steps made may stand.
 * Half-started: steps are to be adopted, then the person chooses between going on and undoing.
 * Half-stopped: the undoing goes on.
 */
export type Remains = { kind: "nothing" } | { kind: "adoptable" | "half-started" | "half-stopped"; state: SessionState };

export function remains(plan: readonly StepDefinition[], entries: readonly JournalEntry[]): Remains {
  const state = fold(plan, entries);
  if (state.phase === "idle" || state.phase === "stopped") return { kind: "nothing" };
  if (state.direction === "stop") return { kind: "half-stopped", state };
  return { kind: state.phase === "ready" ? "adoptable" : "half-started", state };
}
