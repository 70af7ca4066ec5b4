import type { Cloud, DiskEnd, MicroUsd, PodState, RentReceipt, RentSnapshot } from "../../contract/rent.ts";
import type { RunpodChoice } from "../../contract/session.ts";
import type { Pod } from "../ports.ts";
import { costOf, secondsFor } from "./money.ts";

/** Four hours: a long lesson, and a night is not paid for. */
const STOP_AFTER_SECONDS = 4 * 3_600;
const IDLE_STOP_SECONDS = 30 * 60;

/** What a session knows of the machine that it rents; JSON, in its journal. */
export interface RentRecord {
  name: string;
  podId: string | null;
  /** An order that was sent and whose answer is not known: the machine may be there. */
  asked: { gpu: string; cloud: Cloud; at: string; microUsdPerHour?: MicroUsd } | null;
  /** A stopped machine was taken up; else this session has ordered it. */
  resumed: boolean;
  /** It has been up in this session: something may lie on its disk that somebody wants to keep. */
  wasUp: boolean;
  /** Ids of machines of this session that are gone: they are on the bill, too. */
  former: string[];
  /** What was tried before, and why not that. */
  tried: { gpu: string; cloud: Cloud; why: string }[];
  /** As it was last seen. */
  seen: Sight | null;
  /** Earlier runs of this machine within this session. */
  before: Spent;
  /** The provider's bill for the machine when this session took it up: not this session's. */
  billedBefore: MicroUsd;
  stopAfterSeconds: number;
  idleStopSeconds: number | null;
  budgetMicroUsd: MicroUsd | null;
  budgetWarned: boolean;
  /** From which on `stopAfterSeconds` counts. ISO 8601. */
  begunAt: string;
  guard: RentSnapshot["guard"];
  unsavedRows: boolean;
  /** This app has asked for its end: if it is found ended then, that was not by itself. */
  endAsked: boolean;
  /** How it ended, once the provider's list has shown it. */
  receipt: RentReceipt | null;
}

/** Times are this computer's, ISO 8601: the provider's clock may be another. */
export interface Sight extends Pick<Pod, "gpu" | "cloud" | "dataCenter" | "microUsdPerHour" | "disk" | "startedAt" | "ssh" | "state"> {
  at: string;
  /** Since when it is paid for: when it was asked for, or first seen running. null while it is not. */
  paidFrom: string | null;
  /** When this run was first seen: it is paid for since then at the least. */
  sightedFrom: string | null;
}

export interface Spent {
  seconds: number;
  microUsd: MicroUsd;
  /** What it has cost in the time in which it was seen: a bill that shows less lags behind. */
  leastMicroUsd: MicroUsd;
}

const NOTHING: Spent = { seconds: 0, microUsd: 0, leastMicroUsd: 0 };

export function newRecord(name: string, choice: RunpodChoice, begunAt: string): RentRecord {
  return {
    name, podId: choice.podId ?? null, asked: null, resumed: choice.podId !== undefined, wasUp: choice.podId !== undefined, former: [], tried: [], seen: null, before: NOTHING, billedBefore: 0,
    stopAfterSeconds: choice.stopAfterSeconds ?? STOP_AFTER_SECONDS,
    idleStopSeconds: choice.idleStopSeconds === undefined ? IDLE_STOP_SECONDS : choice.idleStopSeconds,
    budgetMicroUsd: choice.budgetMicroUsd ?? null, budgetWarned: false, begunAt,
    // What a disk holds that was used before is in no backup as far as is known here: another computer may have used it last.
    guard: { state: "none", provenAt: null, reason: null }, unsavedRows: choice.podId !== undefined, endAsked: false, receipt: null,
  };
}

/** One that failed holds its card, and is paid for, until it is deleted. */
const isPaid = (state: PodState): boolean => state !== "stopped" && state !== "gone";
const secondsBetween = (from: string, to: string): number => Math.max(0, Math.floor((Date.parse(to) - Date.parse(from)) / 1000));

/** The record after one more look at its machine. A run that has ended is added up, until the look that saw it alive last. */
export function withSight(record: RentRecord, pod: Pod | null, at: string): RentRecord {
  const { seen } = record;
  const paid = pod !== null && isPaid(pod.state);
  const goesOn = paid && seen !== null && seen.paidFrom !== null && (seen.startedAt === null || seen.startedAt === pod.startedAt);
  const before = seen === null || goesOn ? record.before : spentUntil(record, seen.at);
  if (pod === null) return { ...record, before, seen: seen === null ? null : { ...seen, state: "gone", startedAt: null, ssh: null, at, paidFrom: null, sightedFrom: null } };
  const { gpu, cloud, dataCenter, disk, startedAt, ssh, state } = pod;
  return {
    ...record,
    podId: pod.id,
    asked: null,
    before,
    seen: {
      gpu: gpu ?? seen?.gpu ?? null, cloud, dataCenter: dataCenter ?? seen?.dataCenter ?? null, disk: disk ?? seen?.disk ?? null, startedAt, ssh, state, at,
      // A stopped machine's price is 0 there, and what it cost belongs on the receipt. Where none was ever told, the offer's counts.
      microUsdPerHour: pod.microUsdPerHour > 0 ? pod.microUsdPerHour : (seen?.microUsdPerHour ?? record.asked?.microUsdPerHour ?? 0),
      paidFrom: goesOn ? seen.paidFrom : paid ? (record.asked?.at ?? at) : null,
      sightedFrom: goesOn ? seen.sightedFrom : paid ? at : null,
    },
  };
}

