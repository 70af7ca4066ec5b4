import { MentorError, toErrorReport, type ErrorReport } from "../../contract/errors.ts";
import type { StepId } from "../../contract/plan.ts";
import type { Progress } from "../../contract/progress.ts";
import type { SessionSnapshot, StartRequest } from "../../contract/session.ts";
import type { JournalStore } from "../ports.ts";
import type { JournalEntry } from "./entries.ts";
import { SessionFacts } from "./facts.ts";
import { SessionFeed } from "./feed.ts";
import { planFor } from "./plan.ts";
import { remains } from "./journal.ts";
import { decide, effectsOf, settle, type Effect, type SessionInput } from "./machine.ts";
import { Runner, type Surroundings } from "./runner.ts";
import type { Session, SessionOptions } from "./session.ts";
import { evolve, idle, toSnapshot, toStepState, type SessionState } from "./state.ts";
import type { OnceAnswers } from "./step.ts";
import { expectedSeconds, timingsOf } from "./timings.ts";

/** Inputs that somebody waits for, and that may therefore fail as a whole. */
const ASKED: ReadonlySet<SessionInput["type"]> = new Set(["start", "stop", "cancel", "retry", "forget", "facts"]);

/** How long closing the handles may take before the session goes on without. Milliseconds. */
const RELEASE_LIMIT = 10_000;

