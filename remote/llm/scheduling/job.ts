import type { LlamaGrammarEvaluationState, Token, TokenBias } from "node-llama-cpp";

export interface Sampling {
  /** 0 takes the likeliest token always. */
  temperature: number;
  /** How many of the likeliest tokens are considered; 0 for all. */
  topK: number;
  topP: number;
  minP: number;
  /** 32 bits without the last value, which llama.cpp takes as "random". */
  seed: number;
  penalties: Penalties;
  bias?: Bias;
}

/** What is added to the logits of single tokens, for us and for the engine. */
export interface Bias {
  logits: ReadonlyMap<Token, number>;
  engine: TokenBias;
}

/** What the answer's own latest tokens lose of their likelihood to come again. */
export interface Penalties {
  /** How many of the latest tokens count; 0 for none, -1 for the whole answer. */
  lastTokens: number;
  /** Divides a logit above zero and multiplies one below; 1 changes nothing. */
  repeat: number;
  /** Taken off the logit once for each time the token came. */
  frequency: number;
  /** Taken off the logit once if the token came at all. */
  presence: number;
}

/** How likely the model itself held a token, before temperature and all other parameters of sampling. */
export interface ScoredToken {
  token: Token;
  /** Natural logarithm of its probability. */
  logprob: number;
  /** The likeliest tokens in its place, likeliest first. */
  alternatives: { token: Token; logprob: number }[];
}

export type EndReason = "stop" | "length" | "aborted";

/**
 * One answer to be generated. The callbacks run between ticks on the scheduler's time: they must
 * return at once and never wait for a socket.
 */
export interface Job {
  readonly prompt: readonly Token[];
  /** At least 1; prompt and answer together fit the context. */
  readonly maxTokens: number;
  readonly sampling: Sampling;
  readonly signal: AbortSignal;
  /** Who asks; clients take turns. All without a name are one. */
  readonly client?: string;
  /** Lets through what a grammar allows; left out for anything, which costs nothing. */
  readonly grammar?: LlamaGrammarEvaluationState;
  /** How many of the likeliest tokens to tell beside each token; left out for none, which costs nothing. */
  readonly alternatives?: number;
  /** `cachedTokens` of the prompt were still in the slot's memory. */
  onStart(cachedTokens: number): void;
  /** Answers false when the text is complete and no further token is wanted. */
  onToken(token: Token, scored?: ScoredToken): boolean;
  onEnd(reason: EndReason): void;
  onError(error: unknown): void;
}
