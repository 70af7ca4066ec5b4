import type { Dialog } from "electron";
import type { Session } from "../../core/session/session.ts";

/** Asks what becomes of a running session before the app goes. True when it may go now. */
export async function confirmQuit(session: Pick<Session, "snapshot" | "stop">, dialog: Pick<Dialog, "showMessageBox">): Promise<boolean> {
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
  if (response === 0) await session.stop();
  return true;
}