/** Throws when a step of the plan has no implementation. */
export function createSession(options: SessionOptions): Session {
  const { journals, history, clock, log } = options;

  let state: SessionState = idle(planFor(options.plan, null));
  /** Which steps there are is the request's matter. */
  const planNow = () => planFor(options.plan, state.request);
  let journal: JournalStore<JournalEntry> | null = null;
  let facts = new SessionFacts();
  let once: OnceAnswers = {};
  let weights = new Map<StepId, number>();
  let reopened: Promise<ErrorReport | null> | null = null;
  let closed = false;
  const progress = new Map<StepId, Progress>();
  const active = new Set<Promise<void>>();

  const snapshot = (): SessionSnapshot => toSnapshot(planNow(), state, progress, weights, runner.line);
  // Milliseconds since the epoch: above any number that an earlier process gave out.
  const feed = new SessionFeed(snapshot, clock.now());
  const now = (): string => new Date(clock.now()).toISOString();

  const runner = new Runner({
    plan: options.plan,
    steps: options.steps,
    clock,
    log,
    onProgress: (step, value) => {
      progress.set(step, value);
      publishStep(step);
    },
    onLine: () => feed.publish({ type: "session", changes: { line: snapshot().line } }),
    onLost: (step, error) => report({ type: "step-lost", step, error: toErrorReport(error), at: now() }),
    checkpoint: () => submit({ type: "facts", facts: facts.toJournal(), at: now() }),
  });

  let queue: Promise<unknown> = Promise.resolve();
  /** One after the other: a journal has one writer, and every decision sees the state that the last one made. */
  function enqueue<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = queue.then(() => {
      if (closed) throw new MentorError("core-unreachable", "The app is closing.");
      return work();
    });
    queue = result.catch(() => {});
    return result;
  }

  /** Journals what the input asks for and all that follows, and performs it. Rejects when the input does not fit. */
  function submit(input: SessionInput): Promise<void> {
    return enqueue(() => advance(input));
  }

  async function advance(input: SessionInput): Promise<void> {
    let mayReject = ASKED.has(input.type);
    for (let batch = decide(state, input); batch.length > 0; batch = settle(planNow(), state, now())) {
      for (const entry of batch) await commit(entry, mayReject);
      mayReject = false;
    }
  }

  /** What happened is reported; that it came too late to matter is no fault. */
  function report(input: SessionInput): Promise<void> {
    return submit(input).catch((error: unknown) => log("app", "debug", toErrorReport(error).message));
  }

  async function commit(wanted: JournalEntry, mayReject: boolean): Promise<void> {
    let entry = wanted;
    try {
      await journal?.append(entry);
    } catch (error) {
      if (mayReject) throw error;
      log("app", "error", `The journal could not be written: ${toErrorReport(error).message}`);
      entry = unwritten(entry, error);
    }
    const before = state;
    const plan = entry.type === "session-begun" ? planFor(options.plan, entry.request) : planNow();
    const effects = effectsOf(plan, before, entry);
    if (entry.type === "stopping" || entry.type === "session-recovered") reopened = null;
    if (entry.type === "step-begun" || entry.type === "undo-begun" || entry.type === "undo-done" || entry.type === "step-done") progress.delete(entry.step);
    if (entry.type === "session-begun") runner.forgetLine();
    if (effects.some(({ type }) => type === "release")) await release();
    const old = snapshot();
    state = evolve(plan, before, entry);
    publishChanges(entry, old);
    for (const effect of effects) perform(effect);
    if (["ready", "help-needed", "stopped", "forgotten"].includes(entry.type)) once = {};
    if (entry.type === "stopped" || entry.type === "forgotten") await remember();
  }

  /** Nothing may be begun that the journal does not announce; so it fails instead. What has happened, has happened. */
  function unwritten(entry: JournalEntry, cause: unknown): JournalEntry {
    const { at } = entry;
    const error = toErrorReport(cause);
    if (entry.type === "step-begun") return { type: "step-failed", at, step: entry.step, error, facts: facts.toJournal() };
    if (entry.type === "undo-begun") return { type: "undo-failed", at, step: entry.step, error, facts: facts.toJournal() };
    return entry;
  }

  function perform(effect: Effect): void {
    if (closed || effect.type === "release") return;
    if (effect.type === "abort") return runner.abort(effect.step);
    const { id: sessionId, request } = state;
    if (sessionId === null || request === null) return;
    const ending = { cancelled: state.cancelled, wasReady: state.readyAt !== null, disk: state.disk, evenUnsaved: state.evenUnsaved };
    const surroundings: Surroundings = { sessionId, request, facts, once, ending };
    if (effect.type === "run") return follow(runner.run(effect.step, effect.adopt, surroundings));
    const stale = [...state.steps].filter(([, step]) => step.owned && !step.live).map(([id]) => id);
    reopened ??= runner.reopen(stale, surroundings);
    follow(reopened.then((failure) => runner.undo(effect.step, surroundings, failure)));
  }

  function follow(work: ReturnType<Runner["run"]>): void {
    const done = work.then((outcome) => (closed ? undefined : report({ ...outcome, at: now() })));
    active.add(done);
    void done.finally(() => active.delete(done));
  }

  async function release(): Promise<void> {
    const limit = new AbortController();
    const giveUp = clock.sleep(RELEASE_LIMIT, limit.signal).then(
      () => ["closing took too long"],
      () => [],
    );
    const failures = await Promise.race([facts.release(), giveUp]);
    limit.abort();
    for (const failure of failures) log("app", "warn", `Not closed cleanly: ${toErrorReport(failure).message}`);
  }

  async function remember(): Promise<void> {
    try {
      const timings = timingsOf((await journal?.read()) ?? []);
      if (timings !== null) await history.append(timings);
    } catch (error) {
      log("app", "warn", `The timings could not be kept: ${toErrorReport(error).message}`);
    }
  }

  async function weigh(request: StartRequest): Promise<void> {
    const past = await history.read().catch(() => []);
    weights = expectedSeconds(planFor(options.plan, request), past, request.host.kind);
  }

  function publishStep(id: StepId): void {
    const definition = planNow().find((step) => step.id === id);
    const record = state.steps.get(id);
    if (definition === undefined || record === undefined) return;
    feed.publish({ type: "step", step: toStepState(definition, record, progress.get(id) ?? null, weights.get(id) ?? definition.weight) });
  }

  function publishChanges(entry: JournalEntry, old: SessionSnapshot): void {
    const { steps, ...session } = snapshot();
    if (entry.type === "session-begun" || entry.type === "session-recovered") {
      feed.publish({ type: "snapshot", session: { steps, ...session } });
      return;
    }
    steps.forEach((step, index) => {
      if (differs(step, old.steps[index])) feed.publish({ type: "step", step });
    });
    const changes = Object.fromEntries(Object.entries(session).filter(([name, value]) => differs(value, old[name as keyof SessionSnapshot])));
    if (Object.keys(changes).length > 0) feed.publish({ type: "session", changes });
  }

  function answer({ passphrase, trustFingerprint, withoutGuard, withoutBackup }: OnceAnswers): OnceAnswers {
    if (passphrase !== undefined) options.redact?.(passphrase);
    return {
      ...(passphrase === undefined ? {} : { passphrase }),
      ...(trustFingerprint === undefined ? {} : { trustFingerprint }),
      ...(withoutGuard === undefined ? {} : { withoutGuard }),
      ...(withoutBackup === undefined ? {} : { withoutBackup }),
    };
  }

  return {
    start: (request) =>
      enqueue(async () => {
        const input: SessionInput = { type: "start", sessionId: options.newId(), request, at: now() };
        decide(state, input);
        journal = journals.of(input.sessionId);
        facts = new SessionFacts();
        once = request.host.kind === "local" ? {} : answer(request.host);
        progress.clear();
        await weigh(request);
        await advance(input);
        return snapshot();
      }),
    stop: ({ withoutBackup, ...wish } = {}) =>
      enqueue(async () => {
        const input: SessionInput = { type: "stop", at: now(), ...wish };
        decide(state, input);
        once = answer({ withoutBackup });
        await advance(input);
        return snapshot();
      }),
    cancel: () => submit({ type: "cancel", at: now() }).then(snapshot),
    retry: (answers = {}) =>
      enqueue(async () => {
        const input: SessionInput = { type: "retry", model: answers.model, at: now() };
        decide(state, input);
        once = answer(answers);
        await advance(input);
        return snapshot();
      }),
    forget: () => submit({ type: "forget", at: now() }).then(snapshot),
    snapshot,
    watch: (lastSeq, signal) => feed.watch(lastSeq, signal),
    recover: () =>
      enqueue(async () => {
        try {
          for (const id of await journals.list()) {
            const entries = await journals.of(id).read();
            if (entries.length === 0) continue;
            const begun = entries.find((entry) => entry.type === "session-begun");
            const found = remains(planFor(options.plan, begun?.request ?? null), entries);
            if (found.kind === "nothing") return;
            ({ state } = found);
            journal = journals.of(id);
            facts = new SessionFacts(state.facts);
            if (state.request !== null) await weigh(state.request);
            log("app", "info", `A session was ${found.kind} when the app ended; it is taken up again.`);
            await advance({ type: "recover", at: now() });
            return;
          }
        } catch (error) {
          log("app", "error", `An earlier session could not be taken up: ${toErrorReport(error).message}`);
        }
      }),
    history: () => history.read(),
    changeFacts: (change) =>
      enqueue(async () => {
        change(facts);
        await advance({ type: "facts", facts: facts.toJournal(), at: now() });
        return snapshot();
      }),
    facts: () => (state.phase === "idle" || state.phase === "stopped" ? null : facts),
    busy: () => state.phase !== "idle" && state.phase !== "stopped",
    close: async () => {
      closed = true;
      for (const { id } of options.plan) runner.abort(id);
      await Promise.all(active);
      await queue;
      await release();
    },
  };
}

const differs = (a: unknown, b: unknown): boolean => JSON.stringify(a) !== JSON.stringify(b);
