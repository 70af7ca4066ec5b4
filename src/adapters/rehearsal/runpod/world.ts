import type { components } from "../../runpod/api-types.ts";
import type { Card, Rack } from "./stock.ts";

/** Which cards there are, at which prices, and how many are free where, until a test says otherwise. Prices as in May 2026. */
export const CARDS: readonly Card[] = [
  { id: "NVIDIA RTX A4000", name: "RTX A4000", pool: "AMPERE_16", memory: 16, price: { secure: 0.25, community: 0.17 } },
  { id: "NVIDIA RTX A5000", name: "RTX A5000", pool: "AMPERE_24", memory: 24, price: { secure: 0.42, community: 0.34 } },
  { id: "NVIDIA GeForce RTX 4090", name: "RTX 4090", pool: "ADA_24", memory: 24, price: { secure: 0.69, community: 0.44 } },
  { id: "NVIDIA L40S", name: "L40S", pool: "ADA_48_PRO", memory: 48, price: { secure: 0.86, community: 0.79 } },
  { id: "NVIDIA A100 80GB PCIe", name: "A100 PCIe", pool: "AMPERE_80", memory: 80, price: { secure: 1.64, community: 1.19 } },
];

export const RACKS: readonly Rack[] = [
  { card: "NVIDIA RTX A4000", cloud: "SECURE", dataCenter: "EU-RO-1", cuda: "12.8", free: 4 },
  { card: "NVIDIA RTX A4000", cloud: "COMMUNITY", dataCenter: "EU-SE-1", cuda: "12.4", free: 2 },
  { card: "NVIDIA RTX A5000", cloud: "COMMUNITY", dataCenter: "EU-SE-1", cuda: "12.8", free: 12 },
  { card: "NVIDIA RTX A5000", cloud: "SECURE", dataCenter: "EU-RO-1", cuda: "12.8", free: 3 },
  { card: "NVIDIA GeForce RTX 4090", cloud: "COMMUNITY", dataCenter: "US-KS-2", cuda: "12.8", free: 8 },
  { card: "NVIDIA GeForce RTX 4090", cloud: "SECURE", dataCenter: "EU-RO-1", cuda: "13.0", free: 10 },
  { card: "NVIDIA L40S", cloud: "SECURE", dataCenter: "US-KS-2", cuda: "12.8", free: 5 },
  { card: "NVIDIA A100 80GB PCIe", cloud: "SECURE", dataCenter: "US-KS-2", cuda: "12.8", free: 1 },
];

export const DATA_CENTERS: readonly components["schemas"]["DataCenter"][] = [
  { id: "EU-RO-1", name: "Romania 1", region: "EUROPE", globalNetwork: true, networkVolumeTypes: ["STANDARD"], compliance: ["GDPR"] },
  { id: "EU-SE-1", name: "Sweden 1", region: "EUROPE", globalNetwork: false, networkVolumeTypes: [], compliance: [] },
  { id: "US-KS-2", name: "US Kansas 2", region: "NORTH_AMERICA", globalNetwork: true, networkVolumeTypes: ["STANDARD", "HIGH_PERFORMANCE"], compliance: ["SOC_2_TYPE_2"] },
];

/** How long a pod takes, in milliseconds. */
export interface Delays {
  provisioning: number;
  starting: number;
  /** From RUNNING until port 22 is mapped. */
  port: number;
}

/** As they were seen with an image that the machine already had; without one, pulling takes minutes. */
export const USUAL_DELAYS: Delays = { provisioning: 4_000, starting: 20_000, port: 3_000 };
export const NO_DELAYS: Delays = { provisioning: 0, starting: 0, port: 0 };
