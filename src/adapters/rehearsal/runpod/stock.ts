import type { components } from "../../runpod/api-types.ts";

type Level = components["schemas"]["AvailabilityLevel"];
export type ApiCloud = components["schemas"]["Cloud"];

/** A kind of card, as the catalogue has it. */
export interface Card {
  id: string;
  name: string;
  pool: string | null;
  memory: number;
  /** USD an hour. */
  price: { secure: number; community: number };
}

/** Machines of one kind in one place. */
export interface Rack {
  card: string;
  cloud: ApiCloud;
  dataCenter: string;
  cuda: string;
  free: number;
}

export interface PlaceWish {
  card: string;
  count: number;
  cloud: ApiCloud;
  dataCenters: readonly string[];
  minCuda: string | null;
  allowedCuda: readonly string[];
}

/** "12.11" is above "12.2". */
export const cudaAtLeast = (version: string, least: string): boolean => {
  const [a = 0, b = 0] = version.split(".").map(Number);
  const [c = 0, d = 0] = least.split(".").map(Number);
  return a > c || (a === c && b >= d);
};

const level = (free: number): Level => (free <= 0 ? "NONE" : free < 3 ? "LOW" : free < 10 ? "MEDIUM" : "HIGH");

/** Which cards are free where. */
export class Stock {
  readonly cards: readonly Card[];
  readonly racks: readonly Rack[];

  constructor(cards: readonly Card[], racks: readonly Rack[]) {
    this.cards = cards;
    this.racks = racks.map((rack) => ({ ...rack }));
  }

  card(id: string): Card | undefined {
    return this.cards.find((card) => card.id === id);
  }

  /** Where it fits now, or null. Takes nothing yet. */
  find(wish: PlaceWish): Rack | null {
    return this.#matching(wish).find(({ free }) => free >= wish.count) ?? null;
  }

  #matching({ card, cloud, dataCenters, minCuda, allowedCuda }: Omit<PlaceWish, "count">): Rack[] {
    return this.racks.filter(
      (rack) =>
        rack.card === card &&
        rack.cloud === cloud &&
        (dataCenters.length === 0 || dataCenters.includes(rack.dataCenter)) &&
        (minCuda === null || cudaAtLeast(rack.cuda, minCuda)) &&
        (allowedCuda.length === 0 || allowedCuda.includes(rack.cuda)),
    );
  }

  /** As the catalogue tells it with `include=AVAILABILITY`. */
  availability(wish: Omit<PlaceWish, "dataCenters">, name: (dataCenter: string) => string) {
    const racks = this.#matching({ ...wish, dataCenters: [] });
    const free = (some: Rack[]) => Math.max(0, ...some.map((rack) => (rack.free >= wish.count ? rack.free : 0)));
    const places = [...new Set(racks.map(({ dataCenter }) => dataCenter))].map((id) => ({ id, name: name(id), availability: level(free(racks.filter(({ dataCenter }) => dataCenter === id))) }));
    return {
      availability: level(free(racks)),
      ...(places.some(({ availability }) => availability !== "NONE") ? { dataCenters: places } : {}),
      cudaVersions: [...new Set(racks.map(({ cuda }) => cuda))].map((version) => ({ version, available: racks.some((rack) => rack.cuda === version && rack.free >= wish.count) })),
    };
  }
}
