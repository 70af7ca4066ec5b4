import type { AgentStatus, PodGuard, WatchdogConfig } from "../../src/contract/agent.ts";

/**
 * Ends everything when the session's deadline has passed, when nobody has used it for too long, or
 * when neither the desktop nor anybody's use was seen for too long, so that a closed laptop costs no
 * further money. It only judges; the agent looks every second, and stops the rented machine, too.
 */
export class Watchdog {
  readonly #now: () => number;
  #config: WatchdogConfig | null = null;
  #deadline: number | null = null;
  #guard: PodGuard | null = null;
  #lastHeartbeat: number | null = null;
  /** A question, an upload, an ingest, a command: somebody is there, whether or not the desktop is. */
  #lastActivity: number;

  constructor(now: () => number) {
    this.#now = now;
    this.#lastActivity = now();
  }

  /** `guard`: whether the machine under it can be stopped; null where there is none to stop. */
  arm(config: WatchdogConfig, guard: PodGuard | null = null): void {
    this.#config = config;
    this.#deadline = config.deadlineInSeconds === null ? null : this.#now() + config.deadlineInSeconds * 1000;
    this.#guard = guard;
    this.#lastActivity = this.#now();
  }

  get config(): WatchdogConfig | null {
    return this.#config;
  }

  heartbeat(): void {
    this.#lastHeartbeat = this.#now();
  }

  activity(): void {
    this.#lastActivity = this.#now();
  }

  /** Until the deadline, and negative after it; null where there is none. */
  secondsLeft(): number | null {
    return this.#deadline === null ? null : (this.#deadline - this.#now()) / 1000;
  }

  /** Why everything must stop now, in plain words; null while there is no reason. */
  verdict(): string | null {
    if (this.#config === null) return null;
    const { silenceSeconds, idleSeconds } = this.#config;
    const now = this.#now();
    if (this.#deadline !== null && now >= this.#deadline) return "the session's time is over";
    const lastSeen = Math.max(this.#lastActivity, this.#lastHeartbeat ?? 0);
    if (silenceSeconds !== null && now - lastSeen >= silenceSeconds * 1000) return `nobody was there for ${silenceSeconds} s`;
    if (idleSeconds != null && now - this.#lastActivity >= idleSeconds * 1000) return `nobody used it for ${idleSeconds} s`;
    return null;
  }

  status(): AgentStatus["watchdog"] {
    if (this.#config === null) return null;
    const { silenceSeconds, idleSeconds } = this.#config;
    const since = (at: number) => Math.max(0, (this.#now() - at) / 1000);
    return {
      ...this.#config,
      deadlineInSeconds: this.secondsLeft(),
      armed: this.#deadline !== null || silenceSeconds !== null || idleSeconds != null,
      unheardSeconds: this.#lastHeartbeat === null ? null : since(this.#lastHeartbeat),
      unusedSeconds: since(this.#lastActivity),
      podGuard: this.#guard,
    };
  }
}
