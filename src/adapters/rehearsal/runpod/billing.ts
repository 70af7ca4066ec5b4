import { Refusal } from "./refusal.ts";
import type { BillLine } from "./bill.ts";
import type { RunpodAccount } from "./account.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const BUCKETS: Record<string, number> = { hour: HOUR, day: DAY };

/** `GET /v2/billing/pods`: what each pod cost in each bucket of time. USD, six decimals. */
export function podBilling(account: RunpodAccount, query: URLSearchParams) {
  const now = account.clock.now();
  const bucketSize = query.get("bucketSize") ?? "day";
  const bucket = BUCKETS[bucketSize];
  if (bucket === undefined) throw new Refusal(400, "the rehearsal bills by the hour or the day");
  const last = query.get("lastN");
  if (last !== null && (query.has("startTime") || query.has("endTime"))) throw new Refusal(400, "lastN and startTime/endTime are mutually exclusive");
  const end = Math.ceil((last === null ? Date.parse(query.get("endTime") ?? new Date(now).toISOString()) : now + 1) / bucket) * bucket;
  const start = last === null ? Math.floor(Date.parse(query.get("startTime") ?? new Date(now - 30 * DAY).toISOString()) / bucket) * bucket : end - Number(last) * bucket;
  const podId = query.get("podId");
  const pods = account.everyPod().filter(({ id }) => podId === null || id === podId);
  const cost = (from: number, to: number, which: (line: BillLine) => boolean) => {
    const until = (at: number) => account.bill.exact(Math.min(at, now), which);
    return Math.round(until(to) - until(from)) / 1_000_000;
  };
  const amounts = (from: number, to: number, id: string) => {
    const gpuAmount = cost(from, to, ({ owner, kind }) => owner === id && kind === "gpu");
    const totalAmount = cost(from, to, ({ owner }) => owner === id);
    return { totalAmount, gpuAmount, cpuAmount: 0, diskAmount: Math.round((totalAmount - gpuAmount) * 1_000_000) / 1_000_000 };
  };
  const records = pods.flatMap(({ id }) => {
    const mine = [];
    for (let from = start; from < Math.min(end, now + bucket); from += bucket) {
      const some = amounts(from, from + bucket, id);
      if (some.totalAmount > 0) mine.push({ startTime: new Date(from).toISOString(), endTime: new Date(from + bucket).toISOString(), podId: id, ...some });
    }
    return mine;
  });
  const sum = (field: "totalAmount" | "gpuAmount" | "diskAmount") => Math.round(records.reduce((total, record) => total + record[field], 0) * 1_000_000) / 1_000_000;
  return {
    records,
    metadata: {
      query: { startTime: new Date(start).toISOString(), endTime: new Date(end).toISOString(), bucketSize, podId },
      recordCount: records.length,
      uniquePodCount: new Set(records.map((record) => record.podId)).size,
      totals: { totalAmount: sum("totalAmount"), gpuAmount: sum("gpuAmount"), cpuAmount: 0, diskAmount: sum("diskAmount") },
    },
  };
}
