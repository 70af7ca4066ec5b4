import { ERRORS, MentorError, type ErrorAction, type ErrorReport } from "../../contract/errors.ts";
import type { StepId } from "../../contract/plan.ts";
import type { DiskEnd } from "../../contract/rent.ts";
import type { Receipt, StartRequest } from "../../contract/session.ts";
import type { JournalEntry } from "./entries.ts";
import type { JournalledFacts } from "./facts.ts";
import type { StepDefinition } from "./plan.ts";
import { dependents, evolve, hostLabel, succeeded, type SessionState } from "./state.ts";

/**
 * The life of a session
 *
 *     idle → starting → ready → stopping → stopped
 *                ↘        ↓        ↙ ↖
 *                 → needs-help → ────→
 *
 * Idle: there is none. `start` makes one and begins every step that needs nothing. Each step that
 * succeeds lets those begin that waited for it, so what runs side by side follows from the needs
 * alone. When the last one has succeeded the session is ready.
 *
 * When a step fails, nothing new begins; steps that run already may finish. Then the session needs
 * help. `retry` runs what failed and what depends on it, and keeps the rest. A finished step whose
 * work is lost later (the connection) counts as failed too; what depends on it is proven again
 * (adopted), not simply run again, because the host may well have gone on without us.
 *
 * `stop` and `cancel` are one thing with two names for the person; both work from starting, ready
 * and needs-help. Running steps are aborted; when all have ended, everything that was ever begun is
 * undone in the reverse order of the needs. A failed undo lets the others beside it finish, then
 * the session needs help as `stop-incomplete`: stop (or retry) takes up what is left, and `forget`
 * lets everything go without undoing it. Once nothing is owned any more the session is stopped, and
 * a new one may start.
 *
 * When the app crashes, the journal holds the state. A session that was ready or starting goes
 * through starting again, adopting what stands; what was running at the crash counts as failed, so
 * that nothing long begins unasked. A session that was stopping goes on stopping.
 *
 * The machine is pure: `decide` turns an event into journal entries or rejects it, `settle` adds
 * what follows from the state that they make, `evolve` is that state, and `effectsOf` names what an
 * entry asks of the world once it is written.
 */
export type SessionInput = { at: string } & (
  | { type: "start"; sessionId: string; request: StartRequest }
  | { type: "stop"; disk?: DiskEnd; evenUnsaved?: boolean }
  | { type: "cancel" }
  | { type: "retry"; model?: string }
  | { type: "forget" }
  | { type: "recover" }
  | { type: "facts"; facts: Partial<JournalledFacts> }
  | { type: "step-done"; step: StepId; outcome: string | null; skipped: boolean; adopted: boolean; facts: Partial<JournalledFacts> }
  | { type: "step-gone"; step: StepId }
  | { type: "step-failed"; step: StepId; error: ErrorReport; facts: Partial<JournalledFacts> }
  | { type: "step-cancelled"; step: StepId; facts: Partial<JournalledFacts> }
  | { type: "step-lost"; step: StepId; error: ErrorReport }
  | { type: "undo-done"; step: StepId; facts: Partial<JournalledFacts> }
  | { type: "undo-failed"; step: StepId; error: ErrorReport; facts: Partial<JournalledFacts> }
);

export type Effect =
  | { type: "run"; step: StepId; adopt: boolean }
  | { type: "undo"; step: StepId }
  | { type: "abort"; step: StepId }
  /** The session is over: close all handles. */
  | { type: "release" };

type Plan = readonly StepDefinition[];

