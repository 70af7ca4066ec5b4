import type { EvaluationPriority, SequenceEvaluateOptions, Token } from "node-llama-cpp";
import type { Job, ScoredToken } from "./job.ts";
import { scoredTokens } from "./scored-tokens.ts";
import type { Slot } from "./slots.ts";

/** What one tick brought: a token, a further piece of the prompt, or the model's own end. */
export type Step = { token: Token; scored?: ScoredToken } | "prefilled" | "ended";

/** A job in a slot: first its prompt is evaluated in pieces, then it yields a token a tick. */
export class Stream {
  readonly job: Job;
  readonly slot: Slot;
  /** Whose prompt begins alike: what both share is evaluated there, and carried over. */
  leader: { stream: Stream; tokens: number } | null = null;
  readonly #generated: Token[] = [];
  #cached: number;
  #evaluated: number;
  #tokens: AsyncGenerator<Token | ScoredToken, void | Token> | null = null;

  /** `cached` tokens of the prompt are in the slot's memory already. */
  constructor(job: Job, slot: Slot, cached: number) {
    this.job = job;
    this.slot = slot;
    this.#cached = cached;
    this.#evaluated = cached;
  }

  /** Tokens of the prompt that needed no evaluation. */
  get cached(): number {
    return this.#cached;
  }

  /** Tokens of the prompt that are in the slot's memory. */
  get evaluated(): number {
    return this.#evaluated;
  }

  /** Whether nothing of it has been evaluated yet. */
  get untouched(): boolean {
    return this.#evaluated === this.#cached;
  }

  /** Goes on from `cached` tokens, which have come into the slot's memory from elsewhere. */
  resume(cached: number): void {
    this.#cached = cached;
    this.#evaluated = cached;
  }

  get generated(): number {
    return this.#generated.length;
  }

  /** Prompt tokens still to be evaluated; 0 once it decodes. */
  get promptLeft(): number {
    return this.#tokens === null ? this.job.prompt.length - this.#evaluated : 0;
  }

  /** Evaluates the next `count` prompt tokens; with the last of them comes the first token. */
  async prefill(count: number): Promise<Step> {
    const { prompt } = this.job;
    const piece = prompt.slice(this.#evaluated, this.#evaluated + count);
    this.#evaluated += piece.length;
    if (this.#evaluated < prompt.length) {
      await this.slot.sequence.evaluateWithoutGeneratingNewTokens(piece, { evaluationPriority: this.#priority });
      return "prefilled";
    }
    const { sampling, alternatives } = this.job;
    this.#tokens =
      alternatives === undefined ? this.slot.sequence.evaluate(piece, { ...this.#sampling(), evaluationPriority: this.#priority }) : scoredTokens(this.slot.sequence, piece, sampling, alternatives, this.#priority);
    return this.decode();
  }

  async decode(): Promise<Step> {
    if (this.#tokens === null) throw new Error("A stream was decoded before its prompt was evaluated.");
    const { value, done } = await this.#tokens.next();
    if (done === true || value === undefined) return "ended";
    const step = typeof value === "object" ? { token: value.token, scored: value } : { token: value };
    this.#generated.push(step.token);
    return step;
  }

  /** Puts the batch in the order of the seats, the only one that llama.cpp evaluates in one pass. */
  get #priority(): EvaluationPriority {
    return -this.slot.seat as EvaluationPriority;
  }

  async end(): Promise<void> {
    await this.#tokens?.return();
  }

  /**
   * Unlike llama-server's, the penalties do not count the prompt: an answer that keeps to the
   * words of its question and its material is what a course mentor is asked for.
   */
  #sampling(): SequenceEvaluateOptions {
    const { sampling, maxTokens, grammar } = this.job;
    const { penalties, bias, ...plain } = sampling;
    const rest: SequenceEvaluateOptions = plain;
    if (bias !== undefined) rest.tokenBias = bias.engine;
    if (grammar !== undefined) rest.grammarEvaluationState = grammar;
    const { repeat: penalty, frequency: frequencyPenalty, presence: presencePenalty } = penalties;
    const maxPunishTokens = penalties.lastTokens < 0 ? maxTokens : Math.min(penalties.lastTokens, maxTokens);
    if (maxPunishTokens === 0 || (penalty === 1 && frequencyPenalty === 0 && presencePenalty === 0)) return rest;
    return { ...rest, repeatPenalty: { punishTokens: () => this.#generated.slice(-maxPunishTokens), maxPunishTokens, penalty, frequencyPenalty, presencePenalty } };
  }
}
