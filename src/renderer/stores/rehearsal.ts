import { create } from "zustand";
import type { ChatAnswer } from "../../contract/chat.ts";
import type { ErrorReport } from "../../contract/errors.ts";
import type { Progress } from "../../contract/progress.ts";
import type { RehearsalEvent, RehearsalFault, RehearsalObstacle, RehearsalResult } from "../../contract/rehearsal.ts";
import type { Quote } from "../../contract/rent.ts";
import { core, reportOf } from "../connection/failure.ts";
import { afterEvent, type WatchedSession } from "./session.ts";
import { saveSettings } from "./settings.ts";

/** What is known of the one that is held, or was held last. */
interface Seen extends WatchedSession {
  /** Of the practice stick. */
  making: Progress | null;
  quote: Quote | null;
  answer: ChatAnswer | null;
  /** What is waited for beside the session's own steps, as the core says it. */
  said: string | null;
  result: RehearsalResult | null;
  problem: ErrorReport | null;
}

interface RehearsalStore extends Seen {
  /** `cancelled`, `ended`: it is over, and all of it is cleared away. */
  state: "none" | "held" | "cancelling" | "cancelled" | "ended";
  fault: RehearsalFault | null;
  /** Why none can be held; undefined until the core has looked. */
  obstacle: RehearsalObstacle | null | undefined;
}

const NOTHING_SEEN: Seen = { session: null, lastSeq: null, making: null, quote: null, answer: null, said: null, result: null, problem: null };

export const useRehearsal = create<RehearsalStore>(() => ({ ...NOTHING_SEEN, state: "none", fault: null, obstacle: undefined }));

export const isHeld = ({ state }: Pick<RehearsalStore, "state">): boolean => state === "held" || state === "cancelling";

export async function lookForObstacle(): Promise<void> {
  useRehearsal.setState({ obstacle: undefined });
  try {
    useRehearsal.setState({ obstacle: await core().rehearsal.obstacle() });
  } catch {
    // A core that cannot be asked is asked again with the next link; until then none can begin.
  }
}

export const chooseFault = (fault: RehearsalFault | null): void => useRehearsal.setState({ fault });

let giveUp = new AbortController();

export async function rehearse(): Promise<void> {
  if (isHeld(useRehearsal.getState())) return;
  giveUp = new AbortController();
  const { signal } = giveUp;
  const { fault } = useRehearsal.getState();
  useRehearsal.setState({ ...NOTHING_SEEN, state: "held" });
  try {
    void saveSettings({ welcomed: true });
    for await (const event of await core().rehearsal.run(fault === null ? {} : { fault }, { signal })) useRehearsal.setState((known) => after(known, event));
  } catch (thrown) {
    if (!signal.aborted) useRehearsal.setState({ problem: reportOf(thrown) });
  }
  // Told only when all of it has been cleared away.
  await lookForObstacle();
  useRehearsal.setState({ state: signal.aborted ? "cancelled" : "ended" });
}

function after(known: Seen, event: RehearsalEvent): Partial<Seen> {
  switch (event.type) {
    case "progress":
      return { making: event.progress };
    case "quote":
      return { quote: event.quote, making: null };
    case "session":
      return { ...afterEvent(known, event.event), said: null };
    case "answer":
      return { answer: event.answer };
    case "said":
      return { said: event.text };
    case "done":
      return { result: event.result };
  }
}

export function cancelRehearsal(): void {
  if (useRehearsal.getState().state !== "held") return;
  useRehearsal.setState({ state: "cancelling" });
  giveUp.abort();
}

/** Back to the choice of what goes wrong. */
export const leaveRehearsal = (): void => useRehearsal.setState({ ...NOTHING_SEEN, state: "none" });
