import type { SessionEvent, SessionSnapshot, StepState } from "../../contract/session.ts";

/** Events kept for watchers that are behind or come back. */
const KEPT = 500;

type Change = SessionEvent extends infer Each ? (Each extends { seq: number } ? Omit<Each, "seq"> : never) : never;

/**
 * Tells any number of watchers what changes. A watcher is only a position in one bounded ring: who
 * is slow gets the newest state of each step instead of every one, and who is too far behind gets
 * a fresh snapshot. Numbers therefore grow, and skip what was overtaken.
 */
export class SessionFeed {
  readonly #snapshot: () => SessionSnapshot;
  #events: SessionEvent[] = [];
  #seq: number;
  #wake = Promise.withResolvers<void>();

  /** `firstSeq` should exceed any number an earlier process can have given out. */
  constructor(snapshot: () => SessionSnapshot, firstSeq: number) {
    this.#snapshot = snapshot;
    this.#seq = firstSeq;
  }

  publish(change: Change): void {
    this.#seq += 1;
    this.#events.push({ ...change, seq: this.#seq } as SessionEvent);
    if (this.#events.length > 2 * KEPT) this.#events = this.#events.slice(-KEPT);
    this.#nudge();
  }

  async *watch(lastSeq: number | undefined, signal: AbortSignal): AsyncGenerator<SessionEvent, void, void> {
    let seen = lastSeq ?? Number.NaN;
    const nudge = () => this.#nudge();
    signal.addEventListener("abort", nudge, { once: true });
    try {
      while (!signal.aborted) {
        const events = this.#since(seen);
        seen = this.#seq;
        for (const event of events) {
          yield event;
          if (signal.aborted) return;
        }
        if (seen === this.#seq) await this.#wake.promise;
      }
    } finally {
      signal.removeEventListener("abort", nudge);
    }
  }

  #nudge(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }

  #since(seen: number): SessionEvent[] {
    const first = this.#events[0]?.seq ?? this.#seq + 1;
    if (!(seen >= first - 1 && seen <= this.#seq)) return [{ type: "snapshot", seq: this.#seq, session: this.#snapshot() }];
    return coalesced(this.#events.slice(this.#events.length - (this.#seq - seen)));
  }
}

/** At most one event a step and one for the rest, each under its newest number. */
function coalesced(events: readonly SessionEvent[]): SessionEvent[] {
  let snapshot: SessionEvent | null = null;
  let session = null as Extract<SessionEvent, { type: "session" }> | null;
  const steps = new Map<StepState["id"], SessionEvent>();
  for (const event of events) {
    if (event.type === "snapshot") {
      snapshot = event;
      session = null;
      steps.clear();
    } else if (event.type === "step") steps.set(event.step.id, event);
    else session = { ...event, changes: { ...session?.changes, ...event.changes } };
  }
  const rest = [...steps.values(), ...(session === null ? [] : [session])].sort((a, b) => a.seq - b.seq);
  return snapshot === null ? rest : [snapshot, ...rest];
}
