import { expect, test } from "vitest";
import type { GpuOffer } from "../../../src/contract/rent.ts";
import { rankOffers, requireCandidates, type ModelNeed } from "../../../src/core/rent/choose.ts";

const offer = (name: string, memoryGiB: number, usd: number, more: Partial<GpuOffer> = {}): GpuOffer => ({ id: `NVIDIA ${name}`, name, memoryGiB, cloud: "community", microUsdPerHour: usd * 1e6, stock: "high", dataCenters: ["EU-SE-1"], ...more });

const OFFERS = [
  offer("RTX 4090", 24, 0.44),
  offer("RTX A4000", 16, 0.17),
  offer("RTX A5000", 24, 0.34, { stock: "low" }),
  offer("RTX A5000", 24, 0.42, { cloud: "secure", dataCenters: ["EU-RO-1"] }),
  offer("A40", 48, 0.39, { stock: "none" }),
];
const ANY = { dataCenter: null };
/** Mistral 7B in Q5_K_M: 5.1 GB, grouped-query attention. */
const MISTRAL: ModelNeed = { weightsBytes: 5_131_409_696, header: { name: "Mistral", contextTokens: 32_768, kvBytesPerToken: 131_072, headCount: 32 }, parallel: 4, contextTokens: 8_192 };

const named = (wish: Parameters<typeof rankOffers>[1], need = MISTRAL) => rankOffers(OFFERS, wish, need).map(({ name, cloud, leftOut }) => `${name} ${cloud}${leftOut === null ? "" : `: ${leftOut}`}`);

test("cards are tried by price; what is sold out, too dear or too small says so", () => {
  expect(named(ANY)).toEqual(["RTX A4000 community", "RTX A5000 community", "RTX A5000 secure", "RTX 4090 community", "A40 community: none is free now"]);
  expect(named({ ...ANY, maxMicroUsdPerHour: 400_000 })).toContain("RTX 4090 community: costs $0.44 an hour");
  const big: ModelNeed = { ...MISTRAL!, weightsBytes: 15e9 };
  expect(named(ANY, big)).toContain("RTX A4000 community: 16 GB are too little for the model");
  expect(rankOffers(OFFERS, ANY, big)[0]!.contextTokens).toBeGreaterThanOrEqual(2_048);
});

test("a card is named by its words: A40 is not A4000", () => {
  expect(named({ ...ANY, gpus: ["A5000"] }).filter((line) => !line.includes(":"))).toEqual(["RTX A5000 community", "RTX A5000 secure"]);
  expect(named({ ...ANY, gpus: ["a40"] }).filter((line) => line.includes("A4000"))).toEqual(["RTX A4000 community: not among the cards that you allow"]);
  expect(named({ ...ANY, gpus: ["NVIDIA RTX 4090"] })[0]).toBe("RTX 4090 community");
});

test("a network volume wants the secure cloud and its own data centre", () => {
  expect(named({ dataCenter: "EU-RO-1" }).filter((line) => !line.includes(":"))).toEqual(["RTX A5000 secure"]);
  expect(named({ dataCenter: "EU-SE-1" })).toContain("RTX A5000 secure: none is free in EU-SE-1, where the volume is");
  expect(named({ ...ANY, clouds: ["secure"] }).filter((line) => !line.includes(":"))).toEqual(["RTX A5000 secure"]);
});

test("when none is left it says whether money, the model or only stock is in the way", () => {
  const none = (wish: Parameters<typeof rankOffers>[1]) => () => requireCandidates(rankOffers(OFFERS, wish, MISTRAL), wish);
  expect(none({ ...ANY, maxMicroUsdPerHour: 100_000 })).toThrow(expect.objectContaining({ code: "no-gpu-fits", message: expect.stringContaining("for up to $0.10 an hour") }));
  expect(none({ ...ANY, gpus: ["A40"] })).toThrow(expect.objectContaining({ code: "no-capacity" }));
  expect(() => requireCandidates([], ANY)).toThrow(expect.objectContaining({ code: "no-gpu-fits" }));
});
