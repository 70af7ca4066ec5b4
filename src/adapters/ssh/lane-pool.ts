import { abortable } from "../../core/abortable.ts";
import type { Clock } from "../../core/ports.ts";
import type { SshConnection } from "./connection.ts";

/** sshd turns simultaneous log-ins away from the tenth on (MaxStartups 10:30:100). */
const LOGINS_AT_ONCE = 8;
/** How long a connection that nobody uses is kept for the next file. */
const KEEP_MS = 60_000;

/** Connections for bulk data beside the main one. A log-in takes nine round trips, so they are used again. */
export class LanePool {
  readonly #open: (signal: AbortSignal) => Promise<SshConnection>;
  readonly #clock: Clock;
  readonly #end = new AbortController();
  readonly #idle: SshConnection[] = [];
  readonly #prepared: Promise<SshConnection>[] = [];
  readonly #waiting: (() => void)[] = [];
  #logins = 0;

  constructor(open: (signal: AbortSignal) => Promise<SshConnection>, clock: Clock) {
    this.#open = open;
    this.#clock = clock;
  }

  /** Opens connections ahead of need. One that fails is opened again when it is asked for. */
  prepare(count: number): void {
    for (let number = 0; number < count; number++) {
      const opening = this.#login(this.#end.signal);
      opening.catch(() => {});
      this.#prepared.push(opening);
    }
  }

  /** A connection with nothing on it. Throws `host-*`. */
  async take(signal: AbortSignal): Promise<SshConnection> {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) if (!idle.gone) return idle;
    const prepared = this.#prepared.shift();
    if (prepared !== undefined) {
      try {
        return await abortable(prepared, signal);
      } catch {
        if (signal.aborted) prepared.then((connection) => this.give(connection), () => {});
        signal.throwIfAborted();
        // It was tried while nobody needed it; now it counts.
      }
    }
    return this.#login(AbortSignal.any([signal, this.#end.signal]));
  }

  /** Takes a connection back on which nothing is left. */
  give(connection: SshConnection): void {
    if (this.#end.signal.aborted) return void connection.close();
    this.#idle.push(connection);
    this.#clock.sleep(KEEP_MS, this.#end.signal).then(
      () => this.#drop(connection),
      () => {},
    );
  }

  async close(): Promise<void> {
    this.#end.abort(new Error("the host is let go"));
    await Promise.all([...this.#idle.splice(0).map((connection) => connection.close()), ...this.#prepared.splice(0).map((opening) => opening.then((connection) => connection.close(), () => {}))]);
  }

  async #drop(connection: SshConnection): Promise<void> {
    const place = this.#idle.indexOf(connection);
    if (place < 0) return;
    this.#idle.splice(place, 1);
    await connection.close();
  }

  async #login(signal: AbortSignal): Promise<SshConnection> {
    while (this.#logins >= LOGINS_AT_ONCE) await abortable(new Promise<void>((resolve) => this.#waiting.push(resolve)), signal);
    this.#logins++;
    try {
      return await this.#open(signal);
    } finally {
      this.#logins--;
      // All who wait look again: one that has given up must not keep the turn.
      for (const wake of this.#waiting.splice(0)) wake();
    }
  }
}
