import { MentorError } from "../../contract/errors.ts";
import type { Progress } from "../../contract/progress.ts";
import type { Clock } from "../ports.ts";
import type { StepDefinition } from "./plan.ts";

/** Shown at most this often. Milliseconds. */
const PROGRESS_INTERVAL = 200;
/** After this long without a sign of life the window says so. Milliseconds. */
const SILENCE = 5_000;
/** How long an aborted step may take to end before it is left behind. Milliseconds. */
const GRACE = 20_000;

export interface AttemptOptions {
  definition: StepDefinition;
  clock: Clock;
  /** What is waited for until the work itself says more, in plain words. */
  detail: string;
  /** The line to the host is gone: whoever waits for it is not silent by his own fault. */
  lineGone(): boolean;
  onProgress(progress: Progress): void;
}

/**
 * One try at a step, an adoption or an undo. Watches over its signs of life: after a few seconds
 * without one the progress says what is waited for, and after the step's `stallSeconds` (or its
 * `deadlineSeconds` in all) it is aborted and fails with `step-timeout`.
 */
export class Attempt {
  readonly #controller = new AbortController();
  readonly #ended = new AbortController();
  readonly #options: AttemptOptions;
  #latest: Progress | null = null;
  #shownAt = Number.NEGATIVE_INFINITY;
  #pending = false;
  #detail: string;
  #lastLog: string | null = null;
  #silentMs = 0;
  /** Why it must fail, whatever the work itself says. */
  #failure: unknown = null;

  constructor(options: AttemptOptions) {
    this.#options = options;
    this.#detail = options.detail;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Resolves or rejects as the work does; rejects with `cancelled` after an abort and `step-timeout` after a stall. */
  async perform<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    try {
      void this.#watchOver();
      const running = work(this.signal);
      const result = await Promise.race([running, this.#leftBehind()]);
      if (this.#failure !== null) throw this.#failure;
      return result;
    } catch (error) {
      throw this.#failure ?? (this.signal.aborted ? this.signal.reason : error);
    } finally {
      this.#ended.abort();
    }
  }

  cancel(): void {
    this.#controller.abort(new MentorError("cancelled", `“${this.#options.definition.title}” was cancelled.`));
  }

  /** Aborts the work; the attempt fails with this error. */
  fail(error: unknown): void {
    if (this.#ended.signal.aborted) return;
    this.#failure ??= error;
    this.#controller.abort(error);
  }

  get ended(): boolean {
    return this.#ended.signal.aborted;
  }

  progress(progress: Progress): void {
    if (this.ended) return;
    this.#silentMs = 0;
    this.#detail = progress.detail;
    this.#lastLog = null;
    this.#show(progress);
  }

  /** A log line is a sign of life too. */
  logged(text: string): void {
    this.#silentMs = 0;
    this.#lastLog = text;
  }

  /** The line to the host went, or came back: nothing moved meanwhile, and that is shown at once. */
  lineChanged(): void {
    if (this.ended) return;
    this.#silentMs = 0;
    this.#show(standing(this.#latest ?? BLANK));
  }

  #show(progress: Progress): void {
    this.#latest = progress;
    if (this.#pending) return;
    const wait = this.#shownAt + PROGRESS_INTERVAL - this.#options.clock.now();
    if (wait <= 0) return this.#flush();
    this.#pending = true;
    this.#options.clock.sleep(wait, this.#ended.signal).then(
      () => this.#flush(),
      () => {},
    );
  }

  #flush(): void {
    this.#pending = false;
    this.#shownAt = this.#options.clock.now();
    if (this.#latest === null) return;
    this.#options.onProgress(this.#options.lineGone() ? { ...standing(this.#latest), detail: "Waiting for the line to the host" } : this.#latest);
  }

  async #watchOver(): Promise<void> {
    const { clock, definition } = this.#options;
    let begunAt = clock.now();
    try {
      while (!this.signal.aborted) {
        const before = clock.now();
        await clock.sleep(SILENCE, this.#ended.signal);
        // A computer that slept meanwhile must not count its sleep as the step's silence.
        this.#silentMs += Math.min(clock.now() - before, 2 * SILENCE);
        if (this.signal.aborted) return;
        if (this.#options.lineGone()) {
          this.#silentMs = 0;
          begunAt += clock.now() - before;
          continue;
        }
        const waitsFor = this.#lastLog ?? this.#detail;
        if (this.#silentMs >= definition.stallSeconds * 1000) {
          this.fail(timeout(definition, `“${definition.title}” showed no sign of life for ${definition.stallSeconds} seconds. Last: ${waitsFor}`));
        } else if (definition.deadlineSeconds !== undefined && clock.now() - begunAt >= definition.deadlineSeconds * 1000) {
          this.fail(timeout(definition, `“${definition.title}” took longer than ${definition.deadlineSeconds} seconds. Last: ${waitsFor}`));
        } else if (this.#silentMs >= SILENCE) {
          const seconds = Math.floor(this.#silentMs / 1000);
          this.#show({ ...(this.#latest ?? BLANK), rate: null, etaSeconds: null, detail: `${waitsFor} – no news for ${seconds} s` });
        }
      }
    } catch {
      // The attempt has ended.
    }
  }

  /** Rejects when aborted work does not end within the grace. */
  async #leftBehind(): Promise<never> {
    await new Promise<void>((resolve) => {
      if (this.signal.aborted) resolve();
      else this.signal.addEventListener("abort", () => resolve(), { once: true });
    });
    await this.#options.clock.sleep(GRACE, this.#ended.signal);
    throw this.signal.reason;
  }
}

const BLANK: Progress = { done: 0, total: null, unit: "steps", rate: null, etaSeconds: null, detail: "" };

/** How far it has come, and that nothing moves: a rate and an end that were true before are not any more. */
const standing = (progress: Progress): Progress => ({ ...progress, rate: progress.rate === null ? null : 0, etaSeconds: null, etaRange: undefined });

function timeout({ id }: StepDefinition, message: string): MentorError {
  return new MentorError("step-timeout", message, { details: { step: id } });
}
