import { create } from "zustand";
import type { ErrorReport } from "../../contract/errors.ts";
import type { DiskEnd } from "../../contract/rent.ts";
import type { SessionEvent, SessionSnapshot, StartRequest } from "../../contract/session.ts";
import { core, reportOf } from "../connection/failure.ts";
import { showView } from "./view.ts";

export type SessionCall = "start" | "extend" | "stop" | "cancel" | "retry" | "forget";

/** What a watcher knows; null until the core has told. */
export interface WatchedSession {
  session: SessionSnapshot | null;
  lastSeq: number | null;
}

interface SessionStore extends WatchedSession {
  /** The call that is on its way, so that its button can say so. */
  pending: SessionCall | null;
  /** Why the last call was refused; the session itself may be fine. */
  refusal: ErrorReport | null;
}

export const useSession = create<SessionStore>(() => ({ session: null, lastSeq: null, pending: null, refusal: null }));

export const receiveSessionEvent = (event: SessionEvent): void => useSession.setState((known) => afterEvent(known, event));

export function afterEvent({ session, lastSeq }: WatchedSession, event: SessionEvent): WatchedSession {
  if (event.type === "snapshot") return { session: event.session, lastSeq: event.seq };
  if (session === null || (lastSeq !== null && event.seq <= lastSeq)) return { session, lastSeq };
  const changed =
    event.type === "session"
      ? { ...session, ...event.changes }
      : { ...session, steps: session.steps.map((step) => (step.id === event.step.id ? event.step : step)) };
  return { session: changed, lastSeq: event.seq };
}

async function call(name: SessionCall, make: () => Promise<unknown>): Promise<boolean> {
  if (useSession.getState().pending !== null) return false;
  useSession.setState({ pending: name, refusal: null });
  try {
    await make();
    return true;
  } catch (thrown) {
    useSession.setState({ refusal: reportOf(thrown) });
    return false;
  } finally {
    useSession.setState({ pending: null });
  }
}

export async function startSession(request: StartRequest): Promise<boolean> {
  const accepted = await call("start", () => core().session.start(request));
  if (accepted) showView("session");
  return accepted;
}

export const stopSession = (wish?: { disk?: DiskEnd; evenUnsaved?: boolean; withoutBackup?: boolean }) => call("stop", () => core().session.stop(wish));
/** Moves the time at which a rented machine stops by itself. */
export const extendSession = (seconds: number) => call("extend", () => core().session.extend({ seconds }));
export const cancelSession = () => call("cancel", () => core().session.cancel());
export const forgetSession = () => call("forget", () => core().session.forget());
export const retrySession = (answer?: { passphrase?: string; trustFingerprint?: string; model?: string; withoutGuard?: boolean; withoutBackup?: boolean }) =>
  call("retry", () => core().session.retry(answer));

export const dismissRefusal = () => useSession.setState({ refusal: null });