/** The entries that an event asks for. Throws a MentorError when it does not fit the state; nothing is ever ignored. */
export function decide(state: SessionState, input: SessionInput): JournalEntry[] {
  const { phase } = state;
  const { at } = input;
  switch (input.type) {
    case "start":
      if (phase !== "idle" && phase !== "stopped") {
        throw new MentorError("session-running", `A session on ${state.request === null ? "a host" : hostLabel(state.request)} is already ${WORDS[phase]}.`);
      }
      return [{ type: "session-begun", at, sessionId: input.sessionId, request: withoutSecrets(input.request) }];
    case "stop":
    case "cancel":
      requireSession(state);
      if (phase === "stopping") throw new MentorError("input-invalid", "The session is already stopping.");
      if (input.type === "cancel") return [{ type: "stopping", at, cancelled: true }];
      return [{ type: "stopping", at, cancelled: false, ...(input.disk === undefined ? {} : { disk: input.disk }), ...(input.evenUnsaved === undefined ? {} : { evenUnsaved: input.evenUnsaved }) }];
    case "retry":
      requireSession(state);
      if (phase !== "needs-help") throw new MentorError("input-invalid", `There is nothing to try again: the session is ${WORDS[phase]}.`);
      if (state.direction === "stop") return [{ type: "stopping", at, cancelled: false }];
      return [{ type: "session-retried", at, ...(input.model === undefined ? {} : { model: input.model }) }];
    case "forget":
      requireSession(state);
      if (phase !== "needs-help") throw new MentorError("input-invalid", `The session is ${WORDS[phase]}; stop it instead of forgetting it.`);
      return [{ type: "forgotten", at }];
    case "recover":
      requireSession(state);
      return [{ type: "session-recovered", at }];
    case "facts":
      requireSession(state);
      return [input];
    case "step-done":
    case "step-gone":
    case "step-failed":
    case "step-cancelled":
      if (state.steps.get(input.step)?.status !== "running") throw misfit(state, input);
      return [input];
    case "step-lost": {
      const step = state.steps.get(input.step);
      requireSession(state);
      if (step === undefined || !step.live || !succeeded(step)) throw misfit(state, input);
      return [input];
    }
    case "undo-done":
    case "undo-failed":
      if (state.steps.get(input.step)?.undo !== "running") throw misfit(state, input);
      return [input];
  }
}

/** What follows from a state by itself: steps to begin or to undo, and the change of phase when none is left. */
export function settle(plan: Plan, state: SessionState, at: string): JournalEntry[] {
  const steps = plan.map(({ id, needs }) => ({ id, needs, ...state.steps.get(id)! }));
  const failed = steps.find(({ status }) => status === "failed");
  const running = steps.some(({ status }) => status === "running");

  if (state.phase === "ready" && failed?.error) return [{ type: "help-needed", at, error: failed.error }];

  if (state.phase === "starting") {
    const halted = failed !== undefined || state.interrupted !== null;
    const begin = steps.filter(
      (step) => step.status === "waiting" && (step.made !== null || !halted) && step.needs.every((need) => succeeded(state.steps.get(need)!)),
    );
    if (begin.length > 0) return begin.map(({ id, made }) => ({ type: "step-begun", at, step: id, adopt: made !== null }));
    if (running) return [];
    if (steps.every(succeeded)) return [{ type: "ready", at }];
    return [{ type: "help-needed", at, error: failed?.error ?? state.interrupted ?? { code: "internal", message: "No step of the session can begin." } }];
  }

  if (state.phase === "stopping" && !running) {
    const undoable = steps.filter(
      ({ id, owned, undo }) => owned && undo === "none" && !steps.some((other) => other.owned && other.needs.includes(id)),
    );
    if (undoable.length > 0) return undoable.map(({ id }) => ({ type: "undo-begun", at, step: id }));
    if (steps.some(({ undo }) => undo === "running")) return [];
    const stuck = steps.filter(({ undo }) => undo === "failed");
    if (stuck.length > 0) {
      // What asks the person something must be able to ask: then stop goes on with the answer.
      const question = stuck.find(({ error }) => error !== null && ASKS.has(ERRORS[error.code].action))?.error;
      if (question) return [{ type: "help-needed", at, error: question }];
      const titles = stuck.map(({ id }) => `“${plan.find((known) => known.id === id)!.title}”`).join(", ");
      const causes = stuck.flatMap(({ error }) => (error === null ? [] : [error.message, ...(error.causes ?? [])]));
      // What would mend it is known where it happened.
      const advice = [...new Set(stuck.flatMap(({ error }) => error?.advice ?? []))].join(" ");
      return [{ type: "help-needed", at, error: { code: "stop-incomplete", message: `Not undone on ${hostOf(state)}: ${titles}.`, ...(advice === "" ? {} : { advice }), causes } }];
    }
    return [{ type: "stopped", at, receipt: receipt(state, at) }];
  }
  return [];
}

