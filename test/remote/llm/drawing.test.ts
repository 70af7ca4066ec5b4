import type { Token } from "../../../remote/node_modules/node-llama-cpp/dist/index.js";
import { expect, test } from "vitest";
import { draw, randomNumbers } from "../../../remote/llm/scheduling/drawing.ts";
import type { Sampling } from "../../../remote/llm/scheduling/job.ts";

const token = (number: number) => number as Token;
const PLAIN: Sampling = { temperature: 1, topK: 0, topP: 1, minP: 0, seed: 1, penalties: { lastTokens: 64, repeat: 1, frequency: 0, presence: 0 } };
const DICE = new Map([[token(1), 0.5], [token(2), 0.3], [token(3), 0.15], [token(4), 0.05]]);

/** How often each token is drawn, as shares. */
function shares(change: Partial<Sampling>, answer: number[] = []): Record<number, number> {
  const random = randomNumbers(7);
  const counts: Record<number, number> = {};
  const draws = 20_000;
  for (let index = 0; index < draws; index++) {
    const drawn = draw(DICE, { ...PLAIN, ...change }, answer.map(token), random);
    counts[drawn] = (counts[drawn] ?? 0) + 1 / draws;
  }
  return counts;
}

function expectShares(actual: Record<number, number>, expected: Record<number, number>): void {
  expect(Object.keys(actual)).toEqual(Object.keys(expected));
  for (const [drawn, share] of Object.entries(expected)) expect(actual[Number(drawn)]).toBeCloseTo(share, 1.5);
}

test("tokens come as often as their probability says", () => {
  expectShares(shares({}), { 1: 0.5, 2: 0.3, 3: 0.15, 4: 0.05 });
});

test("temperature sharpens and flattens, and without any the likeliest is taken", () => {
  expectShares(shares({ temperature: 0.5 }), { 1: 0.25 / 0.365, 2: 0.09 / 0.365, 3: 0.0225 / 0.365, 4: 0.0025 / 0.365 });
  expect(shares({ temperature: 0 })).toEqual({ 1: expect.closeTo(1) });
});

test("top-k, top-p and min-p leave the likeliest, by their own measures", () => {
  expectShares(shares({ topK: 2 }), { 1: 0.5 / 0.8, 2: 0.3 / 0.8 });
  expectShares(shares({ topP: 0.79 }), { 1: 0.5 / 0.8, 2: 0.3 / 0.8 });
  expectShares(shares({ topP: 0.81 }), { 1: 0.5 / 0.95, 2: 0.3 / 0.95, 3: 0.15 / 0.95 });
  expectShares(shares({ minP: 0.5 }), { 1: 0.5 / 0.8, 2: 0.3 / 0.8 });
});

test("penalties and biases move tokens past one another", () => {
  const bias = (entries: [number, number][]): Partial<Sampling> => ({ temperature: 0, bias: { logits: new Map(entries.map(([number, logit]) => [token(number), logit])), engine: null as never } });
  expect(shares(bias([[4, 100]]))).toEqual({ 4: expect.closeTo(1) });
  expect(shares(bias([[1, -100]]))).toEqual({ 2: expect.closeTo(1) });
  expect(shares(bias([[9, 100]]))).toEqual({ 1: expect.closeTo(1) });
  const penalties = (change: Partial<Sampling["penalties"]>): Partial<Sampling> => ({ temperature: 0, penalties: { ...PLAIN.penalties, ...change } });
  expect(shares(penalties({ presence: 2 }), [1])).toEqual({ 2: expect.closeTo(1) });
  expect(shares(penalties({ frequency: 0.2 }), [1])).toEqual({ 1: expect.closeTo(1) });
  expect(shares(penalties({ frequency: 0.2 }), [1, 1, 1])).toEqual({ 2: expect.closeTo(1) });
  expect(shares(penalties({ presence: 2, lastTokens: 1 }), [1, 3])).toEqual({ 1: expect.closeTo(1) });
  expect(shares(penalties({ presence: 2, lastTokens: 0 }), [1])).toEqual({ 1: expect.closeTo(1) });
});
