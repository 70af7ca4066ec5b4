import { toErrorReport } from "../../contract/errors.ts";
import type { LogLevel } from "../../contract/logs.ts";
import type { SessionPhase } from "../../contract/session.ts";
import type { Clock, Pod, Provider } from "../ports.ts";
import { costOf, dollars } from "./money.ts";
import { deadlineOf, metered, withSight, type RentRecord } from "./record.ts";

const LOOK_EVERY = 15_000;
const DESCRIBE_EVERY = 60_000;
/** An orderly end takes a while: it begins before the machine's own timer would cut it short. */
const EARLIER = 90_000;
const WARN_AT = 0.8;
/** A machine that waits for a person who does not come. */
const HELP_WITHIN = 30 * 60_000;
const STOP_AGAIN_EVERY = 60_000;

/** The session as the keeper sees it. */
export interface KeptSession {
  view(): { phase: SessionPhase; rent: RentRecord | undefined; provider: Provider | undefined };
  change(change: (record: RentRecord) => RentRecord): Promise<void>;
  /** Keeps the disk. */
  stop(): Promise<void>;
  /** The machine's own timer; null where it cannot be asked. */
  machineTimer(): Promise<MachineTimer | null>;
}

/** Durations, since the machine's clock may be another than this computer's, and either may be set meanwhile. */
export interface MachineTimer {
  /** What is left until its deadline; null where it has none. */
  deadlineInSeconds: number | null;
  /** Since somebody last used it. */
  unusedSeconds: number;
}

export interface KeeperOptions {
  session: KeptSession;
  clock: Clock;
  log(level: LogLevel, text: string): void;
}

/**
 * This computer's watch over the money of a session, beside the machine's own: warns of the budget,
 * ends the session in good order before its time or its budget is over and when nobody uses it,
 * notices when the machine has stopped by itself, and goes on trying where a stop has failed. Runs
 * until the signal aborts; never rejects.
 */
export async function keepRent({ session, clock, log }: KeeperOptions, signal: AbortSignal): Promise<void> {
  const memory = { podId: null as string | null, describedAt: Number.NEGATIVE_INFINITY, helpSince: null as number | null, stoppedAt: Number.NEGATIVE_INFINITY };
  while (!signal.aborted) {
    try {
      await look();
    } catch (error) {
      log("debug", `The rented machine could not be looked at: ${toErrorReport(error).message}`);
    }
    await clock.sleep(LOOK_EVERY, signal).catch(() => undefined);
  }

  async function look(): Promise<void> {
    const { phase, rent, provider } = session.view();
    if (rent === undefined || rent.receipt !== null || phase === "idle" || phase === "stopped" || phase === "stopping") {
      memory.helpSince = null;
      return;
    }
    if (memory.podId !== rent.podId) Object.assign(memory, { podId: rent.podId, describedAt: Number.NEGATIVE_INFINITY });
    memory.helpSince = phase === "needs-help" ? (memory.helpSince ?? clock.now()) : null;
    const why = (await machineEnded(phase, rent, provider)) ?? (await byTimer(phase, rent));
    if (why !== null) return end(why);
    await warnOfBudget(session.view().rent ?? rent);
  }

  async function machineEnded(phase: SessionPhase, rent: RentRecord, provider: Provider | undefined): Promise<string | null> {
    if (rent.podId === null || provider === undefined || phase === "starting" || clock.now() - memory.describedAt < DESCRIBE_EVERY) return null;
    memory.describedAt = clock.now();
    const pod: Pod | null = await provider.describe(rent.podId, signal);
    const at = new Date(clock.now()).toISOString();
    await session.change((record) => withSight(record, pod, at));
    if (pod === null || pod.state === "gone") return "the machine is gone";
    return pod.state === "stopped" || pod.state === "failed" ? "the machine has stopped by itself" : null;
  }

  async function byTimer(phase: SessionPhase, rent: RentRecord): Promise<string | null> {
    const timer = rent.podId === null ? null : await session.machineTimer();
    return timeOver(rent, timer) ?? notUsed(phase, rent, timer);
  }

  /** By this computer's own clock only where the machine cannot be asked. */
  function timeOver(rent: RentRecord, timer: MachineTimer | null): string | null {
    const { at, byBudget } = deadlineOf(rent);
    const left = timer?.deadlineInSeconds == null ? Date.parse(at) - clock.now() : timer.deadlineInSeconds * 1000;
    if (left > EARLIER) return null;
    return byBudget ? `the budget of ${dollars(rent.budgetMicroUsd!)} is nearly spent` : "its time is over";
  }

  function notUsed(phase: SessionPhase, rent: RentRecord, timer: MachineTimer | null): string | null {
    if (memory.helpSince !== null && clock.now() - memory.helpSince >= Math.min(HELP_WITHIN, (rent.idleStopSeconds ?? Number.POSITIVE_INFINITY) * 1000)) return "it needs help and nobody came";
    if (phase !== "ready" || rent.idleStopSeconds === null) return null;
    return timer !== null && timer.unusedSeconds >= rent.idleStopSeconds - EARLIER / 3_000 ? "nobody has used it" : null;
  }

  async function end(why: string): Promise<void> {
    if (clock.now() - memory.stoppedAt < STOP_AGAIN_EVERY) return;
    memory.stoppedAt = clock.now();
    log("warn", `The session is stopped: ${why}.`);
    await session.stop();
  }

  async function warnOfBudget(rent: RentRecord): Promise<void> {
    const { budgetMicroUsd, budgetWarned, seen } = rent;
    if (budgetMicroUsd === null || budgetWarned || seen === null) return;
    const { microUsd } = metered(rent, new Date(clock.now()).toISOString());
    if (microUsd < budgetMicroUsd * WARN_AT) return;
    log("warn", `${dollars(microUsd)} of the budget of ${dollars(budgetMicroUsd)} are spent; an hour costs ${dollars(costOf(seen.microUsdPerHour, 3_600))}.`);
    await session.change((record) => ({ ...record, budgetWarned: true }));
  }
}
