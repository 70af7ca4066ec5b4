import type { LlamaEmbeddingContext, LlamaModel, Token } from "node-llama-cpp";
import { QueueFullError } from "../scheduling/queue.ts";

/**
 * Tokens of the longest text that is better read without flash attention: llama.cpp reads 64 rows
 * and more by another way. Measured on one thread, tokens per second: 63 tokens 820 with it and
 * 1,000 to 1,350 without, 64 to 256 tokens 1,500 to 1,590 with it and 1,090 to 1,400 without.
 */
export const SHORT_TEXT = 63;

/** For texts of up to `SHORT_TEXT` tokens, and for all longer ones. */
interface Contexts {
  short: LlamaEmbeddingContext;
  long: LlamaEmbeddingContext;
}

/**
 * Vectors of texts. node-llama-cpp's embedding context holds one sequence, so texts are taken one
 * at a time; requests take turns text by text, and a long ingest does not hold up a question. On a
 * processor nothing is lost by it: seven texts in one pass cost as much as seven passes.
 */
export class Embedder {
  /** Longest text in tokens, its beginning and end marks included. */
  readonly maxTokens: number;
  readonly #model: LlamaModel;
  readonly #contexts: Contexts;
  readonly #requestLimit: number;
  #requests = 0;

  constructor(model: LlamaModel, contexts: Contexts, { contextTokens, requestLimit }: { contextTokens: number; requestLimit: number }) {
    this.#model = model;
    this.#contexts = contexts;
    this.maxTokens = contextTokens - 1;
    this.#requestLimit = requestLimit;
  }

  get dimensions(): number {
    return this.#model.embeddingVectorSize;
  }

  /** Plain text only: nothing in it passes for a special token. */
  tokenize(text: string): Token[] {
    return this.#model.tokenize(text, false);
  }

  /** Tokens that a text takes, its beginning and end marks included. */
  length(tokens: readonly Token[]): number {
    return this.#contexts.long.calculateInputLength([...tokens]);
  }

  /**
   * One vector of length 1 for each text, in order.
   *
   * @throws QueueFullError, or the signal's reason
   */
  async embed(texts: readonly (readonly Token[])[], signal: AbortSignal): Promise<Float32Array[]> {
    if (this.#requests >= this.#requestLimit) throw new QueueFullError(this.#requestLimit);
    this.#requests++;
    try {
      const vectors: Float32Array[] = [];
      for (const tokens of texts) {
        signal.throwIfAborted();
        const context = this.length(tokens) > SHORT_TEXT ? this.#contexts.long : this.#contexts.short;
        const { vector } = await context.getEmbeddingFor([...tokens]);
        vectors.push(normalise(vector));
      }
      return vectors;
    } finally {
      this.#requests--;
    }
  }
}

function normalise(vector: readonly number[]): Float32Array {
  const length = Math.hypot(...vector);
  return Float32Array.from(vector, (value) => (length === 0 ? 0 : value / length));
}
