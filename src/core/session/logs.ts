import type { LogLevel, LogLine } from "../../contract/logs.ts";
import type { Clock, LogSink } from "../ports.ts";

const KEPT = 5_000;
/** With ten batches a second, twice what a window must bear. */
const BATCH = 1_000;
/** Milliseconds between two batches. */
const PAUSE = 100;
/** A longer line is cut: it is a dump, not a message. Characters. */
const LONGEST = 4_000;
/** A shorter "secret" would blank out ordinary words. Characters. */
const SHORTEST_SECRET = 4;

export interface LogWatch {
  source?: string;
  lastSeq?: number;
  /** Go on with new lines; default true. */
  follow?: boolean;
}

/** The lines of the app, its steps and the services: bounded, and without the secrets that were made known to it. */
export class SessionLogs {
  readonly #clock: Clock;
  readonly #secrets = new Set<string>();
  #lines: LogLine[] = [];
  #seq = 0;
  #wake = Promise.withResolvers<void>();

  constructor({ clock }: { clock: Clock }) {
    this.#clock = clock;
  }

  /** From now on no line shows this text. Too short ones are left: they would blank out ordinary words. */
  readonly redact = (secret: string): void => {
    if (secret.length >= SHORTEST_SECRET) this.#secrets.add(secret);
  };

  readonly sink: LogSink = (source: string, level: LogLevel, text: string): void => {
    this.#seq += 1;
    const clean = this.#clean(text);
    const cut = clean.length > LONGEST ? `${clean.slice(0, LONGEST)}… (${clean.length} characters)` : clean;
    this.#lines.push({ seq: this.#seq, at: new Date(this.#clock.now()).toISOString(), source, level, text: cut });
    if (this.#lines.length > 2 * KEPT) this.#lines = this.#lines.slice(-KEPT);
    this.#nudge();
  };

  /** Batches of at most 1,000 lines, at most ten a second. A watcher that falls behind misses the oldest: the numbers then skip. */
  async *watch({ source, lastSeq = 0, follow = true }: LogWatch, signal: AbortSignal): AsyncGenerator<LogLine[], void, void> {
    // A number from before a restart of the app means: from the beginning.
    let seen = lastSeq > this.#seq ? 0 : lastSeq;
    const nudge = () => this.#nudge();
    signal.addEventListener("abort", nudge, { once: true });
    try {
      while (!signal.aborted) {
        const wake = this.#wake.promise;
        const from = this.#lines.length - (this.#seq - Math.max(seen, this.#seq - this.#lines.length));
        const fresh = this.#lines.slice(from);
        const wanted = source === undefined ? fresh : fresh.filter((line) => line.source === source);
        const batch = wanted.slice(0, BATCH);
        seen = wanted.length > BATCH ? batch.at(-1)!.seq : this.#seq;
        if (batch.length > 0) yield batch;
        else if (follow) await wake;
        if (batch.length > 0 && (follow || wanted.length > BATCH)) await this.#clock.sleep(PAUSE, signal).catch(() => {});
        if (!follow && wanted.length <= BATCH) return;
      }
    } finally {
      signal.removeEventListener("abort", nudge);
    }
  }

  #nudge(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }

  #clean(text: string): string {
    let clean = text;
    for (const secret of this.#secrets) clean = clean.replaceAll(secret, "•••");
    return clean;
  }
}
