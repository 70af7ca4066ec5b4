import type { EndReason, Job } from "./job.ts";

/** How much the latest answer counts in the mean. */
const WEIGHT_OF_LATEST = 0.1;

/**
 * What became of every request. `accepted` is at any time the sum of `answered`, `aborted`,
 * `failed`, and those that wait or run.
 */
export class RequestAccounts {
  readonly counters = {
    accepted: 0,
    answered: 0,
    aborted: 0,
    failed: 0,
    /** Turned away because the queue was full. */
    refused: 0,
    /** Sums over the requests that got that far: until a slot was free, until the first token, and from there to the end. */
    waitingSeconds: 0,
    promptSeconds: 0,
    generationSeconds: 0,
  };
  #meanSeconds: number | null = null;

  /** Seconds that an answer holds its slot, the latest ones counting most; null before the first. */
  get meanSeconds(): number | null {
    return this.#meanSeconds;
  }

  /** The same job, with every step of it entered. */
  watch(job: Job): Job {
    const { counters } = this;
    let since = performance.now();
    let startedAt: number | null = null;
    let answering = false;
    counters.accepted++;
    const lap = () => {
      const now = performance.now();
      const seconds = (now - since) / 1000;
      since = now;
      return seconds;
    };
    const end = (reason: EndReason | "failed") => {
      counters[reason === "aborted" || reason === "failed" ? reason : "answered"]++;
      if (startedAt === null) return;
      counters[answering ? "generationSeconds" : "promptSeconds"] += lap();
      const held = (performance.now() - startedAt) / 1000;
      this.#meanSeconds = this.#meanSeconds === null ? held : this.#meanSeconds + WEIGHT_OF_LATEST * (held - this.#meanSeconds);
    };
    return {
      ...job,
      onStart: (cachedTokens) => {
        counters.waitingSeconds += lap();
        startedAt = since;
        job.onStart(cachedTokens);
      },
      onToken: (token, scored) => {
        if (!answering) {
          counters.promptSeconds += lap();
          answering = true;
        }
        return job.onToken(token, scored);
      },
      onEnd: (reason) => {
        end(reason);
        job.onEnd(reason);
      },
      onError: (error) => {
        end("failed");
        job.onError(error);
      },
    };
  }
}
