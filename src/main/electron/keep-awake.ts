import type { PowerSaveBlocker } from "electron";
import type { SessionPhase } from "../../contract/session.ts";
import type { Session } from "../../core/session/session.ts";
import { sessionPhases } from "./session-phases.ts";

/** Phases during which a sleeping laptop would cut a transfer. */
const BUSY: ReadonlySet<SessionPhase> = new Set(["starting", "stopping"]);

/** Keeps the computer awake while a session starts or stops; the display may sleep. */
export async function keepAwake(session: Pick<Session, "watch">, blocker: Pick<PowerSaveBlocker, "start" | "stop">, signal: AbortSignal): Promise<void> {
  let held: number | null = null;
  try {
    for await (const phase of sessionPhases(session, signal)) {
      if (BUSY.has(phase) && held === null) held = blocker.start("prevent-app-suspension");
      if (!BUSY.has(phase) && held !== null) {
        blocker.stop(held);
        held = null;
      }
    }
  } finally {
    if (held !== null) blocker.stop(held);
  }
}
