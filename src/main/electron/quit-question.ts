import type { Dialog } from "electron";
import type { SessionPhase } from "../../contract/session.ts";
import type { Session } from "../../core/session/session.ts";
import { sessionPhases } from "./session-phases.ts";

/** Phases in which a session can be told to stop. */
const ONGOING: ReadonlySet<SessionPhase> = new Set(["starting", "ready", "needs-help"]);

/** Asks what becomes of a running session before the app goes. True when it may go now. */
export async function confirmQuit(session: Pick<Session, "snapshot" | "stop" | "watch">, dialog: Pick<Dialog, "showMessageBox">): Promise<boolean> {
  const { phase, host } = session.snapshot();
  if (phase === "idle" || phase === "stopped") return true;
  const { response } = await dialog.showMessageBox({
    type: "question",
    title: "AI Mentor",
    message: `A session is running on ${host?.label ?? "a host"}.`,
    detail: "Stop it now, or leave it running: it is found again when you open AI Mentor next time, and stops by itself when nobody comes back.",
    buttons: ["Stop the session and quit", "Leave it running", "Cancel"],
    defaultId: 0,
    cancelId: 2,
  });
  if (response === 2) return false;
  if (response === 1) return true;
  // It may have begun to stop, or have ended, before the person asked for it.
  if (ONGOING.has(session.snapshot().phase)) await session.stop();
  return (await settledPhase(session)) === "stopped";
}

/** Stopping takes its time; when it fails the window has to stay and say so. */
async function settledPhase(session: Pick<Session, "watch">): Promise<SessionPhase | undefined> {
  const watching = new AbortController();
  for await (const phase of sessionPhases(session, watching.signal)) {
    if (phase === "stopped" || phase === "idle" || phase === "needs-help") {
      watching.abort();
      return phase;
    }
  }
  return undefined;
}
