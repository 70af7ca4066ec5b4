import type { ErrorReport } from "../../contract/errors.ts";
import type { StepId } from "../../contract/plan.ts";
import type { DiskEnd } from "../../contract/rent.ts";
import type { Receipt, StartRequest } from "../../contract/session.ts";
import type { JournalledFacts } from "./facts.ts";

/**
 * What is written to the journal, each line before the side effect that it announces. The state of
 * a session is the fold of these lines and of nothing else. `at` is ISO 8601.
 */
export type JournalEntry = { at: string } & (
  | { type: "session-begun"; sessionId: string; request: StartRequest }
  /** The app was started again and found this session. */
  | { type: "session-recovered" }
  | { type: "session-retried"; model?: string }
  /** `adopt`: first look whether what it made earlier still stands. */
  | { type: "step-begun"; step: StepId; adopt: boolean }
  | { type: "step-done"; step: StepId; outcome: string | null; skipped: boolean; adopted: boolean; facts: Partial<JournalledFacts> }
  /** What it made earlier is gone, so it waits to run again. */
  | { type: "step-gone"; step: StepId }
  | { type: "step-failed"; step: StepId; error: ErrorReport; facts: Partial<JournalledFacts> }
  | { type: "step-cancelled"; step: StepId; facts: Partial<JournalledFacts> }
  /** What a finished step made was lost afterwards. */
  | { type: "step-lost"; step: StepId; error: ErrorReport }
  | { type: "facts"; facts: Partial<JournalledFacts> }
  | { type: "help-needed"; error: ErrorReport }
  | { type: "ready" }
  | { type: "stopping"; cancelled: boolean; disk?: DiskEnd; evenUnsaved?: boolean }
  | { type: "undo-begun"; step: StepId }
  | { type: "undo-done"; step: StepId; facts: Partial<JournalledFacts> }
  | { type: "undo-failed"; step: StepId; error: ErrorReport; facts: Partial<JournalledFacts> }
  | { type: "stopped"; receipt: Receipt }
  | { type: "forgotten" }
);

export type EntryOf<Type extends JournalEntry["type"]> = Extract<JournalEntry, { type: Type }>;
