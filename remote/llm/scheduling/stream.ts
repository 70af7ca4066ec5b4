import type { Token } from "node-llama-cpp";
import type { Job } from "./job.ts";
import type { Slot } from "./slots.ts";

/** What one tick brought: a token, a further piece of the prompt, or the model's own end. */
export type Step = { token: Token } | "prefilled" | "ended";

/** A job in a slot: first its prompt is evaluated in pieces, then it yields a token a tick. */
export class Stream {
  readonly job: Job;
  readonly slot: Slot;
  generated = 0;
  #evaluated: number;
  #tokens: AsyncGenerator<Token, void | Token> | null = null;

  /** `cached` tokens of the prompt are in the slot's memory already. */
  constructor(job: Job, slot: Slot, cached: number) {
    this.job = job;
    this.slot = slot;
    this.#evaluated = cached;
  }

  /** Prompt tokens still to be evaluated; 0 once it decodes. */
  get promptLeft(): number {
    return this.#tokens === null ? this.job.prompt.length - this.#evaluated : 0;
  }

  /** Evaluates the next `count` prompt tokens; with the last of them comes the first token. */
  async prefill(count: number): Promise<Step> {
    const { prompt, sampling } = this.job;
    const piece = prompt.slice(this.#evaluated, this.#evaluated + count);
    this.#evaluated += piece.length;
    if (this.#evaluated < prompt.length) {
      await this.slot.sequence.evaluateWithoutGeneratingNewTokens(piece);
      return "prefilled";
    }
    this.#tokens = this.slot.sequence.evaluate(piece, { ...sampling });
    return this.decode();
  }

  async decode(): Promise<Step> {
    if (this.#tokens === null) throw new Error("A stream was decoded before its prompt was evaluated.");
    const { value, done } = await this.#tokens.next();
    return done === true || value === undefined ? "ended" : { token: value };
  }

  async end(): Promise<void> {
    await this.#tokens?.return();
  }
}
