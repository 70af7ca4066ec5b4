import type { Cloud, GpuOffer, Stock } from "../../contract/rent.ts";
import type { components } from "./api-types.ts";

type Schemas = components["schemas"];

const STOCK: Record<Schemas["AvailabilityLevel"], Stock> = { NONE: "none", LOW: "low", MEDIUM: "medium", HIGH: "high" };

/** One cloud's part of the catalogue. Cards of other makers cannot run the kit's engine. */
export function offersOf(gpus: readonly Schemas["GpuType"][], cloud: Cloud): GpuOffer[] {
  return gpus
    .filter((gpu) => gpu.manufacturer === "NVIDIA" && gpu[cloud] && gpu.price[cloud] > 0)
    .map((gpu) => ({
      id: gpu.id,
      name: gpu.name,
      memoryGiB: gpu.memory,
      cloud,
      microUsdPerHour: Math.round(gpu.price[cloud] * 1_000_000),
      stock: STOCK[gpu.availability ?? "NONE"] ?? "none",
      dataCenters: (gpu.dataCenters ?? []).filter(({ availability }) => availability !== "NONE").map(({ id }) => id),
    }));
}
