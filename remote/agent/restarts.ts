/** When a service that ends by itself is started again, and when it is given up. */
export interface RestartPolicy {
  firstDelayMs: number;
  /** Crashes in a row after which a service is given up: while it was never ready, and later. */
  limitBeforeReady: number;
  limit: number;
  /** Ready for this long, a service's earlier crashes are forgotten. */
  forgiveAfterMs: number;
  probeIntervalMs: number;
}

export const RESTARTS: RestartPolicy = { firstDelayMs: 1_000, limitBeforeReady: 2, limit: 5, forgiveAfterMs: 60_000, probeIntervalMs: 200 };
