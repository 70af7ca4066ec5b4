import type { SessionEvent, SessionSnapshot } from "../../contract/session.ts";
import type { StepTiming } from "../../contract/cli.ts";
import { secondsBetween } from "./units.ts";

/** The session after an event; what came in is left as it was. */
export function applySessionEvent(session: SessionSnapshot, event: SessionEvent): SessionSnapshot {
  switch (event.type) {
    case "snapshot":
      return event.session;
    case "step":
      return { ...session, steps: session.steps.map((step) => (step.id === event.step.id ? event.step : step)) };
    case "session":
      return { ...session, ...event.changes };
  }
}

/** Start and length of every step that has run, in the order of the plan. */
export function stepTimings(session: SessionSnapshot): StepTiming[] {
  return session.steps.flatMap(({ id, startedAt, endedAt }) => (startedAt === null || endedAt === null ? [] : [{ id, startedAt, seconds: secondsBetween(startedAt, endedAt) }]));
}
