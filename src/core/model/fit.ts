import { MentorError } from "../../contract/errors.ts";
import type { ModelHeader } from "../../contract/stick.ts";

export interface FitRequest {
  /** Bytes of all files of the model. */
  weightsBytes: number;
  header: Pick<ModelHeader, "name" | "contextTokens" | "kvBytesPerToken" | "headCount">;
  /** Bytes of another model in the same memory, such as the one for search; default 0. */
  besidesBytes?: number;
  /** Conversations served at the same time. */
  parallel: number;
  /** Context wanted for one conversation, in tokens; default 8,192. */
  contextTokens?: number;
  /** Free bytes: of the graphics card's memory when `kind` is "gpu", else of the main memory. */
  memoryBytes: number;
  kind: "gpu" | "cpu";
}

export interface Fit {
  /** Tokens of one conversation. */
  contextTokens: number;
  parallel: number;
  bytes: { weights: number; keyValues: number; compute: number; reserve: number; total: number };
}

const DEFAULT_CONTEXT = 8_192;
/** Under this, a question with its passages does not fit. */
const SMALLEST_CONTEXT = 2_048;
/** llama.cpp rounds the cache up to this many tokens. */
const STEP = 256;
/** Tokens that are worked on at once (llama.cpp's n_ubatch). */
const BATCH = 512;
const F32_BYTES = 4;
const MIB = 2 ** 20;
/**
 * What else lies in the memory. GPU: the CUDA context and cuBLAS (300–400 MiB on driver 570) and
 * the logits of a batch over a vocabulary of 128,000. CPU: the server itself and its logits.
 */
const RESERVE = { gpu: 768 * MIB, cpu: 512 * MIB } as const;

/**
 * Chooses the context that fits:
 *
 *     weights + keyValues + compute + reserve <= memory
 *     keyValues = kvBytesPerToken × context × parallel        (f16, every layer at full length)
 *     compute   = BATCH × headCount × context × parallel × 4  (attention scores, f32, one layer at a time)
 *
 * The first is exact for plain attention and too much for sliding windows; the second is what
 * llama.cpp reserves without flash attention, and too much with it. Too much is the safe side:
 * running out of memory in the middle of a lesson is not.
 *
 * @throws MentorError memory-too-small when even 2,048 tokens do not fit
 */
export function fitModel(request: FitRequest): Fit {
  const { header, parallel, memoryBytes, kind } = request;
  const weights = request.weightsBytes + (request.besidesBytes ?? 0);
  const reserve = RESERVE[kind];
  const trained = header.contextTokens > 0 ? header.contextTokens : SMALLEST_CONTEXT;
  const wanted = Math.min(trained, request.contextTokens ?? DEFAULT_CONTEXT);
  const smallest = Math.min(wanted, SMALLEST_CONTEXT);
  const keyValueBytes = header.kvBytesPerToken * parallel;
  const computeBytes = BATCH * header.headCount * F32_BYTES * parallel;
  const room = memoryBytes - weights - reserve;
  const perToken = keyValueBytes + computeBytes;
  const fitting = perToken > 0 ? Math.floor(room / perToken / STEP) * STEP : room >= 0 ? wanted : 0;
  const contextTokens = Math.min(wanted, fitting);
  if (contextTokens < smallest) {
    const needed = weights + reserve + perToken * smallest;
    const place = kind === "gpu" ? "the graphics card's memory" : "the memory";
    throw new MentorError("memory-too-small", `${header.name} needs ${gigabytes(needed)} of ${place}; ${gigabytes(Math.max(0, memoryBytes))} are free.`, {
      details: { neededBytes: needed, freeBytes: memoryBytes, weightsBytes: weights, contextTokens: smallest, parallel },
    });
  }
  const keyValues = keyValueBytes * contextTokens;
  const compute = computeBytes * contextTokens;
  return { contextTokens, parallel, bytes: { weights, keyValues, compute, reserve, total: weights + keyValues + compute + reserve } };
}

/** Bytes of a graphics card's memory that this model needs at least, with the smallest usable context. */
export function neededBytes(request: Omit<FitRequest, "memoryBytes" | "kind">): number {
  try {
    fitModel({ ...request, memoryBytes: 0, kind: "gpu" });
    return 0;
  } catch (error) {
    return error instanceof MentorError && typeof error.details?.neededBytes === "number" ? error.details.neededBytes : 0;
  }
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
