/** The steps of a session, by id. Their order, needs and weights are data in src/core/session/plan.ts. */
export const STEP_IDS = [
  "find-model",
  "rent-pod",
  "connect",
  "inspect-host",
  "fit",
  "install-kit",
  "check-endpoint",
  "arm-watchdog",
  "install-servers",
  "upload-model",
  "start-milvus",
  "check-milvus",
  "start-search",
  "start-api",
  "start-llm",
  "open-tunnels",
  "restore-course",
  "keep-course",
  "self-check",
] as const;

export type StepId = (typeof STEP_IDS)[number];

export type StepStatus = "waiting" | "running" | "done" | "skipped" | "failed" | "cancelled";
