import type { Token } from "node-llama-cpp";
import type { Sampling } from "./job.ts";

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The smallest positive 32-bit float: what a probability of 0 may have been. */
const LEAST = 2 ** -149;

interface Candidate {
  token: Token;
  logit: number;
}

/**
 * Draws a token as llama.cpp's chain of samplers does: bias, penalties, top-k, top-p, min-p,
 * temperature, in this order. For answers whose log probabilities are asked for: the engine tells
 * those of the whole vocabulary only where it draws greedily, so there the drawing is ours.
 *
 * `probabilities` is sorted, likeliest first. A repeat penalty cannot be had from it: it multiplies
 * logits, and those are known here up to a constant only.
 */
export function draw(probabilities: ReadonlyMap<Token, number>, sampling: Sampling, answer: readonly Token[], random: () => number): Token {
  const { temperature, topK, topP, minP } = sampling;
  let left = likeliest(probabilities, sampling, answer, temperature === 0 ? 1 : topK);
  if (temperature === 0) return left[0]!.token;
  left = upTo(left, topP);
  const floor = left[0]!.logit + Math.log(minP);
  left = left.filter(({ logit }) => logit >= floor);
  const weights = weightsOf(left, temperature);
  let place = random() * weights.reduce((sum, weight) => sum + weight, 0);
  const drawn = weights.findIndex((weight) => (place -= weight) < 0);
  return left.at(drawn)!.token;
}

function likeliest(probabilities: ReadonlyMap<Token, number>, { penalties, bias }: Sampling, answer: readonly Token[], count: number): Candidate[] {
  const changes = new Map(bias?.logits);
  const latest = penalties.lastTokens < 0 ? answer : answer.slice(answer.length - Math.min(penalties.lastTokens, answer.length));
  const change = (token: Token, by: number) => changes.set(token, (changes.get(token) ?? 0) + by);
  if (penalties.frequency !== 0) for (const token of latest) change(token, -penalties.frequency);
  if (penalties.presence !== 0) for (const token of new Set(latest)) change(token, -penalties.presence);

  const candidates: Candidate[] = [];
  const wanted = count === 0 ? Infinity : count + changes.size;
  for (const [token, probability] of probabilities) {
    if (candidates.length >= wanted) break;
    if (!changes.has(token)) candidates.push({ token, logit: Math.log(Math.max(probability, LEAST)) });
  }
  for (const [token, by] of changes) candidates.push({ token, logit: Math.log(Math.max(probabilities.get(token) ?? 0, LEAST)) + by });
  if (changes.size > 0) candidates.sort((a, b) => b.logit - a.logit);
  return count === 0 ? candidates : candidates.slice(0, count);
}

/** The fewest of the likeliest that have this share of the probability. */
function upTo(candidates: Candidate[], share: number): Candidate[] {
  if (share >= 1) return candidates;
  const weights = weightsOf(candidates, 1);
  const enough = share * weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  return candidates.slice(0, weights.findIndex((weight) => (sum += weight) >= enough) + 1);
}

function weightsOf(candidates: readonly Candidate[], temperature: number): number[] {
  const highest = candidates[0]!.logit;
  return candidates.map(({ logit }) => Math.exp((logit - highest) / temperature));
}
