import type { NetworkVolume, PodOfOurs, Quote, QuoteCandidate, RentSnapshot } from "../../../src/contract/rent.ts";
import type { Receipt, SessionSnapshot } from "../../../src/contract/session.ts";
import { ready, stopped } from "./sessions.ts";

const minutesFromNow = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString();

export const RENT: RentSnapshot = {
  provider: "runpod",
  podId: "pod-7",
  name: "ai-mentor-s1",
  state: "running",
  gpu: "RTX A5000",
  cloud: "secure",
  dataCenter: "EU-RO-1",
  microUsdPerHour: 340_000,
  spentMicroUsd: 182_000,
  spentAt: minutesFromNow(0),
  running: true,
  disk: { kind: "own", gigabytes: 40, volumeId: null, microUsdPerDay: 266_000 },
  resumed: false,
  budget: { microUsd: 3_000_000, warned: false },
  deadlineAt: minutesFromNow(203),
  deadlineByBudget: false,
  idleStopSeconds: 1800,
  guard: { state: "armed", provenAt: minutesFromNow(-30), reason: null },
  unsavedRows: true,
};

export const RENTED_HOST = { kind: "runpod", label: "RTX A5000 at Runpod" } as const;

export const rented = (): SessionSnapshot => ({ ...ready(), host: RENTED_HOST, rent: RENT });

/** A machine that has not shown that it can stop itself, with nothing on it yet. */
export const UNGUARDED: RentSnapshot = { ...RENT, spentMicroUsd: 11_000, guard: { state: "unproven", provenAt: null, reason: null }, unsavedRows: false };

const RECEIPT: Receipt = {
  ...stopped().receipt!,
  host: RENTED_HOST.label,
  costUsd: 0.28,
  kept: ["The course: 24 documents, 412 passages, in a backup on the stick.", "The stick as it was."],
  rent: {
    provider: "runpod", podId: "pod-7", gpu: "RTX A5000", cloud: "secure", dataCenter: "EU-RO-1", microUsdPerHour: 340_000, runningSeconds: 3000,
    microUsd: 283_000, source: "bill", ended: "deleted", confirmedAt: stopped().stoppedAt!, disk: null,
  },
};

export const rentedStopped = (): SessionSnapshot => ({ ...stopped(), host: RENTED_HOST, receipt: RECEIPT });

export const RECEIPTS: Receipt[] = [RECEIPT, { ...stopped().receipt!, sessionId: "s0", startedAt: "2026-11-20T08:00:00.000Z", costUsd: 0, rent: null }];

const candidate = (name: string, memoryGiB: number, microUsdPerHour: number, more: Partial<QuoteCandidate> = {}): QuoteCandidate => ({
  id: `NVIDIA ${name}`, name, memoryGiB, cloud: "secure", microUsdPerHour, stock: "high", dataCenters: ["EU-RO-1"], contextTokens: 16_384, leftOut: null, ...more,
});

const CANDIDATES = [
  candidate("RTX A5000", 24, 340_000),
  candidate("RTX 4090", 24, 690_000, { cloud: "community", stock: "low" }),
  candidate("RTX 3070", 8, 130_000, { stock: "medium", contextTokens: null, leftOut: "8 GiB are too few for this model" }),
];

export const QUOTE: Quote = {
  model: { name: "Mistral 7B Instruct v0.2", bytes: 5_131_409_696 },
  neededBytes: 7_400_000_000,
  parallel: 4,
  candidates: CANDIDATES,
  first: CANDIDATES[0]!,
  disk: RENT.disk!,
  untilReady: { seconds: 330, microUsd: 31_000, sessions: 4 },
  problem: null,
};

const pod = (id: string, more: Partial<PodOfOurs> = {}): PodOfOurs => ({
  id, name: `ai-mentor-${id}`, state: "running", gpu: "RTX A5000", cloud: "secure", dataCenter: "EU-RO-1", microUsdPerHour: 340_000, runningSince: minutesFromNow(-130), spentMicroUsd: 737_000,
  disk: { kind: "own", gigabytes: 40, volumeId: null, microUsdPerDay: 266_000 }, sessionId: null, madeHere: true, ...more,
});

export const ORPHANS: PodOfOurs[] = [pod("pod-3"), pod("pod-4", { state: "stopped", runningSince: null, madeHere: false })];

export const VOLUMES: NetworkVolume[] = [{ id: "vol-1", name: "course-models", gigabytes: 50, dataCenter: "EU-RO-1", microUsdPerDay: 116_000 }];
