import type { LlamaEmbeddingContext, LlamaModel, Token } from "node-llama-cpp";
import { QueueFullError } from "../scheduling/queue.ts";

/**
 * Vectors of texts. node-llama-cpp's embedding context holds one sequence, so texts are taken one
 * at a time; requests take turns text by text, and a long ingest does not hold up a question.
 */
export class Embedder {
  /** Longest text in tokens, its beginning and end marks included. */
  readonly maxTokens: number;
  readonly #model: LlamaModel;
  readonly #context: LlamaEmbeddingContext;
  readonly #requestLimit: number;
  #requests = 0;

  constructor(model: LlamaModel, context: LlamaEmbeddingContext, { contextTokens, requestLimit }: { contextTokens: number; requestLimit: number }) {
    this.#model = model;
    this.#context = context;
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
    return this.#context.calculateInputLength([...tokens]);
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
        const { vector } = await this.#context.getEmbeddingFor([...tokens]);
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
