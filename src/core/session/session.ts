import type { DiskEnd } from "../../contract/rent.ts";
import type { SessionEvent, SessionSnapshot, SessionTimings, StartRequest } from "../../contract/session.ts";
import type { Clock, JournalStore, LogSink } from "../ports.ts";
import type { JournalEntry } from "./entries.ts";
import type { SessionFacts } from "./facts.ts";
import type { StepDefinition } from "./plan.ts";
import type { OnceAnswers, StepImplementation } from "./step.ts";

/** All journals of this user, one a session. */
export interface SessionJournals {
  of(sessionId: string): JournalStore<JournalEntry>;
  /** Ids of the sessions that have a journal, newest first. */
  list(): Promise<string[]>;
}

export interface SessionOptions {
  plan: readonly StepDefinition[];
  steps: readonly StepImplementation[];
  journals: SessionJournals;
  /** Timings of finished sessions. */
  history: JournalStore<SessionTimings>;
  clock: Clock;
  log: LogSink;
  /** Called with every secret that the session is given, so that no log line ever shows it. */
  redact?(secret: string): void;
  newId(): string;
}

export interface StopOptions {
  disk?: DiskEnd;
  evenUnsaved?: boolean;
}

export interface RetryAnswers extends OnceAnswers {
  model?: string;
}

/** The one session of this user's core. Every call rejects with a MentorError where the phase does not allow it. */
export interface Session {
  /** Accepts and returns at once; `watch` tells the rest. Rejects with `session-running`. */
  start(request: StartRequest): Promise<SessionSnapshot>;
  /** Accepts and returns at once. Rejects with `session-missing`. */
  stop(options?: StopOptions & Pick<OnceAnswers, "withoutBackup">): Promise<SessionSnapshot>;
  /** As stop, and the session says that it was cancelled. */
  cancel(): Promise<SessionSnapshot>;
  /** Goes on from what failed, in the direction (start or stop) in which it failed. */
  retry(answers?: RetryAnswers): Promise<SessionSnapshot>;
  /** Lets a session go whose host is gone for good: handles are closed, nothing is undone. Needs the phase needs-help. */
  forget(): Promise<SessionSnapshot>;
  snapshot(): SessionSnapshot;
  /** One snapshot, or what came after `lastSeq` where that is still known; then changes until the signal aborts. */
  watch(lastSeq: number | undefined, signal: AbortSignal): AsyncIterable<SessionEvent>;
  /** Finds what a crash of the app left behind, and adopts it. Resolves when it is known what stands, not when it is ready. Never rejects. */
  recover(): Promise<void>;
  history(): Promise<SessionTimings[]>;
  /** Facts and handles of the present session; null when there is none. */
  facts(): SessionFacts | null;
  /** Changes the facts of the session, in the journal and for every watcher. Rejects with `session-missing`. */
  changeFacts(change: (facts: SessionFacts) => void): Promise<SessionSnapshot>;
  /** A session exists that is neither idle nor stopped. */
  busy(): boolean;
  /** The app ends: aborts what runs and closes the handles; the session stays, to be adopted at the next start. */
  close(): Promise<void>;
}
