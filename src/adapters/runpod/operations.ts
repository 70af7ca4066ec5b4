import type { operations } from "./api-types.ts";

/** What is asked of Runpod's API, where, and whether asking twice is the same as asking once. An action is: what is stopped already cannot be stopped, and says so (409). */
export const OPERATIONS = {
  listPods: { method: "GET", path: "/v2/pods", repeatable: true },
  createPod: { method: "POST", path: "/v2/pods", repeatable: false },
  getPod: { method: "GET", path: "/v2/pods/{id}", repeatable: true },
  deletePod: { method: "DELETE", path: "/v2/pods/{id}", repeatable: true },
  getPodLogs: { method: "GET", path: "/v2/pods/{id}/logs", repeatable: true },
  podAction: { method: "POST", path: "/v2/pods/{id}/action", repeatable: true },
  listNetworkVolumes: { method: "GET", path: "/v2/network-volumes", repeatable: true },
  createNetworkVolume: { method: "POST", path: "/v2/network-volumes", repeatable: false },
  getNetworkVolume: { method: "GET", path: "/v2/network-volumes/{id}", repeatable: true },
  deleteNetworkVolume: { method: "DELETE", path: "/v2/network-volumes/{id}", repeatable: true },
  listGpuTypes: { method: "GET", path: "/v2/catalog/gpus", repeatable: true },
  listDataCenters: { method: "GET", path: "/v2/catalog/datacenters", repeatable: true },
  listPodBilling: { method: "GET", path: "/v2/billing/pods", repeatable: true },
} as const satisfies Record<keyof operations, { method: "GET" | "POST" | "DELETE"; path: string; repeatable: boolean }>;

export type OperationName = keyof typeof OPERATIONS;
