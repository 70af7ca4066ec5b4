import { freePort } from "../../adapters/local/free-port.ts";
import { processPodsMissing } from "../../adapters/rehearsal/machines/process.ts";
import { MentorError } from "../../contract/errors.ts";
import { DEFAULT_PORTS } from "../../contract/limits.ts";
import type { RehearsalEvent, RehearsalFault, RehearsalObstacle } from "../../contract/rehearsal.ts";
import type { Core } from "./core.ts";
import { rehearse } from "./rehearsal.ts";

/** One rehearsal at a time: all of them work in one folder, and on the ports that a session's services want. */
export class Rehearsals {
  readonly #core: Core;
  /** Resolves when all of it has been cleared away; null while none is held. */
  #held: Promise<void> | null = null;
  /** Nobody listens to it any more. */
  #givenUp = false;

  constructor(core: Core) {
    this.#core = core;
  }

  /** Why none can be held here now; null when one can. Waits until one that was given up has been cleared away. */
  async obstacle(): Promise<RehearsalObstacle | null> {
    if (this.#givenUp) await this.#held;
    if (this.#held !== null) return { reason: "held", message: "A rehearsal is being held already, in another window or terminal." };
    if (processPodsMissing !== null) return { reason: process.platform === "linux" ? "sshd" : "platform", message: processPodsMissing };
    const wanted = Object.values(DEFAULT_PORTS);
    const found = await Promise.all(wanted.map(freePort));
    const ports = wanted.filter((port, index) => found[index] !== port);
    return ports.length === 0 ? null : { reason: "ports", ports, message: `Another program on this computer uses port ${ports.join(" and port ")}, which the rehearsal needs.` };
  }

  /** Throws what a session throws, and `rehearsal-unavailable`. Who ends the iteration gives the rehearsal up. */
  async *run({ fault }: { fault?: RehearsalFault }, signal: AbortSignal): AsyncGenerator<RehearsalEvent> {
    const obstacle = await this.obstacle();
    if (obstacle !== null) throw new MentorError("rehearsal-unavailable", obstacle.message, { advice: ADVICE[obstacle.reason] });
    // Another one may have begun while the ports were tried.
    if (this.#held !== null) return yield* this.run({ fault }, signal);
    let cleared = (): void => undefined;
    this.#held = new Promise((resolve) => (cleared = resolve));
    const giveUp = () => void (this.#givenUp = true);
    signal.addEventListener("abort", giveUp, { once: true });
    try {
      yield* rehearse(this.#core, { fault }, signal);
    } finally {
      signal.removeEventListener("abort", giveUp);
      this.#held = null;
      this.#givenUp = false;
      cleared();
    }
  }
}

/** Undefined where the error's own advice says it. */
const ADVICE: Record<RehearsalObstacle["reason"], string | undefined> = {
  platform: "Practise on this computer instead, or rehearse on one with Linux.",
  sshd: undefined,
  ports: "Stop the session on this computer, or the program that uses it, and try again.",
  held: "Wait until it is over, or cancel it there.",
};
