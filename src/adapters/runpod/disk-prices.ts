
/**
 * What disks cost. The API does not tell, so these are Runpod's list prices (docs.runpod.io, "Pods
 * pricing" and "Network volumes", 2026): micro-USD a GB and month of 30 days.
 */
const GB_MONTH = {
  /** The container's own disk, while the pod runs. */
  container: 100_000,
  /** The pod's volume disk, while it runs. */
  running: 100_000,
  /** The same while the pod is stopped. */
  stopped: 200_000,
  network: 70_000,
  networkHighPerformance: 140_000,
} as const;

const HOURS_A_MONTH = 720;

/** Micro-USD an hour, not rounded. */
export const diskRate = (kind: keyof typeof GB_MONTH, gigabytes: number): number => (GB_MONTH[kind] * gigabytes) / HOURS_A_MONTH;

export const diskPriceADay = (kind: keyof typeof GB_MONTH, gigabytes: number): number => Math.round(diskRate(kind, gigabytes) * 24);
