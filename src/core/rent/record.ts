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
  asked: { gpu: string; cloud: Cloud; at: string } | null;
  /** A stopped machine was taken up; else this session has ordered it. */
  resumed: boolean;
  /** What was tried before, and why not that. */
  tried: { gpu: string; cloud: Cloud; why: string }[];
  /** As it was last seen, and when. ISO 8601. */
  seen: Pick<Pod, "gpu" | "cloud" | "dataCenter" | "microUsdPerHour" | "disk" | "startedAt" | "ssh"> & { state: PodState; at: string } | null;
  /** Earlier runs of this machine within this session. */
  before: { seconds: number; microUsd: MicroUsd };
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
  /** How it ended, once the provider's list has shown it. */
  receipt: RentReceipt | null;
}

export function newRecord(name: string, choice: RunpodChoice, begunAt: string): RentRecord {
  return {
    name, podId: choice.podId ?? null, asked: null, resumed: choice.podId !== undefined, tried: [], seen: null, before: { seconds: 0, microUsd: 0 }, billedBefore: 0,
    stopAfterSeconds: choice.stopAfterSeconds ?? STOP_AFTER_SECONDS,
    idleStopSeconds: choice.idleStopSeconds === undefined ? IDLE_STOP_SECONDS : choice.idleStopSeconds,
    budgetMicroUsd: choice.budgetMicroUsd ?? null, budgetWarned: false, begunAt,
    guard: { state: "none", provenAt: null, reason: null }, unsavedRows: false, receipt: null,
  };
}

const isPaid = (state: PodState): boolean => state === "provisioning" || state === "starting" || state === "running";
const secondsBetween = (from: string, to: string): number => Math.max(0, Math.floor((Date.parse(to) - Date.parse(from)) / 1000));

/** The record after one more look. A run that has ended is added up, until the look that saw it alive last. */
export function withSight(record: RentRecord, pod: Pod | null, at: string): RentRecord {
  const { seen } = record;
  const was = seen !== null && isPaid(seen.state) && seen.startedAt !== null ? seen.startedAt : null;
  const ended = was !== null && (pod === null || !isPaid(pod.state) || pod.startedAt !== was);
  const before = ended ? { seconds: record.before.seconds + secondsBetween(was, seen!.at), microUsd: record.before.microUsd + costOf(seen!.microUsdPerHour, secondsBetween(was, seen!.at)) } : record.before;
  if (pod === null) return { ...record, before, seen: seen === null ? null : { ...seen, state: "gone", startedAt: null, ssh: null, at } };
  const { gpu, cloud, dataCenter, disk, startedAt, ssh, state } = pod;
  // A stopped machine's price is 0 there, and what it cost belongs on the receipt.
  const microUsdPerHour = pod.microUsdPerHour > 0 ? pod.microUsdPerHour : (seen?.microUsdPerHour ?? 0);
  return { ...record, podId: pod.id, before, seen: { gpu: gpu ?? seen?.gpu ?? null, cloud, dataCenter: dataCenter ?? seen?.dataCenter ?? null, microUsdPerHour, disk: disk ?? seen?.disk ?? null, startedAt, ssh, state, at } };
}

/** Seconds and money of this session, metered here up to `now`. */
export function metered({ before, seen }: RentRecord, now: string): { seconds: number; microUsd: MicroUsd } {
  if (seen === null || seen.startedAt === null || !isPaid(seen.state)) return before;
  const seconds = secondsBetween(seen.startedAt, now);
  return { seconds: before.seconds + seconds, microUsd: before.microUsd + costOf(seen.microUsdPerHour, seconds) };
}

/** When the machine must stop at the latest: the wanted time, or the end of the budget at its present price. */
export function deadlineOf(record: RentRecord): { at: string; byBudget: boolean } {
  const wanted = Date.parse(record.begunAt) + record.stopAfterSeconds * 1000;
  const { seen, before, budgetMicroUsd } = record;
  if (budgetMicroUsd === null || seen === null || seen.startedAt === null) return { at: new Date(wanted).toISOString(), byBudget: false };
  const spent = Date.parse(seen.startedAt) + secondsFor(Math.max(0, budgetMicroUsd - before.microUsd), seen.microUsdPerHour) * 1000;
  return spent < wanted ? { at: new Date(spent).toISOString(), byBudget: true } : { at: new Date(wanted).toISOString(), byBudget: false };
}

export function rentSnapshot(record: RentRecord): RentSnapshot {
  const { seen, budgetMicroUsd } = record;
  const now = seen?.at ?? record.begunAt;
  const deadline = deadlineOf(record);
  const running = seen !== null && isPaid(seen.state) && seen.startedAt !== null;
  return {
    provider: "runpod", podId: record.podId, name: record.name, state: seen?.state ?? "none", gpu: seen?.gpu ?? null, cloud: seen?.cloud ?? null,
    dataCenter: seen?.dataCenter ?? null, microUsdPerHour: seen?.microUsdPerHour ?? 0, spentMicroUsd: record.receipt?.microUsd ?? metered(record, now).microUsd, spentAt: now,
    running, disk: seen?.disk ?? null, resumed: record.resumed, budget: budgetMicroUsd === null ? null : { microUsd: budgetMicroUsd, warned: record.budgetWarned },
    deadlineAt: deadline.at, deadlineByBudget: deadline.byBudget, idleStopSeconds: record.idleStopSeconds, guard: record.guard, unsavedRows: record.unsavedRows,
  };
}

/**
 * The money part of the receipt. The provider's bill counts, unless it shows less than the time in
 * which the machine was seen running: then it lags behind, and what was metered here counts.
 */
export function rentReceipt(record: RentRecord, ended: { how: RentReceipt["ended"]; at: string; billed: MicroUsd | null; disk: DiskEnd }): RentReceipt | null {
  const { seen, podId } = record;
  if (podId === null || seen === null) return null;
  const { seconds, microUsd } = metered(record, ended.at);
  const bill = ended.billed === null ? null : ended.billed - record.billedBefore;
  const source = bill !== null && bill >= microUsd - costOf(seen.microUsdPerHour, 60) ? "bill" : "meter";
  const keeps = seen.disk !== null && (seen.disk.kind === "network" || ended.disk === "keep");
  return {
    provider: "runpod", podId, gpu: seen.gpu, cloud: seen.cloud, dataCenter: seen.dataCenter, microUsdPerHour: seen.microUsdPerHour,
    runningSeconds: seconds, microUsd: source === "bill" ? bill! : microUsd, source, ended: ended.how, confirmedAt: ended.at, disk: keeps ? seen.disk : null,
  };
}
