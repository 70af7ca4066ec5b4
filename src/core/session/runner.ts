import { MentorError, toErrorReport, type ErrorReport } from "../../contract/errors.ts";
import type { StepId } from "../../contract/plan.ts";
import type { Progress } from "../../contract/progress.ts";
import type { HostLine, StartRequest } from "../../contract/session.ts";
import type { Clock, LogSink } from "../ports.ts";
import { Attempt } from "./attempt.ts";
import type { SessionFacts } from "./facts.ts";
import type { StepResult } from "./machine.ts";
import type { StepDefinition } from "./plan.ts";
import type { Ending, OnceAnswers, StepContext, StepImplementation } from "./step.ts";

export interface RunnerOptions {
  plan: readonly StepDefinition[];
  steps: readonly StepImplementation[];
  clock: Clock;
  log: LogSink;
  onProgress(step: StepId, progress: Progress): void;
  onLine(line: HostLine | null): void;
  onLost(step: StepId, error: unknown): void;
  checkpoint(): Promise<void>;
}

/** What all steps of one session share. */
export interface Surroundings {
  sessionId: string;
  request: StartRequest;
  facts: SessionFacts;
  once: OnceAnswers;
  ending: Ending;
}

type Outcome = StepResult extends infer Each ? (Each extends { at: string } ? Omit<Each, "at"> : never) : never;

/** Performs steps, adoptions and undos, and says how each ended. Never rejects. */
export class Runner {
  readonly #options: RunnerOptions;
  readonly #definitions: Map<StepId, StepDefinition>;
  readonly #implementations: Map<StepId, StepImplementation>;
  /** The newest of each step; older ones have no say any more. */
  readonly #attempts = new Map<StepId, Attempt>();

  #line: HostLine | null = null;

  /** Throws when a step of the plan has no implementation. */
  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#definitions = new Map(options.plan.map((step) => [step.id, step]));
    this.#implementations = new Map(options.steps.map((step) => [step.id, step]));
    for (const { id } of options.plan) this.#implementation(id);
  }

  async run(id: StepId, adopt: boolean, surroundings: Surroundings): Promise<Outcome> {
    const { facts } = surroundings;
    const implementation = this.#implementation(id);
    const attempt = this.#begin(id, adopt ? (title) => `Looking whether “${title}” still stands` : (title) => title);
    const context = this.#context(id, attempt, surroundings);
    try {
      const result = await attempt.perform(async () => {
        if (!adopt) return (await implementation.run(context)) ?? {};
        const stands = (await implementation.adopt?.(context)) ?? false;
        return stands ? ("adopted" as const) : ("gone" as const);
      });
      if (result === "gone") return { type: "step-gone", step: id };
      const { outcome = null, skipped = false } = result === "adopted" ? {} : result;
      return { type: "step-done", step: id, outcome, skipped, adopted: result === "adopted", facts: facts.toJournal() };
    } catch (error) {
      const report = toErrorReport(error);
      if (attempt.signal.aborted && report.code === "cancelled") return { type: "step-cancelled", step: id, facts: facts.toJournal() };
      this.#options.log(id, "error", report.message);
      return { type: "step-failed", step: id, error: report, facts: facts.toJournal() };
    }
  }

  /** `reopening`: why a handle that the undo may need could not be had; it then says more than the undo itself. */
  async undo(id: StepId, surroundings: Surroundings, reopening: ErrorReport | null): Promise<Outcome> {
    const { facts } = surroundings;
    const { undo } = this.#implementation(id);
    if (undo === undefined) return { type: "undo-done", step: id, facts: facts.toJournal() };
    const attempt = this.#begin(id, (title) => `Undoing “${title}”`);
    try {
      const context = this.#context(id, attempt, surroundings);
      await attempt.perform(() => undo(context));
      return { type: "undo-done", step: id, facts: facts.toJournal() };
    } catch (error) {
      const own = toErrorReport(error);
      const report = own.code === "host-lost" && reopening !== null ? reopening : own;
      this.#options.log(id, "error", report.message);
      return { type: "undo-failed", step: id, error: report, facts: facts.toJournal() };
    }
  }

  /**
   * Restores the handles that undos need, for those steps whose handles a crash or a lost
   * connection has taken. Best effort: an undo may do without. Resolves with the first failure.
   */
  async reopen(ids: readonly StepId[], surroundings: Surroundings): Promise<ErrorReport | null> {
    let failure: ErrorReport | null = null;
    for (const id of ids) {
      const { adopt, opensHandles } = this.#implementation(id);
      if (adopt === undefined || opensHandles !== true) continue;
      const attempt = this.#begin(id, (title) => `Going back to “${title}”`);
      try {
        const context = this.#context(id, attempt, surroundings);
        await attempt.perform(() => adopt(context));
      } catch (error) {
        const report = toErrorReport(error);
        this.#options.log(id, "warn", report.message);
        failure ??= report;
      }
    }
    return failure;
  }

  /** How the line to the host does. */
  get line(): HostLine | null {
    return this.#line;
  }

  /** Another session has another host. */
  forgetLine(): void {
    this.#line = null;
  }

  abort(id: StepId): void {
    this.#attempts.get(id)?.cancel();
  }

  #implementation(id: StepId): StepImplementation {
    const found = this.#implementations.get(id);
    if (found === undefined) throw new MentorError("internal", `The step “${id}” has no implementation.`);
    return found;
  }

  #begin(id: StepId, detail: (title: string) => string): Attempt {
    const { clock, onProgress } = this.#options;
    const definition = this.#definitions.get(id)!;
    const attempt = new Attempt({ definition, clock, detail: detail(definition.title), lineGone: () => this.#line?.state === "gone", onProgress: (progress) => onProgress(id, progress) });
    this.#attempts.set(id, attempt);
    return attempt;
  }

  #context(id: StepId, attempt: Attempt, surroundings: Surroundings): StepContext {
    const { log, onLost, checkpoint } = this.#options;
    return {
      ...surroundings,
      signal: attempt.signal,
      progress: (progress) => attempt.progress(progress),
      log: (level, text) => {
        attempt.logged(text);
        log(id, level, text);
      },
      checkpoint,
      line: (goneSince) => {
        if (this.#attempts.get(id) === attempt) this.#lineIs(id, goneSince);
      },
      lost: (error) => {
        const newest = this.#attempts.get(id) === attempt;
        if (newest) this.#tellLine(null);
        if (!attempt.ended) attempt.fail(error);
        else if (newest) onLost(id, error);
      },
    };
  }

  #lineIs(id: StepId, goneSince: number | null): void {
    const { clock, log } = this.#options;
    if (goneSince !== null) {
      log(id, "warn", "There is no connection to the host any more; it is being made anew.");
      this.#tellLine({ state: "gone", since: new Date(goneSince).toISOString() });
    } else if (this.#line?.state === "gone") {
      const seconds = Math.round((clock.now() - Date.parse(this.#line.since)) / 1000);
      log(id, "info", `The connection to the host is back after ${seconds} s.`);
      this.#tellLine({ state: "back", since: new Date(clock.now()).toISOString() });
    }
  }

  #tellLine(line: HostLine | null): void {
    if (line === this.#line) return;
    this.#line = line;
    this.#options.onLine(line);
    for (const attempt of this.#attempts.values()) attempt.lineChanged();
  }
}
