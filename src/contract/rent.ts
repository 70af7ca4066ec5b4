import type { ErrorReport } from "./errors.ts";
import type { Receipt } from "./session.ts";

/** Money in whole millionths of a US dollar, so that sums are exact. */
export type MicroUsd = number;

/** The provider's own machines in its data centres, or those of others that it lets. */
export type Cloud = "secure" | "community";

/** How much of something can be had now. */
export type Stock = "none" | "low" | "medium" | "high";

/** One kind of graphics card on offer, in one cloud, with its price. */
export interface GpuOffer {
  /** What the provider calls it when it is asked for one. */
  id: string;
  /** "RTX A5000" */
  name: string;
  memoryGiB: number;
  cloud: Cloud;
  microUsdPerHour: MicroUsd;
  stock: Stock;
  /** Data centres that have one now; empty where the provider does not tell. */
  dataCenters: string[];
}

/** How far a rented machine is. "stopped" keeps its disk and costs for that alone; "gone" is deleted. */
export type PodState = "provisioning" | "starting" | "running" | "stopped" | "failed" | "gone";

const UP: ReadonlySet<PodState> = new Set(["provisioning", "starting", "running"]);

/** Somebody may be at work on it. One that failed costs money, and nobody is. */
export const isUp = ({ state }: { state: PodState }): boolean => UP.has(state);

/** Whether deleting it takes no running session's course away: another computer's class may be on one that it has rented. */
export const isDeletable = ({ madeHere, state }: Pick<PodOfOurs, "madeHere" | "state">): boolean => madeHere || !isUp({ state });

/** What becomes of a machine's own disk when it stops: nothing is ever deleted but by `delete`. */
export type DiskEnd = "keep" | "delete";

/** The disk that holds model, tools and course. */
export interface PodDisk {
  /** `own`: the machine's, gone with it. `network`: a volume that outlives every machine. */
  kind: "own" | "network";
  gigabytes: number;
  /** Of the network volume. */
  volumeId: string | null;
  /** What it costs while the machine is stopped (or gone, for a network volume). */
  microUsdPerDay: MicroUsd;
}

export interface NetworkVolume {
  id: string;
  name: string;
  gigabytes: number;
  dataCenter: string;
  microUsdPerDay: MicroUsd;
}

/** A machine of ours at the provider, whether or not a session uses it. */
export interface PodOfOurs {
  id: string;
  name: string;
  state: PodState;
  /** "RTX A5000"; null where the provider no longer says. */
  gpu: string | null;
  cloud: Cloud;
  dataCenter: string | null;
  /** While it runs. */
  microUsdPerHour: MicroUsd;
  /** Of this run; null while it does not run. ISO 8601. */
  runningSince: string | null;
  /** This run so far, by the price and the time. */
  spentMicroUsd: MicroUsd;
  disk: PodDisk | null;
  /** The session of this app that uses it now; null: nobody does, so if it runs it costs money for nothing. */
  sessionId: string | null;
  /** This computer rented it; otherwise another one of the same account did. */
  madeHere: boolean;
}

/**
 * How sure it is that the machine stops by itself. `armed`: its own credential has read its own
 * machine, with the code that will stop it. `unproven`: it is set, but could not show its right to
 * stop the machine. `accepted`: unproven, and the person goes on all the same.
 */
export type GuardState = "none" | "armed" | "unproven" | "accepted";

/** A rented machine as the window shows it. Live money: spentMicroUsd + microUsdPerHour × (now − spentAt) while `running`. */
export interface RentSnapshot {
  provider: "runpod";
  /** null until there is one. */
  podId: string | null;
  name: string;
  state: PodState | "none";
  gpu: string | null;
  cloud: Cloud | null;
  dataCenter: string | null;
  microUsdPerHour: MicroUsd;
  spentMicroUsd: MicroUsd;
  /** ISO 8601. */
  spentAt: string;
  running: boolean;
  disk: PodDisk | null;
  /** A stopped machine of an earlier session was taken up. */
  resumed: boolean;
  budget: { microUsd: MicroUsd; warned: boolean } | null;
  /** When the machine stops by itself at the latest: the wanted time, or the budget's end if that comes first. ISO 8601. */
  deadlineAt: string | null;
  /** The budget, not the wanted time, sets `deadlineAt`. */
  deadlineByBudget: boolean;
  /** Seconds without a question, an upload or an ingest after which it stops; null for never. */
  idleStopSeconds: number | null;
  guard: { state: GuardState; provenAt: string | null; reason: string | null };
  /** The course on it holds rows that no backup has: deleting its disk asks first. */
  unsavedRows: boolean;
}

/** What a rented machine's part of the receipt says. */
export interface RentReceipt {
  provider: "runpod";
  podId: string;
  gpu: string | null;
  cloud: Cloud | null;
  dataCenter: string | null;
  microUsdPerHour: MicroUsd;
  /** Seconds that it ran, as far as they are known here. */
  runningSeconds: number;
  microUsd: MicroUsd;
  /** The provider's own bill, or, where that is not there yet, price × time as metered here. */
  source: "bill" | "meter";
  ended: "stopped" | "deleted" | "by-itself";
  /** When the provider's list showed it stopped or gone. ISO 8601. */
  confirmedAt: string;
  /** What is kept, at what price; null when nothing is. */
  disk: PodDisk | null;
}

/** One kind of card in a quote, in the order in which they would be tried. */
export interface QuoteCandidate extends GpuOffer {
  /** Context of one conversation that would fit, in tokens; null when the model does not fit. */
  contextTokens: number | null;
  /** Why it is not tried; null when it is. */
  leftOut: string | null;
}

/** The verdict before any money is spent. */
export interface Quote {
  model: { name: string; bytes: number } | null;
  /** Graphics memory that is needed at least. Bytes. */
  neededBytes: number;
  parallel: number;
  /** All offers, those that are tried first. */
  candidates: QuoteCandidate[];
  /** The first that would be tried; null when none can be. */
  first: QuoteCandidate | null;
  disk: PodDisk;
  /** Until ready, with the first candidate, from this computer's own earlier `sessions` on rented machines; null before the first. */
  untilReady: { seconds: number; microUsd: MicroUsd; sessions: number } | null;
  /** What stands in the way; null when nothing does. */
  problem: ErrorReport | null;
}

/** Kept receipts, newest first. */
export type Receipts = Receipt[];
