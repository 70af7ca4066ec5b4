import { randomInt } from "node:crypto";
import type { LlamaModel, Token } from "node-llama-cpp";
import { z } from "zod";
import type { Bias, Sampling } from "../scheduling/job.ts";
import { ApiError } from "./errors.ts";
import { knownTokens } from "./known-tokens.ts";

const MOST_STOPS = 16;
const MOST_CHOICES = 16;
/** OpenAI's most for a chat. */
export const MOST_ALTERNATIVES = 20;

/** What the chat and the completions endpoint have in common. */
export const generationFields = {
  /** Any name is taken: one model is loaded, and the answer says which. */
  model: z.string().nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  max_tokens: z.int().min(1).nullish(),
  /** llama-server's name for it, where -1 is as many as the context holds. */
  n_predict: z.union([z.literal(-1), z.int().min(1)]).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().gt(0).max(1).nullish(),
  top_k: z.int().min(0).nullish(),
  min_p: z.number().min(0).max(1).nullish(),
  seed: z.int().nullish(),
  stop: z.union([z.string().min(1), z.array(z.string().min(1)).max(MOST_STOPS)]).nullish(),
  n: z.int().min(1).max(MOST_CHOICES).nullish(),
  repeat_penalty: z.number().gt(0).max(2).nullish(),
  repeat_last_n: z.int().min(-1).nullish(),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  logit_bias: z.record(z.string().regex(/^\d+$/, "a token is named by its number"), z.number().min(-100).max(100)).nullish(),
  // Who asks and what for: no part of the answer.
  user: z.string().nullish(),
  store: z.boolean().nullish(),
  metadata: z.unknown().optional(),
  service_tier: z.unknown().optional(),
  safety_identifier: z.string().nullish(),
  prompt_cache_key: z.unknown().optional(),
};

/** The same as llama-server's own, so that a model answers as its makers' users know it. */
const DEFAULTS = { temperature: 0.8, topK: 40, topP: 0.95, minP: 0.05, repeatLastTokens: 64 };

/** llama.cpp takes this seed as "a random one". */
export const RANDOM_SEED = 0xffffffff;

interface SamplingFields {
  temperature?: number | null;
  top_k?: number | null;
  top_p?: number | null;
  min_p?: number | null;
  seed?: number | null;
  repeat_penalty?: number | null;
  repeat_last_n?: number | null;
  presence_penalty?: number | null;
  frequency_penalty?: number | null;
}

export function toSampling({ temperature, top_k, top_p, min_p, seed, repeat_penalty, repeat_last_n, presence_penalty, frequency_penalty }: SamplingFields): Sampling {
  return {
    temperature: temperature ?? DEFAULTS.temperature,
    topK: top_k ?? DEFAULTS.topK,
    topP: top_p ?? DEFAULTS.topP,
    minP: min_p ?? DEFAULTS.minP,
    seed: seed == null ? randomInt(RANDOM_SEED) : Number(BigInt.asUintN(32, BigInt(seed)) % BigInt(RANDOM_SEED)),
    penalties: {
      lastTokens: repeat_last_n ?? DEFAULTS.repeatLastTokens,
      repeat: repeat_penalty ?? 1,
      frequency: frequency_penalty ?? 0,
      presence: presence_penalty ?? 0,
    },
  };
}

/** null for as many as the context holds. */
export function toMaxTokens(asked: number | null | undefined): number | null {
  return asked == null || asked === -1 ? null : asked;
}

export function toStops(stop: string | string[] | null | undefined): string[] {
  return stop == null ? [] : [stop].flat();
}

/**
 * Refuses what log probabilities cannot be told with. A repeat penalty multiplies logits, and the
 * engine gives probabilities, from which those cannot be had back.
 *
 * @throws ApiError 400
 */
export function refuseWithLogprobs({ penalties }: Sampling): void {
  if (penalties.repeat !== 1 && penalties.lastTokens !== 0) {
    throw new ApiError(400, "repeat_penalty: it cannot be combined with logprobs; frequency_penalty and presence_penalty can.", { param: "repeat_penalty", code: "invalid_value" });
  }
}

/**
 * Biases for ourselves and for the engine.
 *
 * @throws ApiError 400 for a token that the model does not have, or that the engine biases never
 */
export async function toBias(model: LlamaModel, bias: Record<string, number> | null | undefined): Promise<Bias | undefined> {
  const entries = Object.entries(bias ?? {}).map(([token, logit]) => [Number(token) as Token, logit] as const);
  if (entries.length === 0) return undefined;
  knownTokens({ model }, entries.map(([token]) => token), "logit_bias");
  // As late as in the engine's own loading.
  const { TokenBias } = await import("node-llama-cpp");
  const engine = TokenBias.for(model);
  for (const [token, logit] of entries) {
    if (model.isEogToken(token)) throw new ApiError(400, `logit_bias: token ${token} ends an answer, and the engine biases no such token.`, { param: "logit_bias", code: "invalid_value" });
    engine.set(token, { logit });
  }
  return { logits: new Map(entries), engine };
}
