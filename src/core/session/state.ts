import type { ErrorReport } from "../../contract/errors.ts";
import type { StepId, StepStatus } from "../../contract/plan.ts";
import type { Progress } from "../../contract/progress.ts";
import type { HostLine, ModelEndpoint, Receipt, SessionPhase, SessionSnapshot, StartRequest, StepState } from "../../contract/session.ts";
import type { DiskEnd } from "../../contract/rent.ts";
import { rentSnapshot } from "../rent/record.ts";
import type { EntryOf, JournalEntry } from "./entries.ts";
import type { JournalledFacts } from "./facts.ts";
import type { StepDefinition } from "./plan.ts";

type Plan = readonly StepDefinition[];

/** One step as the journal knows it. */
export interface StepRecord {
  status: StepStatus;
  startedAt: string | null;
  endedAt: string | null;
  outcome: string | null;
  error: ErrorReport | null;
  /** Begun and not yet undone: something of it may stand. */
  owned: boolean;
  /** It succeeded in this process, so its handles are at hand. */
  live: boolean;
  /** How it had ended before its handles were lost; a step that has this is adopted, not run. */
  made: Pick<StepRecord, "status" | "startedAt" | "endedAt" | "outcome"> | null;
  undo: "none" | "running" | "failed";
}

export interface SessionState {
  id: string | null;
  phase: SessionPhase;
  /** Where needs-help came from, and so where retry leads. */
  direction: "start" | "stop";
  cancelled: boolean;
  /** What the person wants done with a rented machine's disk; null: nothing was said. */
  disk: DiskEnd | null;
  evenUnsaved: boolean;
  request: StartRequest | null;
  steps: ReadonlyMap<StepId, StepRecord>;
  facts: Partial<JournalledFacts>;
  error: ErrorReport | null;
  /** The app ended in the middle of the start: what stands is adopted, but nothing new begins unasked. */
  interrupted: ErrorReport | null;
  startedAt: string | null;
  readyAt: string | null;
  stoppedAt: string | null;
  receipt: Receipt | null;
}

const WAITING: StepRecord = { status: "waiting", startedAt: null, endedAt: null, outcome: null, error: null, owned: false, live: false, made: null, undo: "none" };

export function idle(plan: Plan): SessionState {
  return {
    id: null, phase: "idle", direction: "start", cancelled: false, disk: null, evenUnsaved: false, request: null,
    steps: new Map(plan.map(({ id }) => [id, WAITING])),
    facts: {}, error: null, interrupted: null, startedAt: null, readyAt: null, stoppedAt: null, receipt: null,
  };
}

export const succeeded = (step: StepRecord): boolean => step.status === "done" || step.status === "skipped";

/** Steps that need `id`, directly or through others. */
export function dependents(plan: Plan, id: StepId): Set<StepId> {
  const found = new Set<StepId>();
  let grown = -1;
  while (grown < found.size) {
    grown = found.size;
    for (const step of plan) if (step.needs.some((need) => need === id || found.has(need))) found.add(step.id);
  }
  return found;
}

/** The state after one more line of the journal. Total: `decide` and `settle` see to it that only fitting lines are written. */
export function evolve(plan: Plan, state: SessionState, entry: JournalEntry): SessionState {
  const { at } = entry;
  const record = (id: StepId): StepRecord => state.steps.get(id) ?? WAITING;
  const withStep = (id: StepId, change: Partial<StepRecord>, rest: Partial<SessionState> = {}): SessionState => ({
    ...state,
    ...rest,
    steps: new Map(state.steps).set(id, { ...record(id), ...change }),
  });

  switch (entry.type) {
    case "session-begun":
      return { ...idle(plan), id: entry.sessionId, phase: "starting", request: entry.request, startedAt: at };
    case "session-recovered":
      return recovered(plan, state, at);
    case "session-retried":
      return {
        ...state,
        phase: "starting",
        error: null,
        interrupted: null,
        request: state.request === null || entry.model === undefined ? state.request : { ...state.request, model: entry.model },
        steps: mapSteps(state, (step) => (step.status === "failed" || step.status === "cancelled" ? { ...step, status: "waiting", error: null } : step)),
      };
    case "step-begun":
      return withStep(entry.step, { status: "running", startedAt: at, endedAt: null, outcome: null, error: null, owned: true });
    case "step-done": {
      const made = record(entry.step).made;
      const ended = entry.adopted && made !== null ? made : { status: entry.skipped ? "skipped" : "done", endedAt: at, outcome: entry.outcome } as const;
      return withStep(entry.step, { ...ended, error: null, live: true, made: null }, { facts: entry.facts });
    }
    case "step-gone":
      return withStep(entry.step, { status: "waiting", startedAt: null, made: null, live: false });
    case "step-failed":
      return withStep(entry.step, { status: "failed", endedAt: at, error: entry.error }, { facts: entry.facts });
    case "step-cancelled":
      return withStep(entry.step, { status: "cancelled", endedAt: at }, { facts: entry.facts });
    case "step-lost":
      return lost(plan, state, entry);
    case "facts":
      return { ...state, facts: entry.facts };
    case "help-needed":
      return { ...state, phase: "needs-help", error: entry.error };
    case "ready":
      return { ...state, phase: "ready", readyAt: state.readyAt ?? at, error: null };
    case "stopping":
      return {
        ...state,
        phase: "stopping",
        direction: "stop",
        cancelled: state.cancelled || entry.cancelled,
        disk: entry.disk ?? state.disk,
        evenUnsaved: entry.evenUnsaved ?? state.evenUnsaved,
        error: null,
        steps: mapSteps(state, (step) => (step.undo === "failed" ? { ...step, undo: "none", error: null } : step)),
      };
    case "undo-begun":
      return withStep(entry.step, { undo: "running" });
    case "undo-done":
      return withStep(entry.step, { undo: "none", owned: false, live: false, made: null }, { facts: entry.facts });
    case "undo-failed":
      return withStep(entry.step, { undo: "failed", error: entry.error }, { facts: entry.facts });
    case "stopped":
      return { ...state, phase: "stopped", stoppedAt: at, receipt: entry.receipt, error: state.cancelled ? { code: "cancelled", message: "The session was cancelled and what it had started was undone." } : null };
    case "forgotten":
      return { ...state, phase: "stopped", stoppedAt: at };
  }
}

