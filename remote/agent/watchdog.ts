import type { AgentStatus, WatchdogConfig } from "../../src/contract/agent.ts";

/**
 * Ends everything when the session's deadline has passed or the desktop has been silent for too
 * long, so that a closed laptop costs no further money. It only judges; the agent looks every second.
 */
export class Watchdog {
  readonly #now: () => number;
  #config: WatchdogConfig | null = null;
  #lastSeen: number;
  #lastHeartbeat: number | null = null;

  constructor(now: () => number = Date.now) {
    this.#now = now;
    this.#lastSeen = now();
  }

  arm(config: WatchdogConfig): void {
    this.#config = config;
    this.#lastSeen = this.#now();
  }

  heartbeat(): void {
    this.#lastHeartbeat = this.#lastSeen = this.#now();
  }

  /** Anything else that shows somebody is there: a question, a command. */
  activity(): void {
    this.#lastSeen = this.#now();
  }

  /** Why everything must stop now, in plain words; null while there is no reason. */
  verdict(): string | null {
    if (this.#config === null) return null;
    const { deadlineAt, silenceSeconds } = this.#config;
    if (deadlineAt !== null && this.#now() >= Date.parse(deadlineAt)) return `the session's time ended at ${deadlineAt}`;
    if (silenceSeconds !== null && this.#now() - this.#lastSeen >= silenceSeconds * 1000) return `nobody was there for ${silenceSeconds} s`;
    return null;
  }

  status(): AgentStatus["watchdog"] {
    if (this.#config === null) return null;
    const { deadlineAt, silenceSeconds } = this.#config;
    const lastHeartbeatAt = this.#lastHeartbeat === null ? null : new Date(this.#lastHeartbeat).toISOString();
    return { deadlineAt, silenceSeconds, armed: deadlineAt !== null || silenceSeconds !== null, lastHeartbeatAt };
  }
}
