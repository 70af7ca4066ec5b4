import type { AgentStatus, PodGuard, WatchdogConfig } from "../../src/contract/agent.ts";

/**
 * Ends everything when the session's deadline has passed, when nobody has used it for too long, or
 * when neither the desktop nor anybody's use was seen for too long, so that a closed laptop costs no
 * further money. It only judges; the agent looks every second, and stops the rented machine, too.
 */
export class Watchdog {
  readonly #now: () => number;
  #config: WatchdogConfig | null = null;
  #guard: PodGuard | null = null;
  #lastHeartbeat: number | null = null;
  /** A question, an upload, an ingest, a command: somebody is there, whether or not the desktop is. */
  #lastActivity: number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
    this.#lastActivity = now();
  }

  /** `guard`: whether the machine under it can be stopped; null where there is none to stop. */
  arm(config: WatchdogConfig, guard: PodGuard | null = null): void {
    const { deadlineInSeconds, ...rest } = config;
    this.#config = deadlineInSeconds == null ? rest : { ...rest, deadlineAt: new Date(this.#now() + deadlineInSeconds * 1000).toISOString() };
    this.#guard = guard;
    this.#lastActivity = this.#now();
  }

  get config(): WatchdogConfig | null {
    return this.#config;
  }

  heartbeat(): void {
    this.#lastHeartbeat = this.#now();
  }

  /** `at`: when it was, in milliseconds since the epoch, where that is known only afterwards. */
  activity(at = this.#now()): void {
    this.#lastActivity = Math.max(this.#lastActivity, Math.min(at, this.#now()));
  }

  /** Why everything must stop now, in plain words; null while there is no reason. */
  verdict(): string | null {
    if (this.#config === null) return null;
    const { deadlineAt, silenceSeconds, idleSeconds } = this.#config;
    const now = this.#now();
    if (deadlineAt !== null && now >= Date.parse(deadlineAt)) return `the session's time ended at ${deadlineAt}`;
    const lastSeen = Math.max(this.#lastActivity, this.#lastHeartbeat ?? 0);
    if (silenceSeconds !== null && now - lastSeen >= silenceSeconds * 1000) return `nobody was there for ${silenceSeconds} s`;
    if (idleSeconds != null && now - this.#lastActivity >= idleSeconds * 1000) return `nobody used it for ${idleSeconds} s`;
    return null;
  }

  status(): AgentStatus["watchdog"] {
    if (this.#config === null) return null;
    const { deadlineAt, silenceSeconds } = this.#config;
    const lastHeartbeatAt = this.#lastHeartbeat === null ? null : new Date(this.#lastHeartbeat).toISOString();
    const armed = deadlineAt !== null || silenceSeconds !== null || this.#config.idleSeconds != null;
    return { ...this.#config, armed, lastHeartbeatAt, lastActivityAt: new Date(this.#lastActivity).toISOString(), podGuard: this.#guard };
  }
}