/** A new process knows what was made, but holds none of it. */
function recovered(plan: Plan, state: SessionState, at: string): SessionState {
  if (state.direction === "stop") {
    return {
      ...state,
      phase: "stopping",
      error: null,
      steps: mapSteps(state, (step) => ({
        ...step,
        live: false,
        undo: "none",
        error: step.undo === "failed" ? null : step.error,
        ...(step.status === "running" ? { status: "cancelled", endedAt: at } as const : {}),
      })),
    };
  }
  const titles = plan.filter(({ id }) => state.steps.get(id)?.status === "running").map(({ title }) => title);
  return {
    ...state,
    phase: "starting",
    error: null,
    interrupted: state.phase === "ready" ? null : (state.error ?? interruption(titles.join(", "))),
    steps: mapSteps(state, (step, id) => {
      if (succeeded(step)) return unproven(step);
      if (step.status !== "running") return { ...step, live: false };
      // A step that was being adopted stands as it stood before; one that ran is half done.
      if (step.made !== null) return { ...step, live: false, status: "waiting" };
      return { ...step, live: false, status: "failed", endedAt: at, error: interruption(plan.find((known) => known.id === id)?.title ?? id) };
    }),
  };
}

const interruption = (title: string): ErrorReport => ({
  code: "internal",
  message: `The app was closed while the session was starting${title === "" ? "" : ` (at “${title}”)`}.`,
  kept: "What was done so far is kept.",
  advice: "Press Retry to go on where it stopped, or give up to undo it.",
});

function lost(plan: Plan, state: SessionState, { at, step: id, error }: EntryOf<"step-lost">): SessionState {
  const affected = dependents(plan, id).add(id);
  if (state.direction === "stop") {
    return { ...state, steps: mapSteps(state, (step, each) => (affected.has(each) ? { ...step, live: false } : step)) };
  }
  return {
    ...state,
    steps: mapSteps(state, (step, each) => {
      if (!affected.has(each) || !succeeded(step)) return step;
      return each === id ? { ...unproven(step), status: "failed", endedAt: at, error } : unproven(step);
    }),
  };
}

function unproven(step: StepRecord): StepRecord {
  const { status, startedAt, endedAt, outcome } = step;
  return { ...step, status: "waiting", live: false, made: { status, startedAt, endedAt, outcome } };
}

function mapSteps(state: SessionState, change: (step: StepRecord, id: StepId) => StepRecord): Map<StepId, StepRecord> {
  return new Map([...state.steps].map(([id, step]) => [id, change(step, id)]));
}

/** What the window is shown. Progress, weights and the line are not in the journal: they come with the process. */
export function toSnapshot(plan: Plan, state: SessionState, progress: ReadonlyMap<StepId, Progress> = new Map(), weights: ReadonlyMap<StepId, number> = new Map(), line: HostLine | null = null): SessionSnapshot {
  const { request, facts } = state;
  return {
    id: state.id,
    phase: state.phase,
    host: request === null ? null : { kind: request.host.kind, label: facts.hostLabel ?? hostLabel(request) },
    line: state.phase === "idle" || state.phase === "stopped" ? null : line,
    stick: request?.stick ?? null,
    model: facts.model === undefined ? null : { file: facts.model.file, name: facts.model.name, bytes: facts.model.bytes },
    servedBy: { chat: endpointOf(facts.chatEndpoint ?? request?.chatEndpoint), embedding: endpointOf(facts.embeddingEndpoint ?? request?.embeddingEndpoint) },
    milvus: facts.milvus === undefined ? null : { kind: facts.milvus.kind, version: facts.milvus.capabilities?.version ?? null },
    steps: plan.map((step) => toStepState(step, state.steps.get(step.id) ?? WAITING, progress.get(step.id) ?? null, weights.get(step.id) ?? step.weight)),
    endpoints: state.phase === "stopped" ? [] : (facts.endpoints ?? []),
    error: state.error,
    startedAt: state.startedAt,
    readyAt: state.readyAt,
    stoppedAt: state.stoppedAt,
    firstTokenSeconds: facts.firstTokenSeconds ?? null,
    course: facts.course ?? null,
    receipt: state.receipt,
    rent: facts.rent === undefined ? null : rentSnapshot(facts.rent),
  };
}

function endpointOf(endpoint: ModelEndpoint | undefined): ModelEndpoint | null {
  if (endpoint === undefined) return null;
  const { url, model } = endpoint;
  return model === undefined ? { url } : { url, model };
}

export function toStepState(step: StepDefinition, record: StepRecord, progress: Progress | null, weight: number): StepState {
  const { status, startedAt, endedAt, outcome, error } = record;
  return { id: step.id, title: step.title, needs: [...step.needs], weight, status, startedAt, endedAt, progress, outcome, error };
}

export function hostLabel(request: StartRequest): string {
  const { host } = request;
  return host.kind === "local" ? "this computer" : host.kind === "ssh" ? host.address : "a rented machine";
}
