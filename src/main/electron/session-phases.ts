import type { SessionPhase } from "../../contract/session.ts";
import type { Session } from "../../core/session/session.ts";

/** The session's phase now, and at every event that tells it, until the signal aborts. */
export async function* sessionPhases(session: Pick<Session, "watch">, signal: AbortSignal): AsyncGenerator<SessionPhase, void, void> {
  for await (const event of session.watch(undefined, signal)) {
    const phase = event.type === "snapshot" ? event.session.phase : event.type === "session" ? event.changes.phase : undefined;
    if (phase !== undefined) yield phase;
  }
}
