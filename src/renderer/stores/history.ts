import { create } from "zustand";
import type { SessionTimings } from "../../contract/session.ts";
import { core } from "../connection/failure.ts";

/** Timings of finished sessions, oldest first; empty until they have come. */
export const useHistory = create<{ history: readonly SessionTimings[] }>(() => ({ history: [] }));

/** What cannot be had is not missed: without history the window only says less. */
export async function loadHistory(): Promise<void> {
  try {
    useHistory.setState({ history: await core().session.history() });
  } catch {
    // The next change of the session asks again.
  }
}
