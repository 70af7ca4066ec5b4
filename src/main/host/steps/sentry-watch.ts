import { toErrorReport } from "../../../contract/errors.ts";
import type { Clock, Host } from "../../../core/ports.ts";
import { postSentry, SENTRY_TIMES, signSentry, type SentryTimes } from "../../../core/rent/sentry.ts";
import { secondsLeft } from "../../../core/rent/record.ts";
import type { StepContext } from "../../../core/session/step.ts";
import "./facts.ts";

/** How often this computer signs within the time in which somebody must. */
const SIGNS = 10;

/**
 * Posts the sentry on a rented machine before anything is sent there, and signs until `over` aborts. A machine that takes none
 * is used all the same: the safety timer proper comes with the tools, and says whether it can stop it.
 */
export async function watchBySentry({ facts, log, signal }: Pick<StepContext, "facts" | "log" | "signal">, host: Host, clock: Clock, over: AbortSignal, times: SentryTimes = SENTRY_TIMES): Promise<void> {
  const { podId } = facts.require("rent");
  // Asked anew each time: a person may have moved the end.
  const left = (): number => secondsLeft(facts.require("rent"), clock.now());
  const { podApi } = facts.requireHandle("provider");
  try {
    await postSentry(host, { podId: podId!, podApi, secondsLeft: left() }, times, signal);
  } catch (error) {
    signal.throwIfAborted();
    log("warn", `Until its safety timer is set, this computer alone watches over the machine: ${toErrorReport(error).message}`);
    return;
  }
  void sign(host, left, clock, over, times, log);
}

async function sign(host: Host, left: () => number, clock: Clock, over: AbortSignal, { silenceSeconds }: SentryTimes, log: StepContext["log"]): Promise<void> {
  let said: string | null = null;
  for (;;) {
    await clock.sleep((silenceSeconds * 1000) / SIGNS, over).catch(() => undefined);
    if (over.aborted) return;
    const answer = await signSentry(host, left(), over).catch(() => null);
    if (answer === null || answer === said) continue;
    said = answer;
    log("debug", answer === "200" ? "The machine's first timer can read the machine with its own credential." : `The machine's first timer may not be able to stop it: ${/^\d+$/.test(answer) ? `the provider answered ${answer}` : answer}.`);
  }
}
