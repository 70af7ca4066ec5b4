import type { KeptSession } from "../../core/rent/keeper.ts";
import type { Session } from "../../core/session/session.ts";
import "./steps/facts.ts";

/** The keeper of rented machines sees no more of a session than it needs. */
export function keptSession(session: Session): KeptSession {
  return {
    view: () => ({ phase: session.snapshot().phase, rent: session.facts()?.get("rent"), provider: session.facts()?.handle("provider") }),
    change: async (change) => void (await session.changeFacts((facts) => facts.set("rent", change(facts.require("rent"))))),
    stop: async () => void (await session.stop({ disk: "keep" })),
    machineTimer: async () => {
      const status = await session.facts()?.handle("agent")?.status(AbortSignal.timeout(10_000)).catch(() => null);
      return status?.watchdog ?? null;
    },
  };
}