function spentUntil({ before, seen }: RentRecord, at: string): Spent {
  if (seen === null || seen.paidFrom === null || seen.sightedFrom === null) return before;
  const seconds = secondsBetween(seen.paidFrom, at);
  return {
    seconds: before.seconds + seconds,
    microUsd: before.microUsd + costOf(seen.microUsdPerHour, seconds),
    leastMicroUsd: before.leastMicroUsd + costOf(seen.microUsdPerHour, secondsBetween(seen.sightedFrom, at)),
  };
}

/** The record without its machine, which is gone and was paid for until it was seen last. */
export function withoutPod(record: RentRecord, at: string): RentRecord {
  const next = withSight(record, null, at);
  return { ...next, podId: null, asked: null, former: record.podId === null ? record.former : [...record.former, record.podId] };
}

/** Seconds and money of this session, metered here up to `now`. */
export const metered = (record: RentRecord, now: string): Spent => spentUntil(record, now);

/** When the machine must stop at the latest: the wanted time, or the end of the budget at its present price. */
export function deadlineOf(record: RentRecord): { at: string; byBudget: boolean } {
  const wanted = Date.parse(record.begunAt) + record.stopAfterSeconds * 1000;
  const { seen, before, budgetMicroUsd } = record;
  if (budgetMicroUsd === null || seen === null || seen.paidFrom === null) return { at: new Date(wanted).toISOString(), byBudget: false };
  const spent = Date.parse(seen.paidFrom) + secondsFor(Math.max(0, budgetMicroUsd - before.microUsd), seen.microUsdPerHour) * 1000;
  return spent < wanted ? { at: new Date(spent).toISOString(), byBudget: true } : { at: new Date(wanted).toISOString(), byBudget: false };
}

/** Until the deadline; negative after it. */
export const secondsLeft = (record: RentRecord, now: number): number => (Date.parse(deadlineOf(record).at) - now) / 1000;

export function rentSnapshot(record: RentRecord): RentSnapshot {
  const { seen, budgetMicroUsd } = record;
  const now = seen?.at ?? record.begunAt;
  const deadline = deadlineOf(record);
  const running = seen !== null && seen.paidFrom !== null;
  return {
    provider: "runpod", podId: record.podId, name: record.name, state: seen?.state ?? "none", gpu: seen?.gpu ?? null, cloud: seen?.cloud ?? null,
    dataCenter: seen?.dataCenter ?? null, microUsdPerHour: seen?.microUsdPerHour ?? 0, spentMicroUsd: record.receipt?.microUsd ?? metered(record, now).microUsd, spentAt: now,
    running, disk: seen?.disk ?? null, resumed: record.resumed, budget: budgetMicroUsd === null ? null : { microUsd: budgetMicroUsd, warned: record.budgetWarned },
    deadlineAt: deadline.at, deadlineByBudget: deadline.byBudget, idleStopSeconds: record.idleStopSeconds, guard: record.guard, unsavedRows: record.unsavedRows,
  };
}

/** A bill is made of hours or days that are rounded one by one. */
const ROUNDING: MicroUsd = 100;

/**
 * The money part of the receipt. The provider's bill counts, unless it shows less than the time in
 * which the machine was seen running: then it lags behind, and what was metered here counts.
 */
export function rentReceipt(record: RentRecord, ended: { how: RentReceipt["ended"]; at: string; billed: MicroUsd | null; disk: DiskEnd }): RentReceipt | null {
  const { seen } = record;
  const podId = record.podId ?? record.former.at(-1);
  if (podId === undefined || seen === null) return null;
  const { seconds, microUsd, leastMicroUsd } = metered(record, ended.at);
  const bill = ended.billed === null ? null : ended.billed - record.billedBefore;
  const source = bill !== null && bill >= leastMicroUsd - ROUNDING ? "bill" : "meter";
  const keeps = record.podId !== null && seen.disk !== null && (seen.disk.kind === "network" || ended.disk === "keep");
  return {
    provider: "runpod", podId, gpu: seen.gpu, cloud: seen.cloud, dataCenter: seen.dataCenter, microUsdPerHour: seen.microUsdPerHour,
    runningSeconds: seconds, microUsd: source === "bill" ? bill! : microUsd, source, ended: ended.how, confirmedAt: ended.at, disk: keeps ? seen.disk : null,
  };
}