/** Both together, as the tests and the fold see it: the state and effects after an event. Throws as `decide` does. */
export function transition(plan: Plan, state: SessionState, input: SessionInput): { state: SessionState; entries: JournalEntry[]; effects: Effect[] } {
  const entries: JournalEntry[] = [];
  const effects: Effect[] = [];
  let next = state;
  for (let batch = decide(state, input); batch.length > 0; batch = settle(plan, next, input.at)) {
    for (const entry of batch) {
      effects.push(...effectsOf(plan, next, entry));
      next = evolve(plan, next, entry);
      entries.push(entry);
    }
  }
  return { state: next, entries, effects };
}

/** What an entry asks of the world, once it is in the journal. `before` is the state it met. */
export function effectsOf(plan: Plan, before: SessionState, entry: JournalEntry): Effect[] {
  const runningOf = (ids: Iterable<StepId>): Effect[] =>
    [...ids].filter((id) => before.steps.get(id)?.status === "running").map((step) => ({ type: "abort", step }));
  switch (entry.type) {
    case "step-begun":
      return [{ type: "run", step: entry.step, adopt: entry.adopt }];
    case "undo-begun":
      return [{ type: "undo", step: entry.step }];
    case "stopping":
      return runningOf(before.steps.keys());
    case "step-lost":
      return runningOf(dependents(plan, entry.step));
    case "stopped":
    case "forgotten":
      return [{ type: "release" }];
    default:
      return [];
  }
}

const ASKS: ReadonlySet<ErrorAction> = new Set(["enter-passphrase", "trust-host", "stop-without-backup"]);
const WORDS = { idle: "not begun", starting: "starting", ready: "running", "needs-help": "waiting for help", stopping: "stopping", stopped: "stopped" } as const;

function requireSession({ phase }: SessionState): void {
  if (phase === "idle" || phase === "stopped") throw new MentorError("session-missing", "There is no session.");
}

function misfit({ phase }: SessionState, input: SessionInput & { step: StepId }): MentorError {
  return new MentorError("internal", `“${input.type}” of the step ${input.step} does not fit a session that is ${WORDS[phase]}.`);
}

const hostOf = (state: SessionState): string => state.facts.hostLabel ?? (state.request === null ? "the host" : hostLabel(state.request));

/** A request as it may be written down. */
export function withoutSecrets(request: StartRequest): StartRequest {
  if (request.host.kind !== "ssh") return request;
  const { kind, address, identity } = request.host;
  return { ...request, host: { kind, address, identity } };
}

function receipt(state: SessionState, at: string): Receipt {
  const startedAt = state.startedAt ?? at;
  return {
    sessionId: state.id ?? "",
    host: hostOf(state),
    startedAt,
    stoppedAt: at,
    minutes: Math.round((Date.parse(at) - Date.parse(startedAt)) / 6_000) / 10,
    costUsd: (state.facts.rent?.receipt?.microUsd ?? 0) / 1e6,
    bytesSent: state.facts.bytesSent ?? 0,
    kept: state.facts.kept ?? [],
    rent: state.facts.rent?.receipt ?? null,
  };
}

export type StepResult = Extract<SessionInput, { type: "step-done" | "step-gone" | "step-failed" | "step-cancelled" | "undo-done" | "undo-failed" }>;
