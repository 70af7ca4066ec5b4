import { MentorError } from "../../contract/errors.ts";
import type { GpuOffer, QuoteCandidate, Stock } from "../../contract/rent.ts";
import type { RunpodChoice } from "../../contract/session.ts";
import { fitModel, type FitRequest } from "../model/fit.ts";
import { dollars } from "./money.ts";

export interface RentWish extends Pick<RunpodChoice, "maxMicroUsdPerHour" | "gpus" | "clouds"> {
  /** Of the network volume; null where there is none. */
  dataCenter: string | null;
}

/** What has to lie in the card's memory; null where no model of ours chats. */
export type ModelNeed = Omit<FitRequest, "memoryBytes" | "kind"> | null;

/** The part of a card's nominal memory that a program can have: driver and error correction keep the rest. */
const USABLE = 0.96;
const STOCK: Record<Stock, number> = { high: 0, medium: 1, low: 2, none: 3 };

/** All offers, those to be tried first: by price, then by stock, then by memory. Each that is not tried says why. */
export function rankOffers(offers: readonly GpuOffer[], wish: RentWish, need: ModelNeed): QuoteCandidate[] {
  const judged = offers.map((offer): QuoteCandidate => {
    const contextTokens = contextOn(offer, need);
    return { ...offer, contextTokens, leftOut: whyNot(offer, wish, contextTokens !== null) };
  });
  return judged.sort(
    (a, b) =>
      Number(a.leftOut !== null) - Number(b.leftOut !== null) ||
      a.microUsdPerHour - b.microUsdPerHour ||
      STOCK[a.stock] - STOCK[b.stock] ||
      b.memoryGiB - a.memoryGiB ||
      a.id.localeCompare(b.id, "en"),
  );
}

/** Throws `no-gpu-fits`, or `no-capacity` where only stock is missing, when none is left to try. */
export function requireCandidates(ranked: readonly QuoteCandidate[], wish: RentWish): QuoteCandidate[] {
  const left = ranked.filter(({ leftOut }) => leftOut === null);
  if (left.length > 0) return left;
  const soldOut = ranked.filter((offer) => offer.leftOut === SOLD_OUT || offer.leftOut?.startsWith(ELSEWHERE));
  const why = ranked.slice(0, 12).map(({ name, cloud, leftOut }) => `${name} (${cloud}): ${leftOut}`);
  const price = wish.maxMicroUsdPerHour === undefined ? "" : ` for up to ${dollars(wish.maxMicroUsdPerHour)} an hour`;
  if (soldOut.length > 0) throw new MentorError("no-capacity", `Of the graphics cards that would do${price}, none is free now.`, { details: { tried: why } });
  throw new MentorError("no-gpu-fits", ranked.length === 0 ? "The provider offers no graphics card now." : `Of ${ranked.length} offers none will do${price}.`, { details: { tried: why } });
}

const SOLD_OUT = "none is free now";
const ELSEWHERE = "none is free in";

function whyNot(offer: GpuOffer, wish: RentWish, fits: boolean): string | null {
  if (wish.gpus !== undefined && wish.gpus.length > 0 && !wish.gpus.some((wanted) => isNamed(offer, wanted))) return "not among the cards that you allow";
  if (wish.clouds !== undefined && !wish.clouds.includes(offer.cloud)) return `${offer.cloud} cloud is not allowed`;
  if (wish.dataCenter !== null && offer.cloud !== "secure") return "a network volume needs the secure cloud";
  if (wish.maxMicroUsdPerHour !== undefined && offer.microUsdPerHour > wish.maxMicroUsdPerHour) return `costs ${dollars(offer.microUsdPerHour)} an hour`;
  if (!fits) return `${offer.memoryGiB} GB are too little for the model`;
  if (offer.stock === "none") return SOLD_OUT;
  if (wish.dataCenter !== null && !offer.dataCenters.includes(wish.dataCenter)) return `${ELSEWHERE} ${wish.dataCenter}, where the volume is`;
  return null;
}

/** Word by word, so that A40 is not taken for A4000: "A5000" and "rtx a5000" both name "NVIDIA RTX A5000". */
function isNamed({ id, name }: GpuOffer, wanted: string): boolean {
  const words = (text: string) => text.toLowerCase().split(/[\s_-]+/).filter((word) => word !== "");
  const known = new Set([...words(id), ...words(name)]);
  return words(wanted).every((word) => known.has(word));
}

function contextOn({ memoryGiB }: GpuOffer, need: ModelNeed): number | null {
  if (need === null) return 0;
  try {
    return fitModel({ ...need, memoryBytes: Math.floor(memoryGiB * 2 ** 30 * USABLE), kind: "gpu" }).contextTokens;
  } catch (error) {
    if (error instanceof MentorError && error.code === "memory-too-small") return null;
    throw error;
  }
}
