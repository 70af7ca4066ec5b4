import type { StepId } from "../../../src/contract/plan.ts";
import type { SessionEvent, SessionSnapshot, SessionTimings, StartRequest } from "../../../src/contract/session.ts";
import type { JournalStore } from "../../../src/core/ports.ts";
import { createSession } from "../../../src/core/session/create.ts";
import type { JournalEntry } from "../../../src/core/session/entries.ts";
import { PLAN, type StepDefinition } from "../../../src/core/session/plan.ts";
import type { Session } from "../../../src/core/session/session.ts";
import type { StepContext, StepImplementation } from "../../../src/core/session/step.ts";
import { FakeClock, settled } from "../../fakes/clock.ts";

export const REQUEST: StartRequest = { stick: "/media/stick", host: { kind: "local" } };

/** Holds JSON text, as a file would: nothing live survives in it. */
export class MemoryJournal<Entry> implements JournalStore<Entry> {
  lines: string[] = [];
  /** Set, the next appends reject with it. */
  broken: Error | null = null;

  async append(entry: Entry): Promise<void> {
    if (this.broken !== null) throw this.broken;
    this.lines.push(JSON.stringify(entry));
  }

  async read(): Promise<Entry[]> {
    return this.lines.map((line) => JSON.parse(line) as Entry);
  }
}

/** What a test lets a step do instead of simply succeeding. */
export type Script = Partial<Omit<StepImplementation, "id">>;

/** One computer with its disk and one host: both survive a crash of the app that runs on the computer. */
export class PracticeRun {
  readonly clock = new FakeClock();
  readonly journals = new Map<string, MemoryJournal<JournalEntry>>();
  readonly history = new MemoryJournal<SessionTimings>();
  readonly logged: string[] = [];
  /** What stands on the host. */
  readonly host = new Set<StepId>();
  /** Every side effect in order: "run connect", "adopt connect", "undo connect". */
  readonly acts: string[] = [];
  readonly scripts = new Map<StepId, Script>();
  readonly plan: readonly StepDefinition[];
  session: Session;
  #process = 0;
  #ids = 0;

  constructor(plan: readonly StepDefinition[] = PLAN) {
    this.plan = plan;
    this.session = this.#boot();
  }

  script(id: StepId, script: Script): void {
    this.scripts.set(id, script);
  }

  get journal(): MemoryJournal<JournalEntry> {
    return [...this.journals.values()].at(-1)!;
  }

  /** The old process writes and does nothing any more; a new one finds `lines` lines of the journal. */
  async crash(lines = this.journal.lines.length): Promise<void> {
    const [id] = [...this.journals.keys()].slice(-1);
    const kept = new MemoryJournal<JournalEntry>();
    kept.lines = this.journal.lines.slice(0, lines);
    this.#process += 1;
    this.journals.set(id!, kept);
    this.session = this.#boot();
    await this.session.recover();
    await settled();
  }

  /** Lets everything happen that needs no time. */
  async calm(): Promise<SessionSnapshot> {
    for (let rounds = 0; rounds < 60; rounds++) await settled();
    return this.session.snapshot();
  }

  async startAndSettle(request = REQUEST): Promise<SessionSnapshot> {
    await this.session.start(request);
    return this.calm();
  }

  #boot(): Session {
    const { journals } = this;
    return createSession({
      plan: this.plan,
      steps: this.plan.map(({ id }) => this.#step(id, this.#process)),
      journals: {
        of: (id) => {
          const found = journals.get(id) ?? new MemoryJournal<JournalEntry>();
          journals.set(id, found);
          return found;
        },
        list: async () => [...journals.keys()].toReversed(),
      },
      history: this.history,
      clock: this.clock,
      log: (source, level, text) => this.logged.push(`${source} ${level} ${text}`),
      newId: () => `s${(this.#ids += 1)}`,
    });
  }

  #step(id: StepId, process: number): StepImplementation {
    const alive = () => process === this.#process;
    const act = async (kind: "run" | "adopt" | "undo", context: StepContext): Promise<unknown> => {
      if (!alive()) return new Promise(() => {});
      this.acts.push(`${kind} ${id}`);
      if (kind === "run") this.host.add(id);
      const scripted = this.scripts.get(id)?.[kind];
      const result = scripted === undefined ? undefined : await scripted(context);
      if (!alive()) return new Promise(() => {});
      if (kind === "undo") this.host.delete(id);
      return result;
    };
    const { scripts } = this;
    return {
      id,
      get opensHandles() {
        return scripts.get(id)?.opensHandles;
      },
      run: async (context) => (await act("run", context)) as undefined,
      adopt: async (context) => ((await act("adopt", context)) as boolean | undefined) ?? this.host.has(id),
      undo: async (context) => void (await act("undo", context)),
    };
  }
}

/** Runs until the signal aborts, like anything that waits for a network. */
export function untilAborted({ signal }: Pick<StepContext, "signal">): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** Collects events in the background, until the signal aborts. */
export function collect(events: AsyncIterable<SessionEvent>): SessionEvent[] {
  const seen: SessionEvent[] = [];
  void (async () => {
    for await (const event of events) seen.push(event);
  })();
  return seen;
}
