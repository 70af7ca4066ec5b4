import { randomInt } from "node:crypto";
import { z } from "zod";
import type { Sampling } from "../scheduling/job.ts";

const MOST_STOPS = 16;

/** What the chat and the completions endpoint have in common. */
export const generationFields = {
  /** Any name is taken: one model is loaded, and the answer says which. */
  model: z.string().nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  max_tokens: z.int().min(1).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().gt(0).max(1).nullish(),
  top_k: z.int().min(0).nullish(),
  min_p: z.number().min(0).max(1).nullish(),
  seed: z.int().nullish(),
  stop: z.union([z.string().min(1), z.array(z.string().min(1)).max(MOST_STOPS)]).nullish(),
  n: z.literal(1).nullish(),
  repeat_penalty: z.number().gt(0).max(2).nullish(),
  repeat_last_n: z.int().min(-1).nullish(),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  logit_bias: z.strictObject({}).nullish(),
  // Who asks and what for: no part of the answer.
  user: z.string().nullish(),
  store: z.boolean().nullish(),
  metadata: z.unknown().optional(),
  service_tier: z.unknown().optional(),
  safety_identifier: z.unknown().optional(),
  prompt_cache_key: z.unknown().optional(),
};

/** The same as llama-server's own, so that a model answers as its makers' users know it. */
const DEFAULTS = { temperature: 0.8, topK: 40, topP: 0.95, minP: 0.05, repeatLastTokens: 64 };

/** llama.cpp takes this seed as "a random one". */
const RANDOM_SEED = 0xffffffff;

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

export function toStops(stop: string | string[] | null | undefined): string[] {
  return stop == null ? [] : [stop].flat();
}
