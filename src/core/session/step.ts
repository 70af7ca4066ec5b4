import type { LogLevel } from "../../contract/logs.ts";
import type { StepId } from "../../contract/plan.ts";
import type { Progress } from "../../contract/progress.ts";
import type { DiskEnd } from "../../contract/rent.ts";
import type { StartRequest } from "../../contract/session.ts";
import type { SessionFacts } from "./facts.ts";

/** Answers that are used once and never stored: given with the start or at a retry. */
export interface OnceAnswers {
  passphrase?: string;
  trustFingerprint?: string;
  /** The person goes on although the rented machine could not show that it can stop itself. */
  withoutGuard?: boolean;
  /** Stops although the course's newest changes are in no backup; or starts without restoring any. */
  withoutBackup?: boolean;
}

/** How the session ends, for the undos. */
export interface Ending {
  cancelled: boolean;
  /** It was ready once: there may be something on the host that somebody wants to keep. */
  wasReady: boolean;
  /** What the person wants done with a rented machine's disk; null: nothing was said. */
  disk: DiskEnd | null;
  /** The course may be deleted though no backup has it. */
  evenUnsaved: boolean;
}

/** What a step is given. The same object serves `run`, `adopt` and `undo` of one attempt. */
export interface StepContext {
  readonly sessionId: string;
  /** Without passphrase and fingerprint: those are in `once`. */
  readonly request: StartRequest;
  /** Aborts when the session is cancelled or stopped, and when the step has stalled. */
  readonly signal: AbortSignal;
  readonly facts: SessionFacts;
  readonly once: OnceAnswers;
  readonly ending: Ending;
  /** Counts as a sign of life; shown at most five times a second. */
  progress(progress: Progress): void;
  /** Counts as a sign of life; the line's source is the step's id. */
  log(level: LogLevel, text: string): void;
  /** Writes the facts set so far to the journal, before the side effect that they describe. */
  checkpoint(): Promise<void>;
  /** Tells, now and later, since when the line to the host is gone and being made anew (ms since the epoch); null while it stands. */
  line(goneSince: number | null): void;
  /** Says later that what this step made is gone (a lost connection): the session then needs help. */
  lost(error: unknown): void;
}

export interface StepImplementation {
  id: StepId;
  /** Idempotent: it may find its work half done, by itself or by a session before. `skipped`: it was already there. */
  run(context: StepContext): Promise<StepOutcome | void>;
  /** Takes back what `run` made. It may find nothing to do, or only half of it. */
  undo?(context: StepContext): Promise<void>;
  /**
   * After a crash of the app or a lost connection: true when what the step made still stands and its
   * facts and handles are restored. Without it, or when false, the step runs again.
   */
  adopt?(context: StepContext): Promise<boolean>;
  /** The undos of other steps need its handles (a connection): after a crash `adopt` runs before they do. */
  opensHandles?: true;
}

export interface StepOutcome {
  /** One line: "5.1 GB proven", "already there". */
  outcome?: string;
  skipped?: boolean;
}
